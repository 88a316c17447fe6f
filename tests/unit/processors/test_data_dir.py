"""The worker's folder is made, locked, and explained when it cannot be used."""

from __future__ import annotations

from pathlib import Path

import pytest

from processors.data_dir import locked_data_dir
from schemas.errors import ConfigurationError


def test_data_dir_missing_is_made_with_its_parents(tmp_path: Path) -> None:
    """A first start needs no preparation."""
    with locked_data_dir(tmp_path / "deep" / "data") as path:
        assert path.is_dir()


def test_data_dir_held_by_another_is_refused_until_released(tmp_path: Path) -> None:
    """Two workers on one folder would destroy each other's tables; the message says what to set."""
    with (
        locked_data_dir(tmp_path),
        pytest.raises(ConfigurationError, match="own ROLLCALL_DATA_DIR and ADMIN_PORT"),
        locked_data_dir(tmp_path),
    ):
        pytest.fail("locked twice")
    with locked_data_dir(tmp_path):
        pass


def test_data_dir_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file is where the folder should be."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match=r"ROLLCALL_DATA_DIR: .*file cannot be used"),
        locked_data_dir(tmp_path / "file"),
    ):
        pytest.fail("locked a file")
