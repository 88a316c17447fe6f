"""Faults that are switched on at `/_sandbox/faults` (docs/reference/sandboxes.md). PURE: which call meets which."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, model_validator

FaultKind = Literal[
    "500",
    "timeout",
    "reset_before",
    "reset_after",
    "429",
    "425",
    "html",
    "401_ip",
    "402",
    "400",
    "drop_attributes",
    "slow",
    "unknown_list",
    "identifier_taken",
]
_LISTS = ("listIds", "unlinkListIds", "includeListIds", "excludeListIds")
_NEVER_APPLIED = ("429", "425", "402", "401_ip", "400", "reset_before", "unknown_list", "identifier_taken")


class BrevoFault(BaseModel):
    """One fault, as posted to `/_sandbox/faults`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: FaultKind
    path_prefix: str = "/v3"
    """Only calls whose path begins so (with `/v3`)."""
    method: str | None = None
    count: int | None = Field(default=None, ge=1)
    """How many calls meet it; null: until the faults are removed."""
    probability: float = Field(default=1, gt=0, le=1)
    seed: int = 0
    """Of the dice: the same seed and calls give the same faults."""
    delay_seconds: float = Field(default=0, ge=0)
    """Before the answer (or, for `timeout`, before the connection is closed; 0: never)."""
    status: int = Field(default=524, ge=200, le=599)
    """Of a page of `html`: 524 is the edge that gave up waiting, 200 or 404 a proxy that answers instead of Brevo."""
    list_id: int | None = None
    """Of `unknown_list`: only calls that name this list meet it, and the listing leaves it out."""
    identifier: Literal["SMS", "WHATSAPP", "LANDLINE_NUMBER", "EXT_ID"] = "SMS"
    """Of `identifier_taken`: only writes of a contact with this attribute meet it."""
    applied: bool = False
    """True: the call takes effect and only its answer is lost or replaced. `reset_after` always is."""

    @model_validator(mode="after")
    def _consistent(self) -> BrevoFault:
        if self.applied and self.kind in _NEVER_APPLIED:
            raise ValueError(f"{self.kind} means that the call was not applied")
        if (self.kind == "unknown_list") != (self.list_id is not None):
            raise ValueError("unknown_list needs a list_id, and nothing else has one")
        return self

    def takes_effect(self, method: str, path: str) -> bool:
        """Whether the call is carried out all the same."""
        is_listing = self.kind == "unknown_list" and _is_listing(method, path)
        return self.applied or self.kind in ("reset_after", "drop_attributes", "slow") or is_listing

    @property
    def lets_answer_through(self) -> bool:
        """Whether a call that was carried out is answered as always, or nearly so."""
        return self.kind in ("drop_attributes", "slow", "unknown_list")

    def fits(self, method: str, path: str, body: Mapping[str, Any]) -> bool:
        """Whether it is about this call."""
        if not path.startswith(self.path_prefix) or self.method not in (None, method):
            return False
        if self.kind == "unknown_list":
            is_named = self.is_of_list(path) or any(self.list_id in _ids(body, key) for key in _LISTS)
            return is_named or _is_listing(method, path)
        if self.kind == "identifier_taken":
            return path.startswith("/v3/contacts") and self.identifier in _identifiers(body)
        return True

    def is_of_list(self, path: str) -> bool:
        """Whether the path is that of the list that shall be unknown, or below it."""
        return f"{path}/".startswith(f"/v3/contacts/lists/{self.list_id}/")


class BrevoFaults:
    """The faults that are on, oldest first; the first that fits a call hits it."""

    def __init__(self) -> None:
        self._on: list[tuple[BrevoFault, random.Random, list[int]]] = []

    def add(self, fault: BrevoFault) -> None:
        """Switch one on."""
        self._on.append((fault, random.Random(fault.seed), [0]))

    def clear(self) -> None:
        """Switch all off."""
        self._on.clear()

    def shown(self) -> list[dict[str, object]]:
        """All of them with how often each has hit."""
        return [{**fault.model_dump(), "hits": hits[0]} for fault, _, hits in self._on]

    def meet(self, method: str, path: str, raw: bytes) -> BrevoFault | None:
        """The fault that this call meets, if any; `raw` is its body."""
        body = _object(raw) if self._on else {}
        for fault, dice, hits in self._on:
            if not fault.fits(method, path, body):
                continue
            if fault.count is not None and hits[0] >= fault.count:
                continue
            if dice.random() >= fault.probability:
                continue
            hits[0] += 1
            return fault
        return None


def _is_listing(method: str, path: str) -> bool:
    return method == "GET" and path == "/v3/contacts/lists"


def _object(raw: bytes) -> dict[str, Any]:
    """The JSON object of a body, empty where there is none."""
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return {}
    return given if isinstance(given, dict) else {}


def _ids(body: Mapping[str, Any], key: str) -> list[Any]:
    found = body.get(key)
    return found if isinstance(found, list) else []


def _identifiers(body: Mapping[str, Any]) -> set[str]:
    """Attributes of a written contact, and its external id, which has a field of its own."""
    attributes = body.get("attributes")
    named = set(attributes) if isinstance(attributes, dict) else set()
    return named | ({"EXT_ID"} if "ext_id" in body else set())
