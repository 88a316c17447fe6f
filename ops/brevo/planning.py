"""What the account lacks of what the configuration writes. PURE."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ops.brevo.hooks import HookChange, hook_changes
from processors.brevo.decisions.attributes import Needed, misfits, needed_attributes, types_of
from processors.brevo.decisions.configured_lists import configured_lists
from runtime.models import Configuration
from schemas.setup import SetupFinding

_ABSENT = "does not exist"
FOLDER = "Rollcall"
"""Where lists are created: Brevo wants a folder for each."""


@dataclass(frozen=True, slots=True)
class MissingList:
    """A list id of the configuration that the account does not have."""

    key: str
    name: str
    list_id: int


@dataclass(frozen=True, slots=True)
class Use:
    """What a setting names, and what that is in the account: people know lists by name, and mistake an id."""

    key: str
    names: str
    """`list 16`, `attribute FIRSTNAME`."""
    found: str
    """Its name and size, or its type; `_ABSENT`."""


@dataclass(frozen=True, slots=True)
class SetupPlan:
    """The difference, and what of it can be created."""

    attributes: tuple[Needed, ...]
    """To be created."""
    lists: tuple[MissingList, ...]
    """To be created, with ids that Brevo chooses."""
    folder_id: int | None
    """Of the folder for lists, if it exists."""
    hooks: tuple[HookChange, ...]
    """Brevo's webhooks to be created or repaired."""
    problems: tuple[str, ...]
    """What only a person can settle."""
    uses: tuple[Use, ...] = ()
    """Every list and attribute of the configuration, in the file's order."""

    @property
    def creations(self) -> tuple[str, ...]:
        """What `apply` would create, in words."""
        folder = (f"folder {FOLDER}",) if self.lists and self.folder_id is None else ()
        return (
            *(f"attribute {attribute.attribute} ({attribute.type})" for attribute in self.attributes),
            *folder,
            *(
                f"list {new_list.name} (for {new_list.key}, whose id {new_list.list_id} does not exist)"
                for new_list in self.lists
            ),
            *(hook.says for hook in self.hooks),
        )

    @property
    def fits(self) -> bool:
        """Whether nothing is to be done."""
        return not self.creations and not self.problems

    def shown(self) -> dict[str, Any]:
        """As `--json` has it."""
        return {
            "fits": self.fits,
            "attributes": [{"name": attribute.attribute, "type": attribute.type} for attribute in self.attributes],
            "lists": [{"key": new_list.key, "name": new_list.name, "id": new_list.list_id} for new_list in self.lists],
            "folder": None if not self.lists or self.folder_id is not None else FOLDER,
            "webhooks": [{"type": hook.kind, "why": hook.why} for hook in self.hooks],
            "problems": list(self.problems),
            "uses": [{"key": use.key, "names": use.names, "found": use.found} for use in self.uses],
        }


def plan_of(
    configuration: Configuration,
    attributes: Sequence[Mapping[str, Any]],
    lists: Sequence[Mapping[str, Any]],
    folders: Sequence[Mapping[str, Any]],
    hooks: Sequence[Mapping[str, Any]],
) -> SetupPlan:
    """Compare with the rows of `/contacts/attributes`, `/contacts/lists`, `/contacts/folders` and `/webhooks`."""
    needed, types = needed_attributes(configuration.field_mapping), types_of(attributes)
    found = misfits(needed, types)
    webhook = configuration.brevo.webhook
    problems = [misfit.says for misfit in found if misfit.problem != "missing"]
    if webhook.url is not None and not webhook.is_open:
        problems.append("brevo.webhook.url is given without a token or password: the ingress would let nobody in")
    lacking, renumbered = _lacking_lists(configuration, lists)
    problems += renumbered
    uses = (*_lists_used(configuration, lists), *_attributes_used(needed, types))
    folder_id = next((folder.get("id") for folder in folders if folder.get("name") == FOLDER), None)
    missing = tuple(
        {misfit.needed.attribute: misfit.needed for misfit in found if misfit.problem == "missing"}.values()
    )
    return SetupPlan(missing, tuple(lacking), folder_id, tuple(hook_changes(webhook, hooks)), tuple(problems), uses)


def findings_of(plan: SetupPlan) -> tuple[SetupFinding, ...]:
    """The plan as the console has it: each list and attribute of the file with what it is in the account."""
    uses = (
        SetupFinding(what=use.key, level="fail" if use.found == _ABSENT else "ok", found=f"{use.names}: {use.found}")
        for use in plan.uses
    )
    problems = (SetupFinding(what="needs you", level="fail", found=problem) for problem in plan.problems)
    missing = (
        SetupFinding(what="missing", level="fail", found=creation, advice="rollcall brevo apply")
        for creation in plan.creations
    )
    return (*uses, *problems, *missing)


def _lacking_lists(
    configuration: Configuration, lists: Sequence[Mapping[str, Any]]
) -> tuple[list[MissingList], list[str]]:
    """Lists to be created; and in words those that stand under another id already."""
    known = {brevo_list.get("id") for brevo_list in lists}
    named = {brevo_list.get("name"): brevo_list.get("id") for brevo_list in lists}
    lacking: dict[int, MissingList] = {}
    renumbered: list[str] = []
    for key, list_id in configured_lists(configuration):
        if list_id in known or list_id in lacking:
            continue
        name = f"{FOLDER} {key.rpartition('.')[2].replace('_', ' ')}"
        if name in named:
            renumbered.append(f"{key}: list {list_id} does not exist, but `{name}` does: set it to {named[name]}")
        else:
            lacking[list_id] = MissingList(key, name, list_id)
    return list(lacking.values()), renumbered


def _lists_used(configuration: Configuration, lists: Sequence[Mapping[str, Any]]) -> Iterator[Use]:
    rows = {brevo_list.get("id"): brevo_list for brevo_list in lists}
    for key, list_id in configured_lists(configuration):
        row = rows.get(list_id)
        # `totalSubscribers` is always 0 by now (developers.brevo.com/reference/getlists, checked 2026-11-21).
        shown = _ABSENT if row is None else f"{row.get('name')}, {row.get('uniqueSubscribers', 0)} contacts"
        yield Use(key, f"list {list_id}", shown)


def _attributes_used(needed: Sequence[Needed], types: Mapping[str, str]) -> Iterator[Use]:
    for need in needed:
        shown = types.get(need.attribute, _ABSENT)
        yield Use(f"field_mapping.{need.source}", f"attribute {need.attribute}", shown)
