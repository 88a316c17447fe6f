"""Faults that a test switches on. PURE: which call meets which fault."""

from __future__ import annotations

import random
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

Kind = Literal[
    "500",
    "timeout",
    "reset_before",
    "reset_after",
    "429",
    "425",
    "html_524",
    "401_ip",
    "402",
    "drop_attributes",
    "slow",
]


class Fault(BaseModel):
    """One fault, as posted to `/_sandbox/faults`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Kind
    path_prefix: str = "/v3"
    """Only calls whose path begins so."""
    method: str | None = None
    count: int | None = Field(default=None, ge=1)
    """How many calls meet it; null: until the faults are removed."""
    probability: float = Field(default=1, gt=0, le=1)
    seed: int = 0
    """Of the dice: the same seed and calls give the same faults."""
    delay_seconds: float = Field(default=0, ge=0)
    """Before the answer (or, for `timeout`, before the connection is closed; 0: never)."""
    applied: bool = False
    """True: the call takes effect and only its answer is lost or replaced. `reset_after` always is."""

    @model_validator(mode="after")
    def _consistent(self) -> Fault:
        if self.applied and self.kind in ("429", "425", "402", "401_ip", "reset_before"):
            raise ValueError(f"{self.kind} means that the call was not applied")
        return self

    @property
    def takes_effect(self) -> bool:
        """Whether the call is carried out all the same."""
        return self.applied or self.kind in ("reset_after", "drop_attributes", "slow")


class Faults:
    """The faults that are on, oldest first; the first that fits a call hits it."""

    def __init__(self) -> None:
        self._on: list[tuple[Fault, random.Random, list[int]]] = []

    def add(self, fault: Fault) -> None:
        """Switch one on."""
        self._on.append((fault, random.Random(fault.seed), [0]))

    def clear(self) -> None:
        """Switch all off."""
        self._on.clear()

    def shown(self) -> list[dict[str, object]]:
        """All of them with how often each has hit."""
        return [{**fault.model_dump(), "hits": hits[0]} for fault, _, hits in self._on]

    def meet(self, method: str, path: str) -> Fault | None:
        """The fault that this call meets, if any."""
        for fault, dice, hits in self._on:
            if not path.startswith(fault.path_prefix) or fault.method not in (None, method):
                continue
            if fault.count is not None and hits[0] >= fault.count:
                continue
            if dice.random() >= fault.probability:
                continue
            hits[0] += 1
            return fault
        return None
