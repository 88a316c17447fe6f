"""Attack a running installation, and see what becomes of the others: `make attack`, or `python -m tests.attacks`.

A table: the attack, what it did before there were limits, what valid deliveries and probes saw meanwhile, and what was
left in Kafka, in the log and in memory. The exit code is 1 where a limit did not hold.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import textwrap
from pathlib import Path

from sandbox.kafka import EmbeddedKafka
from tests.attacks import answers, endpoint, records
from tests.attacks.stage import Attack, Seen, staged


def main() -> int:
    """Run all of them, or those whose name holds a word."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each attack")
    parser.add_argument("--only", default="", help="those with this word in their name")
    parser.add_argument("--markdown", action="store_true", help="the table as docs/explanation/security.md has it")
    arguments = parser.parse_args()
    word, as_markdown = arguments.only.lower(), arguments.markdown
    by_answers = [attack for attack in answers.ATTACKS if word in attack.name.lower()]
    at_endpoint = [attack for attack in endpoint.ATTACKS if word in attack.name.lower()]
    by_records = [attack for attack in records.ATTACKS if word in attack.name.lower()]
    codes = [asyncio.run(attack_by_answers(by_answers, as_markdown=as_markdown))] if by_answers else []
    if at_endpoint or by_records:
        with EmbeddedKafka() as kafka:
            if at_endpoint:
                seconds = arguments.seconds
                codes.append(asyncio.run(attack_all(kafka.bootstrap, at_endpoint, seconds, as_markdown=as_markdown)))
            if by_records:
                codes.append(asyncio.run(attack_by_records(kafka.bootstrap, by_records, as_markdown=as_markdown)))
    return max(codes, default=2)


async def attack_by_answers(attacks: list[answers.AnswerAttack], *, as_markdown: bool) -> int:
    """As `attack_all`, of those that Zoom's or Brevo's answers make; these need no Kafka."""
    if as_markdown:
        tell("| Attack | Before | It comes to | Memory | Longest stall |")
        tell("|---|---|---|---|---|")
    is_held = True
    for attack in attacks:
        cost = await answers.cost_of(attack)
        fault = cost.fault(attack)
        is_held = is_held and not fault
        now = f"{cost.came}{f' **{fault}**' if fault else ''}"
        facts = f"{cost.memory_mib:+.0f} MiB", f"{cost.stall_seconds:.2f} s"
        if as_markdown:
            tell(f"| {attack.name} | {attack.before} | {now} | {facts[0]} | {facts[1]} |")
        else:
            verdict = f"NOT HELD: {fault}" if fault else "held"
            tell(f"{attack.name}\n    before: {attack.before}\n    now:    {now}; {', '.join(facts)}\n    {verdict}")
    if as_markdown:
        tell("")
    return 0 if is_held else 1


async def attack_by_records(bootstrap: str, attacks: list[records.RecordAttack], *, as_markdown: bool) -> int:
    """As `attack_all`, of those that are records on the topic of events, at a worker."""
    is_held = True
    if as_markdown:
        tell("| Attack | Before | It comes to | Dead letters | The next record after | Longest stall | Memory |")
        tell("|---|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        async with records.entered(bootstrap, Path(folder)) as hall:
            for attack in attacks:
                left = await hall.watch(attack)
                fault = left.fault(attack)
                is_held = is_held and not fault
                now = f"{left.came}{f' **{fault}**' if fault else ''}"
                seconds = f"{left.handled_seconds:.1f} s", f"{left.silence_seconds:.2f} s"
                facts = (f"{left.letters}", *seconds, f"{left.memory_mib:+.0f} MiB")
                if as_markdown:
                    tell(f"| {attack.name} | {attack.before} | {now} | {' | '.join(facts)} |")
                else:
                    verdict = f"NOT HELD: {fault}" if fault else "held"
                    shown = f"dead letters, next record, stall, memory: {', '.join(facts)}"
                    tell(f"{attack.name}\n    before: {attack.before}\n    now:    {now}; {shown}\n    {verdict}")
            traces = await hall.traces()
            tell(f"{'' if as_markdown else 'of what was written, found in '}{', '.join(traces) or 'nothing'}\n")
            return 0 if is_held and not traces else 1


async def attack_all(bootstrap: str, attacks: list[Attack], seconds: float, *, as_markdown: bool) -> int:
    """The table on stdout as it grows, and the exit code."""
    is_held = True
    if as_markdown:
        tell("| Attack | Before | Valid deliveries within 1 s, slowest | Refused | Left in Kafka, log, memory |")
        tell("|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        async with staged(bootstrap, Path(folder)) as stage:
            for attack in attacks:
                seen = await stage.watch(attack, seconds)
                fault = seen.fault(attack.records)
                is_held = is_held and not fault
                tell(_row(attack, seen, fault) if as_markdown else _paragraph(attack, seen, fault))
            traces = await stage.traces()
            tell(f"{'' if as_markdown else 'of what attackers sent, found in '}{', '.join(traces) or 'nothing'}\n")
            return 0 if is_held and not traces else 1


def _facts(seen: Seen) -> tuple[str, str]:
    deliveries = f"{seen.in_time} of {seen.valid}, {seen.slowest_seconds:.2f} s"
    left = f"{seen.records} records, {seen.log_bytes:,} bytes, {seen.memory_mib:+.0f} MiB"
    return deliveries, left


def _row(attack: Attack, seen: Seen, fault: str) -> str:
    deliveries, left = _facts(seen)
    held = f"{deliveries} **{fault}**" if fault else deliveries
    return f"| {attack.name} | {attack.before} | {held} | {seen.refused:,} | {left} |"


def _paragraph(attack: Attack, seen: Seen, fault: str) -> str:
    deliveries, left = _facts(seen)
    lines = [
        f"before: {attack.before}",
        f"now:    {deliveries}; probes {seen.probes_in_time} of {seen.probes}; left: {left}",
        f"{seen.refused:,} counted as {attack.counted}",
    ]
    verdict = f"NOT HELD: {fault}" if fault else "held"
    return f"{attack.name}\n{textwrap.indent(chr(10).join([*lines, verdict]), '    ')}"


def tell(text: str) -> None:
    """The result."""
    print(text, flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
