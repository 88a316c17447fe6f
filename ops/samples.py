"""The samples of records that are installed with the schemas."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

import orjson

from schemas.topics import BREVO_COMMANDS, BREVO_COMMANDS_BULK, LOOKUPS, LOOKUPS_BULK, TOPICS

_SAMPLED_IN = {BREVO_COMMANDS_BULK: BREVO_COMMANDS, LOOKUPS_BULK: LOOKUPS}
"""A bulk topic carries records of the live one."""


def samples() -> dict[str, dict[str, Any]]:
    """Values by topic and name: ``samples()["attendance.results.v1"]["result__no_show"]``."""
    folder = files("schemas") / "examples"
    return {
        topic.name: {
            path.name.removesuffix(".json"): orjson.loads(path.read_bytes())
            for path in (folder / _SAMPLED_IN.get(topic, topic).name).iterdir()
        }
        for topic in TOPICS
    }
