from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from ops.backfill.journal import Journal
from ops.backfill.sessions import PastSession
from ops.backfill.spans import DaySpan
from ops.backfill.units import Unit
from schemas.errors import ConfigurationError

SPAN = DaySpan(date(2026, 6, 1), date(2026, 6, 30))
UNIT, OTHER = Unit(SPAN, "account", "user"), Unit(SPAN, "account", "another")
SESSION = PastSession("account", "a/b==", "93577204816", 5, "Añadir datos", "user", 1_780_000_000, 1_780_003_600, 40)


def test_journal_opened_again_knows_what_was_read_and_published(tmp_path: Path) -> None:
    """Of one origin: with events it is another back-fill."""
    journal = Journal.open(tmp_path, ["2026-06-01"])
    journal.note_read(UNIT, [SESSION])
    journal.note_read(OTHER, [])
    journal.note_published(UNIT, "backfill")
    again = Journal.open(tmp_path, ["2026-06-01"])
    assert again.sessions_of(UNIT) == [SESSION]
    assert again.sessions_of(OTHER) == []
    assert again.is_published(UNIT, "backfill")
    assert not again.is_published(UNIT, "backfill_with_events")
    assert not again.is_published(OTHER, "backfill")


def test_journal_of_other_arguments_is_another(tmp_path: Path) -> None:
    """Nothing of it counts as done."""
    Journal.open(tmp_path, ["2026-06-01"]).note_read(UNIT, [SESSION])
    assert Journal.open(tmp_path, ["2026-06-02"]).sessions_of(UNIT) is None


def test_line_that_a_kill_has_cut_off_counts_as_not_written(tmp_path: Path) -> None:
    """Wherever it was cut, and lines after it count."""
    journal = Journal.open(tmp_path, [])
    journal.note_read(OTHER, [])
    (path,) = tmp_path.iterdir()
    complete = path.read_bytes()
    journal.note_read(UNIT, [SESSION])
    whole = path.read_bytes()
    for length in range(len(complete), len(whole)):
        path.write_bytes(whole[:length])
        cut = Journal.open(tmp_path, [])
        assert cut.sessions_of(UNIT) is None
        cut.note_published(OTHER, "backfill")
        after = Journal.open(tmp_path, [])
        assert after.sessions_of(OTHER) == []
        assert after.is_published(OTHER, "backfill")


def test_journal_is_readable_by_its_owner_alone_and_gone_when_closed(tmp_path: Path) -> None:
    """It names people's sessions."""
    journal = Journal.open(tmp_path / "new", [])
    journal.note_read(UNIT, [SESSION])
    (path,) = (tmp_path / "new").iterdir()
    assert path.stat().st_mode & 0o777 == 0o600
    journal.close()
    journal.close()
    assert list((tmp_path / "new").iterdir()) == []


def test_folder_that_cannot_be_made_is_a_matter_of_configuration(tmp_path: Path) -> None:
    """And the message names the variable."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="ROLLCALL_DATA_DIR"):
        Journal.open(tmp_path / "file", [])


@pytest.mark.parametrize(("today", "settled"), [(date(2026, 7, 1), False), (date(2026, 7, 2), True)])
def test_unit_is_settled_once_a_whole_day_has_passed(today: date, settled: bool) -> None:
    """A session that began before midnight ends after it."""
    assert UNIT.is_settled(today) == settled
    assert not Unit(SPAN, "account").is_settled(today)
