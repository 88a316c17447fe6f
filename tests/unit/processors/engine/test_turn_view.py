"""What a rule sees during a turn: confirmed rows below, the turn's changes above, the record's own on top."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from processors.engine.memory_store import MemoryStore
from processors.engine.turn_view import TurnView
from processors.engine.view import Record
from tests.support.engine_rules import Told

TABLE = "rows"
RECORD = Record("events", partition=0, offset=0, timestamp_ms=0, key=None, value=None)
Step = tuple[str, bytes, bytes]
# Few short keys over few bytes, so that prefixes, repeats and the bytes after a prefix all come up.
keys = st.binary(max_size=3).map(lambda raw: bytes(b"ab|\xff"[number % 4] for number in raw))
steps = st.lists(st.tuples(st.sampled_from(["put", "delete", "commit", "discard", "scan"]), keys, keys), max_size=40)


def view(rows: dict[bytes, bytes] | None = None) -> TurnView:
    """A view over confirmed rows."""
    return TurnView(0, {TABLE: MemoryStore(rows)})


def scanned(rows: dict[bytes, bytes], prefix: bytes, start: bytes) -> list[tuple[bytes, bytes]]:
    """What a scan must give, from a plain dict."""
    return sorted((key, value) for key, value in rows.items() if key.startswith(prefix) and key >= start)


@given(st.dictionaries(keys, keys, max_size=8), steps)
def test_view_any_steps_reads_as_a_plain_dict_does(confirmed: dict[bytes, bytes], taken: list[Step]) -> None:
    """Reads and scans see the record's writes, `discard` takes them back, `commit` keeps them, the store stays."""
    subject, store = view(dict(confirmed)), dict(confirmed)
    kept, now = dict(confirmed), dict(confirmed)
    for what, key, value in taken:
        if what == "put":
            subject.put(TABLE, key, value)
            now[key] = value
        elif what == "delete":
            subject.delete(TABLE, key)
            now.pop(key, None)
        elif what == "commit":
            subject.commit(RECORD)
            kept = dict(now)
        elif what == "discard":
            subject.discard()
            now = dict(kept)
        else:
            assert list(subject.scan(TABLE, key, value)) == scanned(now, key, value)
        assert subject.get(TABLE, key) == now.get(key)
    assert list(subject.scan(TABLE, b"")) == scanned(now, b"", b"")
    subject.discard()
    applied = MemoryStore(store)
    applied.apply(subject.changes[TABLE])
    assert applied.rows == kept


def test_view_scan_after_later_commits_sees_them_in_order() -> None:
    """The order of the turn's keys is kept from the first scan on."""
    subject = view({b"b": b"0"})
    assert list(subject.scan(TABLE, b"")) == [(b"b", b"0")]
    for key in (b"c", b"a", b"b"):
        subject.put(TABLE, key, b"1")
        subject.commit(RECORD)
    assert list(subject.scan(TABLE, b"")) == [(b"a", b"1"), (b"b", b"1"), (b"c", b"1")]


def test_view_outbox_holds_what_was_committed_with_its_record() -> None:
    """A discarded record sends nothing; the others keep their order and their origin."""
    subject, other = view(), Record("events", partition=0, offset=1, timestamp_ms=0, key=None, value=None)
    subject.send("out", b"k", Told(i=1))
    subject.commit(RECORD)
    subject.send("out", b"k", Told(i=0))
    subject.discard()
    subject.send("out", None, Told(i=2))
    subject.commit(other)
    assert [(output.key, orjson.loads(output.value or b"")["i"], origin) for output, origin in subject.outbox] == [
        (b"k", 1, RECORD),
        (None, 2, other),
    ]


def test_view_same_message_after_another_record_has_another_id() -> None:
    """What is told, corrected and told again is no repetition for who reads by `ce_id`; worked twice it is one."""
    other = Record("events", partition=0, offset=1, timestamp_ms=0, key=None, value=None)
    ids = []
    for origin in (RECORD, other, RECORD):
        subject = view()
        subject.send("out", b"k", Told(i=1))
        subject.commit(origin)
        ids += [dict(output.headers)["ce_id"] for output, _origin in subject.outbox]
    assert ids[0] == ids[2] != ids[1]


def test_view_tombstone_says_what_is_gone() -> None:
    """It has no value and so no content type; its kind is in the headers like that of any record."""
    subject = view()
    subject.send_tombstone("out", b"k", Told)
    subject.commit(RECORD)
    [(output, _origin)] = subject.outbox
    assert output.value is None
    assert dict(output.headers).keys() == {"ce_id", "ce_specversion", "ce_type", "ce_source"}
    assert dict(output.headers)["ce_type"] == b"rollcall.lab.told.v1"


def test_view_changes_are_the_last_value_per_key() -> None:
    """One changelog row per key and turn, a deletion included."""
    subject = view({b"gone": b"0"})
    for value in (b"1", b"2"):
        subject.put(TABLE, b"k", value)
        subject.commit(RECORD)
    subject.delete(TABLE, b"gone")
    subject.commit(RECORD)
    assert subject.changes == {TABLE: {b"k": b"2", b"gone": None}}
