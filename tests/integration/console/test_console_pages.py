"""What the pages of the console show, over a read model that is filled without Kafka."""

import base64
import csv
import json
import logging
import re
from itertools import product
from pathlib import Path

import pytest

from console.password_file import PasswordFile
from tests.support.console import PASSWORD, Visitor, console
from tests.support.console_story import CONTACT, PAGES, PEOPLE, SESSION
from tests.support.read_model import Storyteller, person


async def test_every_page_is_there_for_operators_and_logs_no_address(
    over_either: Visitor, caplog: pytest.LogCaptureFixture
) -> None:
    """Also: the headers are strict, and no address of a page holds an e-mail address."""
    visitor = over_either
    caplog.set_level(logging.DEBUG)
    assert await visitor.sign_in("ana") == 303
    for page in PAGES:
        status, text = await visitor.get(page)
        assert (status, "<h1>" in text) == (200, True), page
        assert "unsafe" not in visitor.headers["Content-Security-Policy"]
        assert visitor.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert visitor.headers["Cache-Control"] == "no-store"
        assert all("@" not in link.split('"')[0] and "%40" not in link.split('"')[0] for link in text.split('href="'))
        assert text.count("<script") == text.count('<script src="/live.js" defer></script>') == 1
        assert " style=" not in text
    assert "@example.com" not in caplog.text
    assert PASSWORD not in caplog.text


async def test_pages_say_who_was_there_why_and_what_brevo_has(over_either: Visitor) -> None:
    """Names are escaped."""
    visitor = over_either
    await visitor.sign_in("ben")
    _, sessions = await visitor.get("/sessions")
    assert "Webinar 1" in sessions
    assert "Breakfast &lt;b&gt;talk&lt;/b&gt;" in sessions
    _, session = await visitor.get(SESSION)
    assert session.count("@example.com</a>") == 100
    assert "there from 0 s to 55 min" in session
    _, contact = await visitor.get(CONTACT)
    for said in (
        person(0).email,
        "the list is gone",
        "attendance 55, punctuality 15, stayed 0; of 85",
        "rejected (400)",
    ):
        assert said in contact, said
    status, text = await visitor.get("/status")
    assert status == 200
    assert "Worker worker-1 has said nothing for 5 min: look whether it still runs" in text
    assert "of - a" not in text


async def test_pages_name_who_differs_from_zooms_list_and_of_whom_events_are_in_doubt(tmp_path: Path) -> None:
    """By address; somebody of whom nothing else is known by the beginning of the contact id."""
    tell, who, colleague = Storyteller(), person(0), person(1)
    found = {
        "zoom_absentees": 2,
        "differences": [
            {"contact_id": who.contact_id, "side": "only_zoom", "reason": "attended"},
            {"contact_id": colleague.contact_id, "side": "only_zoom", "reason": "left out by a rule"},
        ],
    }
    told = [
        tell.session(1, reconciliation=found), tell.result(who, 1, 1), tell.upsert(who, 1), tell.event(who, 2),
        tell.answer(who, 2, kind="event", outcome="in_doubt", http_status=None),
    ]  # fmt: skip
    async with console(tmp_path, told) as (visitor, _):
        await visitor.sign_in("ana")
        _, session = await visitor.get(SESSION)
        _, doubts = await visitor.get("/doubts")
    assert f"{who.email}</a>:\nabsent at Zoom, not here; attended" in session
    assert f"<code>{colleague.contact_id[:12]}</code>:\nabsent at Zoom, not here; left out by a rule" in session
    assert f"{who.email}</a>" in doubts
    assert "None: Brevo took everything." in doubts


async def test_list_of_sessions_says_how_many_brevo_lacks(tmp_path: Path) -> None:
    """All of them, as the session's own page does."""
    tell = Storyteller()
    told = [tell.session(1), *(tell.result(person(number), 1, 1) for number in range(1_001))]
    async with console(tmp_path, told) as (visitor, _):
        await visitor.sign_in("ben")
        assert '<td class="n">1,001</td>' in (await visitor.get("/sessions"))[1]
        assert "<dt>Not in Brevo</dt><dd>1,001</dd>" in (await visitor.get(SESSION))[1]


