"""Which runs belong together, which of them count, and when people were live."""

from __future__ import annotations

from fractions import Fraction

import pytest

from processors.attendance.rules.runs import Run
from processors.attendance.rules.schedule import Said, Schedule
from processors.attendance.rules.sessions import Group, Session, Weight, group, session_of

GAP, WINDOW = 900.0, 36 * 3_600.0
T, HOUR, DAY = 1_000_000, 3_600, 86_400
FIVE_PERCENT = Fraction(1, 20)


def run(uuid: str, start: int, end: int | None, zoom_type: int | None = 5) -> Run:
    """One uuid of a webinar."""
    return Run(uuid, start, end, zoom_type)


def unscheduled(*runs: Run) -> list[Group]:
    """The groups of runs that no date is known of."""
    return group(runs, Schedule(), window=WINDOW, restart_gap=GAP)


def scheduled(*runs: Run, dates: dict[str, int] | None = None) -> list[Group]:
    """The groups of a webinar of an hour at T, or at these dates, as Zoom told before everything."""
    schedule = Schedule()
    known = {"": T} if dates is None else dates
    said = [Said(name, start, HOUR) for name, start in known.items()]
    schedule.read(0, 5 if dates is None else 9, HOUR, said)
    return group(runs, schedule, window=WINDOW, restart_gap=GAP)


def weighed(group: Group, **weights: tuple[int, int, int]) -> Session | None:
    """The session of a group whose runs have these audiences: people, seconds, seconds after T."""
    return session_of(group, {uuid: Weight(*weight) for uuid, weight in weights.items()}, FIVE_PERCENT)


@pytest.mark.parametrize(("gap", "groups"), [(900, 1), (901, 2), (-60, 1)])
def test_group_restart_within_the_gap_is_one_session(gap: int, groups: int) -> None:
    """Without a schedule: fifteen minutes from an end to the next start are the border."""
    found = unscheduled(run("b", 1000 + gap, 3000 + gap), run("a", 0, 1000))
    assert len(found) == groups
    assert found[0].uuids[0] == "a"


@pytest.mark.parametrize("zoom_type", [1, 4, None])
def test_group_instant_meetings_and_personal_rooms_are_never_joined(zoom_type: int | None) -> None:
    """Another type is one session per run."""
    assert len(unscheduled(run("a", 0, 100, zoom_type), run("b", 200, 300, zoom_type))) == 2


def test_group_restart_is_counted_from_the_latest_end_so_far() -> None:
    """A second run that was opened and closed while the first went on ends nothing."""
    (found,) = unscheduled(run("a", 0, 2_000), run("b", 500, 600), run("c", 2_000 + int(GAP), 4_000))
    assert found.uuids == ["a", "b", "c"]


@pytest.mark.parametrize("types", [(4, 2), (2, 4)])
def test_group_of_two_types_is_joined_if_both_may_be(types: tuple[int, int]) -> None:
    """A meeting that was started as an instant one, under the id of a scheduled one, is one of its own."""
    first, second = types
    assert len(unscheduled(run("a", 0, 100, first), run("b", 200, 300, second))) == 2


def test_group_lasts_as_long_as_the_longest_that_its_runs_saw() -> None:
    """A webinar is prolonged while it is on: nobody is judged before the later end."""
    schedule = Schedule()
    schedule.read(0, 5, HOUR, [Said("", T, HOUR)])
    schedule.hear((T + 1_800) * 1_000, "event", 5, [Said("", T, 2 * HOUR)])
    (found,) = group([run("a", T, T + 600), run("b", T + 900, T + HOUR)], schedule, window=WINDOW, restart_gap=GAP)
    assert found.entry is not None
    assert found.entry.duration == 2 * HOUR


def test_schedule_date_without_a_duration_lasts_as_long_as_the_webinar() -> None:
    """Zoom leaves it out of some occurrences."""
    schedule = Schedule()
    schedule.read(0, 9, HOUR, [Said("one", T, None), Said("two", T + DAY, 60)])
    assert [entry.duration for entry in schedule.entries()] == [HOUR, 60]


def test_schedule_takes_nothing_as_said_before_it_was() -> None:
    """Ten minutes late ends a webinar; its host gives it a new date at once, for which somebody registers."""
    schedule = Schedule()
    begins = T - T % HOUR
    end, next_week = begins + HOUR + 600, Said("", begins + 7 * DAY, HOUR)
    schedule.hear((begins - DAY) * 1_000, "registration", 5, [Said("", begins, HOUR)])
    schedule.hear((end + 60) * 1_000, "event", 5, [next_week])
    schedule.hear((end + 120) * 1_000, "registration", 5, [next_week])
    (found,) = group([run("a", begins, end)], schedule, window=WINDOW, restart_gap=GAP)
    assert found.entry is not None
    assert found.entry.start == begins


