"""Ctrl-C while a command imports what it needs."""

from __future__ import annotations

import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ops.importing import imported


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Its `handler` is what Ctrl-C did when it was imported."""
    (tmp_path / "once_imported.py").write_text("import signal\nhandler = signal.getsignal(signal.SIGINT)\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "once_imported", raising=False)
    return "once_imported"


def test_imported_ctrl_c_simply_ends_the_process_meanwhile_and_is_as_before_afterwards(module: str) -> None:
    """An interrupt in the middle of an import comes out as any error, and may be lost."""
    before = signal.getsignal(signal.SIGINT)
    assert imported(module).handler is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before


def test_imported_in_another_thread_leaves_signals_alone(module: str) -> None:
    """Only the main thread may say what they do."""
    before = signal.getsignal(signal.SIGINT)
    with ThreadPoolExecutor(1) as beside:
        assert beside.submit(imported, module).result().handler is before
