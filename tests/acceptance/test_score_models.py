"""A candidate model beside the live one: looked at, and switched to through a kill, from what is kept alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sandbox.truth import Rules
from sandbox.truth.scores import DatedScore, SessionPart, session_score, tier
from sandbox.zoom.state import ZoomState
from schemas.attendance import Result
from schemas.topics import ENGAGEMENT_CANDIDATES
from tests.support.acts import acts
from tests.support.commands import rollcall
from tests.support.installation import Installation
from tests.support.kafka import read_to_end
from tests.support.large_account import large_account, publish, results
from tests.support.pressing import OPERATOR, operator
from tests.support.processes import eventually

ATTENDEES, NO_SHOWS = 60, 20
LIVE, CANDIDATE = Rules(), Rules(stayed_points=60)
SECTION = '\nscoring: {candidates: {"2": {weights: {stayed: 60}}}}\n'
SWITCHED = '\nscoring: {model_version: "2", weights: {stayed: 60}}\n'


def score_of(fact: Result, rules: Rules) -> int:
    """By the sandbox's own formula."""
    part = SessionPart(fact.attendance_status, fact.attended_seconds, fact.length_seconds, fact.late_seconds or 0)
    return session_score(part, rules)


def tier_of(fact: Result, rules: Rules) -> str:
    """Of somebody whose only session it is."""
    return tier([DatedScore(score_of(fact, rules), fact.ended_at.date())], rules)


def moves(facts: list[Result]) -> dict[tuple[str, str], int]:
    """Contacts by tier of both models."""
    return Counter((tier_of(fact, LIVE), tier_of(fact, CANDIDATE)) for fact in facts)


def shown(tiers: list[dict[str, Any]], before: str) -> dict[tuple[str, str], int]:
    """The same of a command's document."""
    return {(row[before], row["model"]): row["contacts"] for row in tiers}


async def until_scores(home: Installation, facts: list[Result], rules: Rules, share: float = 1) -> None:
    """Brevo holds the scores of these rules for a share of the people at least."""
    contacts = home.brevo.state.store.contacts

    async def there() -> bool:
        home.check_alive()
        found = [(contacts.find(fact.email, "email_id"), score_of(fact, rules)) for fact in facts]
        right = sum(contact is not None and contact.attributes.get("ENGAGEMENT_SCORE") == by for contact, by in found)
        return right >= share * len(facts)

    await eventually(there, timeout_seconds=180, what="the scores are at Brevo", tell=home.last_words)


async def test_candidate_is_compared_with_nothing_sent_and_switched_to_only_when_told(
    kafka_bootstrap: str, topic_prefix: str, tmp_path: Path
) -> None:
    """Figures are those of the sandbox's own formula; who asks again finds nothing to do."""
    async with large_account(kafka_bootstrap, topic_prefix, tmp_path, factor=20) as home:
        facts = list(results(ATTENDEES, NO_SHOWS, ZoomState().account_id, datetime.now(UTC).replace(microsecond=0)))
        home.is_supervised = True
        file, variables = tmp_path / "rollcall.yaml", home.wiring.worker()
        plain = file.read_text()
        worker = home.start_worker()
        await worker.until_ready()
        await publish(kafka_bootstrap, topic_prefix, iter(facts))
        await until_scores(home, facts, LIVE)
        await home.until_idle(worker)
        code, _, problem = await rollcall(variables, "score", "diff")
        assert (code, "no candidate was computed" in problem) == (1, True)
        assert await worker.stop() == 0

        file.write_text(plain + SECTION)
        worker = home.start_worker()
        await worker.until_ready()
        writes = home.writes()
        rebuild = ("score", "rebuild", "--model", "2", "--json", "--per-second", "50")
        code, asked, problem = await rollcall(variables, *rebuild, "--yes", "--reason", "who stays counts")
        assert code == 0, problem
        assert (asked["requested"], asked["commands"]) == (len(facts), 0)
        assert shown(asked["tiers"], "told") == moves(facts)

        async def computed() -> bool:
            home.check_alive()
            records = await read_to_end(kafka_bootstrap, ENGAGEMENT_CANDIDATES.physical(topic_prefix))
            return len({record.key for record in records}) == len(facts)

        await eventually(computed, timeout_seconds=90, what="candidates are computed", tell=home.last_words)
        await check_comparison(variables, facts)
        assert home.writes() == writes
        code, again, _ = await rollcall(variables, *rebuild, "--yes")
        assert (code, again["requested"], again["contacts"]) == (0, 0, 0)
        assert await worker.stop() == 0

        file.write_text(plain + SWITCHED)
        worker = home.start_worker()
        await worker.until_ready()
        code, plan, _ = await rollcall(variables, *rebuild, "--yes")
        assert (code, plan["requested"], plan["contacts"]) == (1, 0, len(facts))
        assert plan["commands"] == sum(score_of(fact, LIVE) != score_of(fact, CANDIDATE) for fact in facts)
        async with operator(variables, tmp_path) as ana:
            assert "there is no model `3`" in await ana.is_told("score.rebuild", model="3")
            assert "say --switch to have it" in await ana.looks("score.rebuild", model="2")
            said = await ana.does("score.rebuild", "the candidate is the better", model="2", switch="yes")
            assert said.startswith(f"{len(facts)} requests are in engagement.resyncs.v1: a worker")
        await until_scores(home, facts, CANDIDATE, share=0.4)
        worker.process.kill()
        worker = home.start_worker()
        await until_scores(home, facts, CANDIDATE)
        await worker.until_ready()
        await home.until_idle(worker)
        code, again, _ = await rollcall(variables, *rebuild, "--switch", "--yes")
        assert (code, again["requested"]) == (0, 0)
        assert home.events() == len(facts)
        noted = await acts(kafka_bootstrap, topic_prefix)
        assert [(entry.action, entry.subject) for entry in noted] == [
            ("score.rebuild.begin", "2"),
            ("score.rebuild", "2"),
        ] * 2
        assert [(entry.operator, entry.reason) for entry in noted[2:]] == [
            (OPERATOR, "the candidate is the better")
        ] * 2


async def check_comparison(variables: dict[str, str], facts: list[Result]) -> None:
    """`rollcall score diff`: figures, and everybody who would change tier."""
    code, found, problem = await rollcall(variables, "score", "diff", "--json")
    assert code == 0, problem
    assert (found["contacts"], found["scored"], found["failed"]) == (len(facts), len(facts), 0)
    assert shown(found["tiers"], "live") == moves(facts)
    movers = {fact.email: fact for fact in facts if tier_of(fact, LIVE) != tier_of(fact, CANDIDATE)}
    assert movers
    assert {(mover["email"], mover["live_score"], mover["score"]) for mover in found["movers"]} == {
        (email, score_of(fact, LIVE), score_of(fact, CANDIDATE)) for email, fact in movers.items()
    }
    for scores, name in (((score_of(fact, LIVE) for fact in facts), "live"),
                         ((score_of(fact, CANDIDATE) for fact in facts), "model")):  # fmt: skip
        bins = Counter(min(score // 10, 9) for score in scores)
        assert [bar[name] for bar in found["histogram"]] == [bins[at] for at in range(10)]