async def test_lists_go_on_to_their_end(over_either: Visitor) -> None:
    """Every person once, over the pages and in the CSV."""
    visitor = over_either
    await visitor.sign_in("ben")
    path, seen = SESSION, set[str]()
    for _ in range(3):
        _, text = await visitor.get(path)
        seen |= {line.split('"')[0] for line in text.split('href="/contacts/')[1:]}
        following = text.partition('rel="next" href="')[2].partition('"')[0]
        path = following.replace("&amp;", "&")
    assert (len(seen), path) == (PEOPLE, "")
    _, table = await visitor.get(f"{SESSION}/people.csv")
    assert visitor.headers["Cache-Control"] == "no-store"
    rows = list(csv.DictReader(table.splitlines()))
    assert {row["contact_id"] for row in rows} == seen
    assert {row["email"] for row in rows} == {person(number).email for number in range(PEOPLE)}


async def test_people_are_found_by_address_without_it_in_a_url(over_either: Visitor) -> None:
    """Topics are found in the same field."""
    visitor = over_either
    await visitor.sign_in("ben")
    await visitor.get("/sessions")
    assert (await visitor.post("/search", q=person(0).email.upper()))[:2] == (303, CONTACT)
    assert (await visitor.post("/search", q="webinar"))[:2] == (303, "/sessions?q=webinar")
    status, place, text = await visitor.post("/search", q="nobody@example.com")
    assert (status, place) == (200, "")
    assert "Nobody with this address is known" in text


async def test_time_line_is_of_the_clock_and_told_in_words(tmp_path: Path) -> None:
    """Somebody who was there for the second run alone has their bar at its end, behind the gap between the runs."""
    tell = Storyteller()
    runs = [
        {"run_uuid": "a", "is_main": True, "started_at": "2026-08-12T10:00:00Z", "ended_at": "2026-08-12T10:30:00Z"},
        {"run_uuid": "b", "is_main": True, "started_at": "2026-08-12T10:45:00Z", "ended_at": "2026-08-12T11:00:00Z"},
    ]
    session = tell.session(1, runs=runs, length_seconds=2_700, ended_at="2026-08-12T11:00:00Z")
    late = tell.result(person(0), 1, 1, attended_seconds=900, intervals=[[2_700, 3_600]])
    async with console(tmp_path, [session, late]) as (visitor, _):
        await visitor.sign_in("ben")
        _, text = await visitor.get(SESSION)
    assert "2 runs: 10:00 to 10:30 UTC, 10:45 to 11:00 UTC. At most 1 at once, from 10:45 UTC on; 0 at the" in text
    assert "; 0 at the beginning, " in text
    assert '<rect class="run" x="750" y="0" width="250"' in text
    assert '<rect x="750" y="0" width="250" height="20"/>' in text
    assert "there from 45 min to 1 h 0 min" in text


async def test_people_are_sorted_by_the_head_of_a_column(at_console: tuple[Visitor, PasswordFile]) -> None:
    """The one that they are sorted by says so; the filter stays."""
    visitor, _ = at_console
    await visitor.sign_in("ben")
    _, text = await visitor.get(f"{SESSION}?show=left_early")
    assert 'aria-sort="descending">Time' in text
    assert "show=left_early&amp;order=score" in text
    _, text = await visitor.get(f"{SESSION}?show=left_early&order=score")
    assert 'aria-sort="descending">Score' in text


async def test_set_up_shows_what_commands_found(tmp_path: Path) -> None:
    """Each with what to do, and who looked; what nobody has looked at says how."""
    async with console(tmp_path, [Storyteller().setup()]) as (visitor, _):
        await visitor.sign_in("ana")
        _, text = await visitor.get("/setup")
    assert "by ines" in text
    assert "Brevo has no list 16" in text
    assert "To do: give the ids" in text
    assert text.count("✓ fine") == 1
    assert "nobody has run it yet" in text
    assert "rollcall zoom subscribe" in text


async def test_what_is_no_page_is_told_so(over_either: Visitor) -> None:
    """With a way on."""
    visitor = over_either
    await visitor.sign_in("ana")
    for page in ("/sessions?after=nonsense", "/sessions/xyz", "/contacts/person@example.com", "/none"):
        status, text = await visitor.get(page)
        assert (status in (400, 404), "To the sessions" in text) == (True, True), page
    for question in ("/sessions?q=%00", "/deliveries?of=%00", "/sessions?q=%ff"):
        status, text = await visitor.get(question)
        assert (status, "is like that" in text) == (200, True), question


