"""Fixtures of more than one test of the configuration."""

from pathlib import Path

import pytest

from tests.support.configuration_files import Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Files of this test."""
    return Files(tmp_path)
