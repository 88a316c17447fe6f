"""Which signatures are remembered, and for how long."""

from __future__ import annotations

from ingress.replays import Replays


def test_replays_a_signature_is_known_for_the_time_and_forgotten_after_twice_that() -> None:
    """Two generations: what is in the older one goes when the newer one gets old."""
    replays = Replays(seconds=600, capacity=10)
    assert replays.claim(b"a", 1_000.0)
    assert not replays.claim(b"a", 1_599.0)
    assert replays.claim(b"b", 1_599.0)
    assert not replays.claim(b"a", 1_700.0)
    assert replays.claim(b"a", 2_400.0)


def test_replays_are_all_forgotten_after_a_long_silence() -> None:
    """Also those of the newer generation."""
    replays = Replays(seconds=600, capacity=10)
    assert replays.claim(b"a", 1_000.0)
    assert replays.claim(b"a", 9_000.0)


def test_replays_of_what_was_not_published_are_new() -> None:
    """Whichever generation it is in by then."""
    replays = Replays(seconds=600, capacity=10)
    for now in (1_000.0, 1_599.0):
        assert replays.claim(b"a", now)
        replays.forget(b"a")
    replays.claim(b"a", 1_599.0)
    replays.claim(b"b", 1_700.0)
    replays.forget(b"a")
    assert replays.claim(b"a", 1_700.0)


def test_replays_hold_no_more_than_two_generations() -> None:
    """However many different signatures come within the time; the latest are known."""
    replays = Replays(seconds=600, capacity=10)
    names = [str(number).encode() for number in range(1_000)]
    assert all(replays.claim(name, 1_000.0) for name in names)
    assert not any(replays.claim(name, 1_000.0) for name in names[-10:])
    assert replays.claim(names[-21], 1_000.0)
