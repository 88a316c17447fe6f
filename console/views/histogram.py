"""How scores lie by two models, as bars of a width of 1000 and a height of 100."""

from __future__ import annotations

from dataclasses import dataclass

from readmodel.lines.candidates import Comparison, bin_label

_WIDTH = 1_000
_HEIGHT = 100
_GAP = 10


@dataclass(frozen=True, slots=True)
class BarPair:
    """The two bars of some scores."""

    label: str
    left: int
    width: int
    """Of each of them; the candidate's is beside the live one's."""
    live: int
    """Contacts."""
    model: int
    live_height: int
    model_height: int


def pairs(found: Comparison) -> tuple[BarPair, ...]:
    """From the lowest scores to the highest; nothing where nobody is.

    >>> one = (1, *[0] * 9)
    >>> [(pair.label, pair.live_height) for pair in pairs(Comparison("2", 1, 1, 0, {}, one, one))][-2:]
    [('80-89', 0), ('90-100', 0)]
    """
    highest = max((*found.live_bins, *found.bins), default=0)
    if not highest:
        return ()
    step = _WIDTH // len(found.bins)
    return tuple(
        BarPair(
            bin_label(place),
            place * step + _GAP,
            step // 2 - _GAP,
            live,
            model,
            round(_HEIGHT * live / highest),
            round(_HEIGHT * model / highest),
        )
        for place, (live, model) in enumerate(zip(found.live_bins, found.bins, strict=True))
    )