def test_schedule_of_many_registrations_in_an_hour_is_told_by_the_first() -> None:
    """In any order; the row of the webinar changes a few times only."""
    told = [T * 1_000 + second * 1_000 for second in (7, 3, 9, 3)]
    rows = []
    for order in (told, told[::-1]):
        schedule = Schedule()
        for at_ms in order:
            schedule.hear(at_ms, "registration", 5, [Said("", T, HOUR)])
        rows.append(schedule.to_bytes())
        assert [said.at_ms for said in schedule.said[""]] == [T * 1_000 + 3_000]
    assert rows[0] == rows[1]


@pytest.mark.parametrize("zoom_type", [6, None])
def test_schedule_of_a_webinar_without_fixed_dates_has_none(zoom_type: int | None) -> None:
    """Whatever a registration names: nobody can be late for, or stay away from, what has no time."""
    schedule = Schedule()
    schedule.hear(0, "registration", zoom_type, [Said("one", T, HOUR), Said("", T, HOUR)])
    assert schedule.entries() == []


def test_group_run_under_way_keeps_the_session_open() -> None:
    """It has ended when its last run has."""
    (found,) = unscheduled(run("a", 0, 1000), run("b", 1100, None))
    assert not found.ended
    assert found.uuids == ["a", "b"]


def test_group_scheduled_runs_of_one_date_are_one_session_however_far_apart() -> None:
    """A rehearsal of the day before, a broken line, the link opened again an hour later."""
    (found,) = scheduled(
        run("c", T + 2 * HOUR, T + 2 * HOUR + 60), run("a", T - DAY, T - DAY + 60), run("b", T, T + HOUR)
    )
    assert found.uuids == ["a", "b", "c"]
    assert found.entry is not None


@pytest.mark.parametrize(
    ("start", "is_near"), [(-36 * HOUR, True), (-36 * HOUR - 1, False), (37 * HOUR, True), (37 * HOUR + 1, False)]
)
def test_group_window_reaches_from_36_hours_before_to_36_hours_after_the_scheduled_end(
    start: int, *, is_near: bool
) -> None:
    """Outside it a run is of no date."""
    (found,) = scheduled(run("a", T + start, T + start + 60))
    assert (found.entry is not None) == is_near


