"""The command `rollcall score diff`: a candidate model beside the live one, in figures and by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import Annotated

import typer

from ops.failure import found_wrong
from ops.options import Json
from ops.views.model import read_model
from ops.views.output import Csv, Mask, OutputRow, one_form, table, terminal, write_csv, write_json
from ops.views.words import shown_email
from readmodel.lines.candidates import BIN_POINTS, Comparison, MoverLine, bin_label
from readmodel.parts import every
from readmodel.queries.candidates import TIERS, candidate_models, comparison, movers
from readmodel.words import counted

_SHOWN = 50
"""Of a table; documents hold all."""
_COLUMNS = ("contact_id", "email", "name", "live_score", "live_tier", "score", "tier", "reference_date")
_BAR = 30
"""Characters of the longest bar."""


class To(StrEnum):
    """What `--to` takes."""

    HOT = "hot"
    WARM = "warm"
    COLD = "cold"


def diff(
    model: Annotated[str | None, typer.Option(help="The candidate's name in scoring.candidates.")] = None,
    to: Annotated[To | None, typer.Option(help="Only who would come to this tier.")] = None,
    mask: Mask = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show who would change tier by a candidate model, and how the scores of all lie.

    Both scores are of one day. A candidate is computed with every new fact of a contact; `rollcall score rebuild
    --model` computes it for everybody. Exit code 1: no candidate, or not this one, was computed for anybody yet.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    with read_model(as_json=as_json) as view:
        there = candidate_models(view.connection)
        chosen = there[0] if model is None and len(there) == 1 else model
        if chosen is None or chosen not in there:
            raise found_wrong(_none(model, there), as_json=as_json)
        found = comparison(view.connection, chosen)
        moved = every(lambda after: movers(view.connection, chosen, to=to, after=after))
        if as_json:
            write_json({**figures(found), "movers": [row(line, mask=mask) for line in moved]})
        elif as_csv:
            write_csv((row(line, mask=mask) for line in moved), _COLUMNS)
        else:
            _show(found, moved, mask=mask)


def row(line: MoverLine, *, mask: bool) -> OutputRow:
    """Somebody for programs."""
    hidden = {"email": None, "name": None} if mask else {}
    return {name: getattr(line, name) for name in _COLUMNS} | hidden


def figures(found: Comparison) -> OutputRow:
    """The comparison for programs."""
    return {
        "model": found.model,
        "contacts": found.contacts,
        "scored": found.scored,
        "failed": found.failed,
        "moved": found.moved,
        "tiers": [
            {"live": live, "model": tier, "contacts": count} for (live, tier), count in sorted(found.tiers.items())
        ],
        "histogram": [
            {"from": at * BIN_POINTS, "live": live, "model": count}
            for at, (live, count) in enumerate(zip(found.live_bins, found.bins, strict=True))
        ],
    }


def histogram(found: Comparison) -> Iterator[str]:
    """A line for each bar.

    >>> found = Comparison("2", 3, 3, 0, {}, (0,) * 9 + (3,), (0,) * 8 + (3, 0))
    >>> list(histogram(found))[-1:]
    ['        2    0']
    """
    longest, width = max((1, *found.live_bins, *found.bins)), max(len("live"), len(found.model))
    for at, pair in enumerate(zip(found.live_bins, found.bins, strict=True)):
        for label, name, sign, count in zip((bin_label(at), ""), ("live", found.model), "=#", pair, strict=True):
            yield f"{label:8}{name:{width}} {count} {sign * round(_BAR * count / longest)}".rstrip()


def _show(found: Comparison, moved: Iterator[MoverLine], *, mask: bool) -> None:
    console = terminal()
    console.print(
        f"{found.model} beside the live model: {counted(found.contacts, 'contact')}, {found.moved} would change tier"
    )
    if found.scored > found.contacts:
        console.print(
            f"not computed yet for {found.scored - found.contacts}: rollcall score rebuild --model {found.model}"
        )
    if found.failed:
        console.print(f"could not be computed for {found.failed}: please report it as a defect")
    tiers = table("live \\ candidate", *TIERS, right=TIERS)
    for live in TIERS:
        tiers.add_row(live, *(str(found.tiers.get((live, tier), 0)) for tier in TIERS))
    console.print(tiers)
    for line in histogram(found):
        console.print(line, soft_wrap=True)
    _show_movers([line for line, _ in zip(moved, range(_SHOWN + 1), strict=False)], mask=mask)


def _show_movers(lines: Sequence[MoverLine], *, mask: bool) -> None:
    if not lines:
        return
    made = table(
        "contact", "live\nscore", "live\ntier", "score", "tier", right=("live\nscore", "score"), wraps=("contact",)
    )
    for line in lines[:_SHOWN]:
        who = shown_email(line.email, line.contact_id, mask=mask)
        made.add_row(who, str(line.live_score), line.live_tier, str(line.score), line.tier)
    console = terminal()
    console.print(made)
    if len(lines) > _SHOWN:
        console.print(f"and more: --csv holds all (these are {_SHOWN})")


def _none(model: str | None, there: Sequence[str]) -> str:
    if not there:
        return (
            "no candidate was computed for anybody yet: name one in scoring.candidates, start the worker again, then "
            "rollcall score rebuild --model NAME"
        )
    names = ", ".join(there)
    return (
        f"say which candidate with --model: {names}"
        if model is None
        else f"no candidate is `{model}`; there are: {names}"
    )
