"""A second account in an installation under test, and what it signs about the first one's webinar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
import yaml

from sandbox.simulator import World
from tests.support.ingress import as_zoom_writes, example, example_files
from tests.support.installation import Installation

STRANGER, SECRET = "another-account", b"the-other-accounts-secret"
NAMES = tuple(
    sample.stem for sample in example_files() if example(sample.stem)["event"].startswith(("webinar.", "recording."))
)
"""A sample of every event about a webinar."""


def add_account(home: Installation) -> None:
    """The second account, with a secret of its own and credentials that Zoom's sandbox does not know."""
    file = home.directory / "rollcall.yaml"
    document = yaml.safe_load(file.read_text(encoding="utf-8"))
    first = document["connectors"]["zoom"]
    second = {**first, "account_id": STRANGER, "webhook": {"secret_token": SECRET.decode()}}
    document["connectors"]["zoom"] = [first, second]
    file.write_text(yaml.safe_dump(document), encoding="utf-8")


def registrants(world: World) -> list[dict[str, Any]]:
    """The people who have registered, as webhooks tell of them."""
    objects = [orjson.loads(delivery.body)["payload"]["object"] for delivery in world.deliveries]
    return [item["registrant"] for item in objects if "registrant" in item]


def forged(name: str, world: World, victim: Mapping[str, str]) -> bytes:
    """The body of a sample as the stranger signs it: about the first account's webinar and one of its people."""
    event = example(name)
    event["payload"]["account_id"] = STRANGER
    item = event["payload"]["object"]
    item |= {"id": world.event.object_id, "uuid": world.event.spans[0].uuid}
    for person in {"registrant", "participant"} & item.keys():
        item[person] |= {"id": victim["id"], "registrant_id": victim["id"], "email": victim["email"]}
    return as_zoom_writes(event)