async def test_a_place_that_no_page_gave_is_refused(over_either: Visitor) -> None:
    """Of every list, whatever somebody wrote into the URL: it is not the database's fault."""
    await over_either.sign_in("ana")
    places: list[object] = [[1], ["a", "b"], [None, None], [2**63, 2], [True, 1], ["\0", 1], [[1], 2], {"a": 1}]
    lists = ("/sessions?", f"{SESSION}?", f"{SESSION}?show=not_synced&", "/deliveries?", "/dead-letters?")
    for place, page in product(places, lists):
        after = base64.urlsafe_b64encode(json.dumps(place).encode()).decode().rstrip("=")
        status, text = await over_either.get(f"{page}after={after}")
        assert (status, "this is no place to go on from" in text) == (400, True), (page, place)


async def test_an_empty_console_says_what_to_do_first(tmp_path: Path) -> None:
    """On every page."""
    async with console(tmp_path, []) as (visitor, passwords):
        await visitor.sign_in("ana")
        for page, said in (
            ("/sessions", "rollcall backfill"), ("/status", "rollcall worker"), ("/deliveries", "rollcall check"),
        ):  # fmt: skip
            status, text = await visitor.get(page)
            assert (status, said in text) == (200, True), page
        for name in ("ana", "ben", "eve"):
            passwords.remove(name)
        assert "rollcall console passwd" in (await visitor.get("/sign-in"))[1]


async def test_scores_page_says_who_would_change_tier(over_either: Visitor) -> None:
    """With the figures of all, a filter, and the same as CSV."""
    visitor = over_either
    await visitor.sign_in("ben")
    _, text = await visitor.get("/scores")
    assert text.index(person(0).email) < text.index(person(1).email)
    assert 'aria-current="true">all 2</a>' in text
    assert "<title>60-69, live: 1</title>" in text
    assert "<title>70-79, 2: 1</title>" in text
    _, text = await visitor.get("/scores?model=2&to=cold")
    assert person(0).email not in text
    assert person(1).email in text
    _, text = await visitor.get("/scores/movers.csv?model=2")
    assert [row["tier"] for row in csv.DictReader(text.splitlines())] == ["hot", "cold"]
    assert (await visitor.get("/scores/movers.csv?model=3"))[0] == 404


async def test_contact_page_shows_how_the_score_came_about(over_either: Visitor) -> None:
    """An area for each part that earned something, and what each session adds."""
    visitor = over_either
    await visitor.sign_in("ben")
    _, text = await visitor.get(CONTACT)
    assert '<polygon class="attendance" points="0.0,' in text
    assert '<polygon class="punctuality"' in text
    assert '<polygon class="stayed"' not in text
    assert "a half every 90 days" in text
    assert '<td class="n">61</td>\n<td class="n">61</td>' in text


async def test_contact_page_shows_what_other_models_would_give(tmp_path: Path) -> None:
    """Beside the live one; one that failed says so, and without candidates there is no table."""
    tell, table = Storyteller(), 'aria-label="What other models would give"'
    told = [tell.upsert(person(0), 1), tell.upsert(person(1), 1), tell.candidates(person(0), 61, "3", **{"2": 75})]
    async with console(tmp_path, told) as (visitor, _):
        await visitor.sign_in("ben")
        _, text = await visitor.get(f"/contacts/{person(0).contact_id}")
        rows = text.partition(table)[2].partition("</tbody>")[0].split("<tr>")[2:]
        assert [" ".join(re.sub("<[^>]*>", " ", row).split()) for row in rows] == [
            "live 61 warm 2026-08-12",
            "2 75 hot (another) 2026-08-12",
            "3 - it failed (ZeroDivisionError) 2026-08-12",
        ]
        assert table not in (await visitor.get(f"/contacts/{person(1).contact_id}"))[1]


async def test_scores_page_says_what_to_do_first(tmp_path: Path) -> None:
    """Without a candidate."""
    async with console(tmp_path, [Storyteller().session(1)]) as (visitor, _):
        await visitor.sign_in("ben")
        _, text = await visitor.get("/scores")
        assert "scoring.candidates" in text
