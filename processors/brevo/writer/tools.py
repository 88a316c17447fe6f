"""What the parts of the writer share: made once, by the agent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from processors.brevo.api.client import BrevoClient
from processors.brevo.decisions.budget import WriterFigures
from processors.brevo.writer.access import Access
from processors.brevo.writer.asking import Asker
from processors.brevo.writer.checked import Checker
from processors.brevo.writer.lists import ListWatch
from processors.brevo.writer.metrics import BrevoMetrics
from processors.brevo.writer.outcomes import Outcomes
from processors.brevo.writer.processes import ImportProcesses
from processors.brevo.writer.sampler import Sampler
from processors.brevo.writer.schedule import WorkSchedule


@dataclass(frozen=True, slots=True)
class WriterTools:
    """One of each; whoever needs one takes it from here."""

    api: BrevoClient
    access: Access
    asker: Asker
    schedule: WorkSchedule
    outcomes: Outcomes
    processes: ImportProcesses
    sampler: Sampler
    checker: Checker
    lists: ListWatch
    metrics: BrevoMetrics
    figures: WriterFigures
    spread: Callable[[], float]
    """0..1, so that workers do not retry together."""
