"""Candidate models beside the live one. The values are for people: addresses among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, func, select, union_all

from readmodel.instants import day
from readmodel.keys import contact_id_of
from readmodel.lines.candidates import BIN_POINTS, CandidateLine, Comparison, MoverLine
from readmodel.parts import PART, Part, part_of
from readmodel.queries.rows import asked, behind, fields_of
from readmodel.tables import CANDIDATES, CONTACTS, MOVED, SCORES

TIERS = ("hot", "warm", "cold")
_BINS = 100 // BIN_POINTS


def candidate_models(connection: Connection) -> tuple[str, ...]:
    """The names of all that were computed for anybody, in their order."""
    names: list[str] = []
    # From name to name: neither database would skip the rows between.
    following = select(func.min(CANDIDATES.c.model))
    name = connection.execute(following).scalar()
    while name is not None:
        names.append(name)
        name = connection.execute(following.where(CANDIDATES.c.model > name)).scalar()
    return tuple(names)


def comparison(connection: Connection, model: str) -> Comparison:
    """How it differs from the live one, in figures; all are 0 for a model that was computed for nobody."""
    of = CANDIDATES.c
    kinds = (of.live_score, of.score, of.live_tier, of.tier)
    counted = select(*kinds, func.count()).where(of.model == asked(model)).group_by(*kinds)
    rows = [tuple(row) for row in connection.execute(counted)]
    given = [row for row in rows if row[1] is not None]
    tiers = Counter[tuple[str, str]]()
    for _live_score, _score, live_tier, tier, count in given:
        tiers[live_tier, tier] += count
    return Comparison(
        model=model,
        contacts=sum(row[-1] for row in rows),
        scored=connection.execute(select(func.count()).select_from(SCORES)).scalar_one(),
        failed=sum(row[-1] for row in rows if row[1] is None),
        tiers=tiers,
        live_bins=_bins((row[0], row[-1]) for row in given),
        bins=_bins((row[1], row[-1]) for row in given),
    )


def movers(
    connection: Connection, model: str, *, to: str | None = None, limit: int = PART, after: str | None = None
) -> Part[MoverLine]:
    """Whose tier would be another, the highest score of the candidate first.

    Args:
        connection: from `Database.reading`.
        model: the candidate.
        to: who would come to that tier.
        limit: of a part.
        after: `Part.after` of the part before.
    """
    of = CANDIDATES.c
    place = behind(after, of.score, of.contact)
    # A part per tier, each read in the order of its index to the end of the page.
    parts = [
        select(CANDIDATES)
        .where(of.model == asked(model), MOVED, of.tier == tier, *place)
        .order_by(of.score.desc(), of.contact.desc())
        .limit(limit + 1)
        .subquery()
        for tier in (TIERS if to is None else (to,))
    ]
    found = union_all(*(select(part) for part in parts)).subquery()
    chosen = (
        select(found, CONTACTS.c.rest, CONTACTS.c.email, CONTACTS.c.name)
        .join_from(found, CONTACTS, CONTACTS.c.contact == found.c.contact)
        .order_by(found.c.score.desc(), found.c.contact.desc())
        .limit(limit + 1)
    )
    rows = connection.execute(chosen).all()
    return part_of(rows, limit, _mover, lambda row: (row.score, row.contact))


def candidates_of(connection: Connection, contact: int) -> tuple[CandidateLine, ...]:
    """What each candidate gives a contact, by the model's name."""
    chosen = select(CANDIDATES).where(CANDIDATES.c.contact == contact).order_by(CANDIDATES.c.model)
    return tuple(map(_candidate, connection.execute(chosen)))


def _bins(scores: Iterable[tuple[int, int]]) -> tuple[int, ...]:
    bins = [0] * _BINS
    for score, count in scores:
        bins[min(score // BIN_POINTS, _BINS - 1)] += count
    return tuple(bins)


def _candidate(row: Any) -> CandidateLine:
    fields = fields_of(row)
    del fields["contact"]
    return CandidateLine(**fields | {"reference_date": day(fields.pop("reference_day"))})


def _mover(row: Any) -> MoverLine:
    fields = fields_of(row)
    for name in ("model", "failed", "contact"):
        del fields[name]
    fields["contact_id"] = contact_id_of(fields.pop("rest"), fields["email"])
    return MoverLine(**fields | {"reference_date": day(fields.pop("reference_day"))})