def test_group_run_belongs_to_the_nearest_date_and_of_equally_near_ones_to_the_earlier() -> None:
    """The dates of a daily series lie within each other's window."""
    dates = {"one": T, "two": T + DAY}
    runs = [run("a", T + DAY // 2 - 1, T + DAY), run("b", T + DAY // 2, T + DAY), run("c", T + DAY // 2 + 1, T + DAY)]
    assert [(group.entry.occurrence_id, group.uuids) for group in scheduled(*runs, dates=dates) if group.entry] == [
        ("one", ["a", "b"]),
        ("two", ["c"]),
    ]


@pytest.mark.parametrize(("deleted_at", "is_there"), [(T - 1, False), (T + 60, True), (T + 2 * HOUR, True)])
def test_group_date_that_was_deleted_after_its_run_began_keeps_it(deleted_at: int, is_there: bool) -> None:
    """What is held while Zoom knows it was a session, also if Zoom is asked only later and still lists it."""
    dates = [Said("one", T, HOUR), Said("two", T + 7 * DAY, HOUR)]
    for read_at in (0, T + 3 * HOUR):
        schedule = Schedule()
        schedule.hear(0, "event", 9, dates)
        schedule.read(read_at * 1_000, 9, HOUR, dates)
        schedule.hear(deleted_at * 1_000, "event", 9, [Said("one", None, None, is_gone=True)])
        schedule.read((T + 4 * HOUR) * 1_000, 9, HOUR, dates[1:])
        (found,) = group([run("a", T, T + HOUR)], schedule, window=WINDOW, restart_gap=GAP)
        assert (found.entry is not None) == (is_there or read_at > deleted_at)
        assert [entry.occurrence_id for entry in schedule.entries()] == ["two"]


def test_schedule_is_what_zoom_answers_before_what_events_and_registrations_say() -> None:
    """A registration may name a date that was deleted since, and be of a time when the webinar was another."""
    schedule = Schedule()
    schedule.hear(2 * HOUR * 1_000, "registration", 9, [Said("gone", T + DAY, HOUR)])
    assert [entry.occurrence_id for entry in schedule.entries()] == ["gone"]
    schedule.hear(3 * HOUR * 1_000, "event", 5, [Said("", T, HOUR)])
    assert [entry.occurrence_id for entry in schedule.entries()] == [""]
    schedule.read(HOUR * 1_000, 9, HOUR, [Said("one", T, HOUR)])
    assert [entry.occurrence_id for entry in schedule.entries()] == ["one"]


def test_session_run_without_audience_outside_the_scheduled_time_is_a_rehearsal() -> None:
    """It belongs to no session; at its time a webinar to which nobody came is one."""
    (found,) = scheduled(run("a", T - DAY, T - DAY + 60), run("b", T, T + HOUR))
    session = weighed(found, b=(3, 5_000, 5_000))
    assert session is not None
    assert (session.uuids, session.given, session.rehearsals) == (("b",), ("a", "b"), 1)
    nobody = weighed(found)
    assert nobody is not None
    assert (nobody.uuids, nobody.has_audience, nobody.end) == (("b",), False, T + HOUR)
    (alone,) = scheduled(run("a", T - DAY, T - DAY + 60))
    assert weighed(alone) is None
    assert weighed(alone, a=(1, 60, 0)) is not None, "if audience shows up, the run joins"


def test_session_touching_the_scheduled_time_is_no_rehearsal() -> None:
    """Both are closed intervals."""
    for start, end in ((T - 60, T), (T + HOUR, T + HOUR + 60)):
        (found,) = scheduled(run("a", start, end))
        assert weighed(found) is not None


def test_session_main_runs_have_a_twentieth_of_the_weight() -> None:
    """A link that somebody opens again, alone, moves no end for anybody; without any weight all are main."""
    (found,) = scheduled(run("a", T, T + HOUR), run("b", T + 2 * HOUR, T + 3 * HOUR))
    for second, end in ((999, T + HOUR), (1_000, T + 3 * HOUR)):
        session = weighed(found, a=(20, 19_000, 19_000), b=(1, second, second))
        assert session is not None
        assert session.end == end
    nobody = weighed(found, b=(1, 0, 0))
    assert nobody is not None
    assert nobody.main == {"a", "b"}


def test_session_live_time_leaves_gaps_out() -> None:
    """It is the union of the main runs."""
    (found,) = unscheduled(run("a", 0, 1000), run("b", 1100, 2000), run("c", 1900, 2100))
    session = weighed(found, a=(1, 1000, 0), b=(1, 900, 0), c=(1, 200, 0))
    assert session is not None
    assert (session.start, session.end, session.length) == (0, 2100, 2000)


@pytest.mark.parametrize(("after", "start"), [(500, T), (499, T - 1_800)])
def test_session_doors_opened_early_cut_off_what_lies_before_the_scheduled_start(after: int, start: int) -> None:
    """If at least half of the weight comes after T: else the webinar was held before its time."""
    (found,) = scheduled(run("a", T - 1_800, T + HOUR))
    session = weighed(found, a=(1, 1_000, after))
    assert session is not None
    assert session.start == start


def test_session_whether_it_is_cut_is_decided_by_its_main_runs() -> None:
    """A link that is tried for a moment before T has no part in it, nor has an end that is assumed of one behind it."""
    again = Run("c", T + 2 * HOUR, T + 2 * HOUR + 50, 5, end_assumed=True)
    (found,) = scheduled(run("a", T - HOUR, T - HOUR + 50), run("b", T - 1_800, T + HOUR), again)
    session = weighed(found, a=(1, 40, 0), b=(1, 1_000, 500), c=(1, 1, 1))
    assert session is not None
    assert (set(session.main), session.start, session.end_assumed) == ({"b"}, T, False)


def test_session_unscheduled_run_without_audience_beside_one_with_it_is_a_rehearsal() -> None:
    """Runs are joined first, by the largest end so far."""
    (found,) = unscheduled(run("a", 0, 100), run("b", 200, 300))
    session = weighed(found, b=(1, 100, 0))
    assert session is not None
    assert session.uuids == ("b",)
    both = weighed(found)
    assert both is not None
    assert both.uuids == ("a", "b")


def test_group_same_start_is_named_by_the_smaller_uuid() -> None:
    """The name does not depend on what arrived first."""
    for order in (("a", "b"), ("b", "a")):
        assert unscheduled(*(run(uuid, 0, 10) for uuid in order))[0].uuids[0] == "a"
