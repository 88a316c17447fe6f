"""The question before an act, where nobody can be asked."""

from __future__ import annotations

import io

import pytest

from ops.options import agreed


def test_agreed_without_a_terminal_says_that_nothing_was_done(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script that forgot --yes is told so; with it nothing is asked and nothing said."""
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert not agreed("Forget this person?", yes=False)
    assert "--yes" in capsys.readouterr().err
    assert agreed("Forget this person?", yes=True)
    assert capsys.readouterr().err == ""
