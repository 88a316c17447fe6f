"""The plots of docs/explanation/score.md, from simulated webinars, as SVG; the same seeds draw the same picture.

`.venv/bin/python -m tests.support.score_plots` writes them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

from sandbox.simulator import simulate_webinar
from sandbox.truth import Rules, truth_of
from sandbox.truth.scores import DatedScore, contact_score

PLACE = Path(__file__).parents[2] / "docs" / "images"
_STARTS_AT = 1_786_528_800
"""2026-08-12T10:00:00Z."""
_ATTENDEES = 200
_SEEDS = range(1, 7)
_LIVE = Rules(use_report=False)
_STAYING = replace(_LIVE, stayed_points=60)
_HALF_LIVES = (30, 90, 180)
_WIDTH, _HEIGHT, _LEFT, _TOP = 640, 240, 48, 32
_FONT = 'font-family="sans-serif" font-size="12" fill="#1b1f24"'
_INKS = ("#57606a", "#0550ae", "#116329")


@cache
def session_scores(rules: Rules, seed: int) -> tuple[int, ...]:
    """Of everybody with a result in a webinar of an hour without anything going wrong, by their address."""
    world = simulate_webinar(_ATTENDEES, seed, frozenset(), starts_at=_STARTS_AT)
    truth = truth_of([delivery.body for delivery in world.deliveries], world.zoom, rules)
    return tuple(contact.score for _, contact in sorted(truth.contacts.items()) if contact.score is not None)


def who_stayed() -> str:
    """How session scores lie by two models: `stayed` worth 10 points, and 60."""
    series = [[score for seed in _SEEDS for score in session_scores(rules, seed)] for rules in (_LIVE, _STAYING)]
    shares = [[100 * sum(_bin(score) == at for score in scores) / len(scores) for at in range(10)] for scores in series]
    bars = [
        _bar(at * 10 + 1 + place * 4, share, _INKS[place])
        for place, values in enumerate(shares)
        for at, share in enumerate(values)
    ]
    labels = ("weights.stayed: 10", "weights.stayed: 60")
    title = f"Session scores of {len(series[0])} simulated people, in percent"
    return _drawn(title, bars, labels, [(at * 10, str(at * 10)) for at in range(11)], top=60)


def month_by_month() -> str:
    """The share of people who are hot after so many monthly webinars, by half life; everybody is in all of them."""
    people = list(zip(*(session_scores(_LIVE, seed) for seed in _SEEDS), strict=False))
    days = [date(2026, 1, 1) + timedelta(days=30 * month) for month in range(len(_SEEDS))]
    lines = []
    for ink, half_life in zip(_INKS, _HALF_LIVES, strict=True):
        rules = replace(_LIVE, half_life_days=half_life)
        shares = [100 * sum(_is_hot(scores[:count], days, rules) for scores in people) / len(people)
                  for count in range(1, len(days) + 1)]  # fmt: skip
        corners = " ".join(f"{_x(place * 20):.1f},{_y(share, 100):.1f}" for place, share in enumerate(shares))
        lines.append(f'<polyline points="{corners}" fill="none" stroke="{ink}" stroke-width="2"/>')
    labels = [f"half life {half_life} d" for half_life in _HALF_LIVES]
    title = f"Hot after so many monthly webinars, in percent of {len(people)} simulated people"
    return _drawn(title, lines, labels, [(place * 20, str(place + 1)) for place in range(len(days))], top=100)


PLOTS = {"score-who-stayed.svg": who_stayed, "score-month-by-month.svg": month_by_month}


def _is_hot(scores: Sequence[int], days: Sequence[date], rules: Rules) -> bool:
    scored = [DatedScore(score, day) for score, day in zip(scores, days, strict=False)]
    return contact_score(scored, scored[-1].ended_on, rules) >= rules.hot


def _bin(score: int) -> int:
    return min(score // 10, 9)


def _x(percent: float) -> float:
    return _LEFT + (_WIDTH - _LEFT - 16) * percent / 100


def _y(value: float, top: float) -> float:
    return _TOP + (_HEIGHT - _TOP - 48) * (1 - value / top)


def _bar(left: float, share: float, ink: str) -> str:
    y, bottom = _y(share, 60), _y(0, 60)
    return f'<rect x="{_x(left):.1f}" y="{y:.1f}" width="{_x(4) - _x(0):.1f}" height="{bottom - y:.1f}" fill="{ink}"/>'


def _drawn(
    title: str, marks: Iterable[str], labels: Sequence[str], ticks: Iterable[tuple[float, str]], *, top: int
) -> str:
    """The picture; it has its own background, since a page may be dark."""
    ground = _y(0, top)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" {_FONT}>',
        f"<title>{title}</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="20" font-weight="bold">{title}</text>',
    ]
    for value in range(0, top + 1, 20):
        y = _y(value, top)
        lines.append(f'<line x1="{_LEFT}" x2="{_WIDTH - 16}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value}</text>')
    lines += marks
    lines += [f'<text x="{_x(at):.1f}" y="{ground + 16:.1f}" text-anchor="middle">{text}</text>' for at, text in ticks]
    for place, (ink, label) in enumerate(zip(_INKS, labels, strict=False)):
        x = _LEFT + place * 160
        lines.append(f'<rect x="{x}" y="{_HEIGHT - 20}" width="12" height="12" fill="{ink}"/>')
        lines.append(f'<text x="{x + 18}" y="{_HEIGHT - 10}">{label}</text>')
    return "\n".join([*lines, "</svg>", ""])


if __name__ == "__main__":
    for name, draw in PLOTS.items():
        (PLACE / name).write_text(draw(), encoding="utf-8")
