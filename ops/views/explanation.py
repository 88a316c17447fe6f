"""Why a contact stands as it does, in sentences. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ops.views import words
from ops.views.history import ScoreStep, changes_of_tier
from readmodel.lines.candidates import CandidateLine
from readmodel.lines.contacts import CallLine, RegistrationLine, SessionResult, WholeContact
from readmodel.lines.sessions import PersonLine, ScoreShare, SessionLine
from readmodel.words import counted
from schemas.instants import whole_minutes


def heading(contact: WholeContact, steps: Sequence[ScoreStep], *, mask: bool) -> Iterator[str]:
    """Who it is, the score, the tiers, and how Brevo stands to them."""
    who = contact.who
    named = "" if mask or not who.name else f" ({who.name})"
    yield f"{words.shown_email(who.email, who.contact_id, mask=mask)}{named}"
    yield f"contact {who.contact_id}"
    if contact.standing is None:
        yield "no score: no result of theirs stands"
    else:
        held = contact.standing
        yield f"score {held.score}, {held.tier}, as of {held.reference_date} (model {held.model_version})"
        if held.why:
            yield f"“{held.why}”"
    yield from map(candidate, contact.candidates)
    tiers = [f"{step.tier} from {words.when(step.ended_at)} (score {step.contact_score})"
             for step in changes_of_tier(steps)]  # fmt: skip
    if tiers:
        yield f"tiers: {', '.join(tiers)}"
    yield f"Brevo: {_whole(contact)}"


def attendance(result: SessionResult, steps: Sequence[ScoreStep]) -> Iterator[str]:
    """One session of theirs: the verdict, its evidence, its score."""
    person, held = result.person, result.session
    topic = held.topic or held.object_id if held else "a session of which nothing more is known"
    at = words.when(held.started_at or held.ended_at) if held else ""
    yield f"{at}  {topic}".strip()
    yield f"  {person.status.replace('_', ' ')}: {words.why(person.reason) or 'no reason was given'}"
    if person.joins:
        yield f"  {_stay(person, held)}"
    yield f"  evidence: {evidence(person)}"
    if person.score is not None:
        weights = [step.weight for step in steps if held and step.session_uuid == held.session_uuid]
        decay = f"; counts {weights[0]:.0%} by its age" if weights else ""
        yield f"  score {person.score}{parts(person.scoring)}{decay}"


def _stay(person: PersonLine, held: SessionLine | None) -> str:
    """How long they were there, out of how long."""
    length = f" of {whole_minutes(held.length_seconds)}" if held and held.length_seconds else ""
    late = f", {whole_minutes(person.late_seconds)} min late" if person.late_seconds else ""
    ends = ", some end of it assumed" if person.assumed else ""
    joined = counted(person.joins, "connection")
    return f"{whole_minutes(person.attended_seconds)}{length} min in {joined}{late}{ends}"


def evidence(person: PersonLine) -> str:
    """What was seen of somebody, by whom, and how they were recognised.

    Nothing seen says also what was looked at: that is why somebody is absent.
    """
    by_report = person.evidence in ("report", "both")
    seen = []
    if person.webhooks:
        seen.append(counted(person.webhooks, "connection") + " by webhooks")
    if person.report_rows:
        seen.append(counted(person.report_rows, "row") + " of Zoom's report")
    if not seen:
        looked = "in webhooks and in Zoom's report" if by_report else "in webhooks"
        seen.append(f"nothing was seen {looked}")
    if not person.is_final:
        seen.append("not final yet: Zoom's report may still correct it")
    known = words.recognised(person.rule)
    return "; ".join([*seen, *([f"recognised by {known}"] if known else [])])


def parts(share: ScoreShare | None) -> str:
    """` = attendance 54.1 + punctuality 11.6 + stayed 10.0, of 85`; empty where nothing is known of it."""
    if share is None:
        return ""
    named = {"attendance": share.attendance, "punctuality": share.punctuality, "stayed": share.stayed,
             "interaction": share.interaction}  # fmt: skip
    sums = " + ".join(f"{name} {points:.1f}" for name, points in named.items() if points is not None)
    return f" = {sums}, of {share.maximum:.0f}"


def candidate(line: CandidateLine) -> str:
    """What another model would give beside the live one, on the day it was computed."""
    given = f"nothing ({line.failed})" if line.score is None else f"{line.score}, {line.tier}"
    return f"candidate {line.model}: {given}; live: {line.live_score}, {line.live_tier}, as of {line.reference_date}"


def registration(line: RegistrationLine) -> str:
    """One registration in a line."""
    taken = " (no longer theirs)" if line.retracted else ""
    late = "" if line.before_end else ", only after the session had ended"
    source = f", from {line.source}" if line.source else ""
    approved = f" {words.when(line.approved_at)}" if line.approved_at else ""
    told = "a webhook" if line.observed == "webhook" else "Zoom's list"
    return f"{line.topic or line.object_id}: {line.status}{approved}{late}, as {told} says{source}{taken}"


def call(line: CallLine) -> str:
    """One command to Brevo in a line."""
    at = words.when(line.finished_at or line.wanted_at)
    what = line.name or line.kind or "a command"
    waits = "not sent, a later one says it too" if line.superseded else "no answer yet"
    outcome = (line.outcome or waits).replace("_", " ")
    status = f" ({line.http_status})" if line.http_status else ""
    return f"{at}  {what}: {outcome}{status}{': ' + line.detail if line.detail else ''}"


def _whole(contact: WholeContact) -> str:
    """What Brevo has of the contact, else why not."""
    who = contact.who
    if contact.results:
        return words.at_brevo(contact.results[0].person)
    if who.is_written:
        return f"written {words.when(who.written_at)}"
    return f"not written{': ' + who.detail if who.detail else ', nothing was wanted or answered yet'}"
