"""The queue of keyed work that both effects use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from processors.engine.work_queue import WorkQueue


def taken(queue: WorkQueue[str], now: float = 0, worst_rank: int | None = None) -> list[str]:
    """Everything that may begin now."""
    found = []
    while (key := queue.take(now, worst_rank)) is not None:
        found.append(key)
    return found


def test_better_ranks_go_first_and_equal_ones_in_order_of_arrival() -> None:
    """Live before bulk; who is put again keeps their place."""
    queue = WorkQueue[str]()
    for key, rank in (("a", 1), ("b", 1), ("c", 0), ("a", 1)):
        queue.put(key, rank)
    assert taken(queue, worst_rank=0) == ["c"]
    assert taken(queue) == ["a", "b"]


def test_key_that_gets_a_better_rank_goes_before_the_worse_ones() -> None:
    """A registration of somebody who waits in a back-fill."""
    queue = WorkQueue[str]()
    queue.put("a", 1)
    queue.put("b", 1)
    queue.put("b", 0)
    assert (queue.waiting(0), queue.waiting(1)) == (1, 1)
    assert taken(queue) == ["b", "a"]


def test_key_is_not_taken_before_its_time() -> None:
    """Backing off; the next time is told."""
    queue = WorkQueue[str]()
    queue.put("a", 0, at=5)
    queue.put("b", 0, at=3)
    assert (taken(queue, now=2), queue.next_at) == ([], 3)
    assert (taken(queue, now=3), queue.next_at) == (["b"], 5)
    queue.remove("a")
    assert (taken(queue, now=9), queue.next_at) == ([], None)


def test_key_that_is_put_while_under_way_is_taken_after_it_is_finished() -> None:
    """One under way per key."""
    queue = WorkQueue[str]()
    queue.put("a", 0)
    assert taken(queue) == ["a"]
    queue.put("a", 1)
    assert (taken(queue), queue.under_way) == ([], 1)
    queue.finish("a")
    assert (taken(queue), queue.under_way) == (["a"], 1)


OPERATIONS = st.lists(
    st.tuples(st.sampled_from(["put", "remove", "take", "finish"]), st.sampled_from("abc"), st.integers(0, 3))
)


@given(OPERATIONS)
def test_queue_behaves_as_a_plain_list_does(operations: list[tuple[str, str, int]]) -> None:
    """Whatever is done in whichever order: the same keys come in the same order as by sorting all of them each time."""
    queue = WorkQueue[str]()
    waiting: dict[str, tuple[int, float, int]] = {}
    under_way: set[str] = set()
    now = 0  # never goes back
    for place, (what, key, number) in enumerate(operations):
        if what == "put":
            rank, at = number % 2, float(number) if number > 1 else float("-inf")
            queue.put(key, rank, at)
            waiting[key] = (rank, at, waiting[key][2] if key in waiting else place)
        elif what == "remove":
            queue.remove(key)
            waiting.pop(key, None)
        elif what == "finish":
            queue.finish(key)
            under_way.discard(key)
        else:
            now = max(now, number)
            due = [key for key, (_, at, _) in waiting.items() if at <= now and key not in under_way]
            expected = min(due, key=lambda key: (waiting[key][0], waiting[key][2]), default=None)
            assert queue.take(now) == expected
            if expected is not None:
                del waiting[expected]
                under_way.add(expected)
        assert queue.under_way == len(under_way)
        assert sum(queue.waiting(rank) for rank in (0, 1)) == len(waiting)
