from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer
from typer.testing import CliRunner

from ops import schemas as command
from ops.contracts import models_of, models_schema, value_schema
from ops.schemas import exported
from schemas.errors import ConfigurationError
from schemas.model import AddedIn, Wire
from schemas.topic import Topic
from schemas.topics import QUARANTINE, RAW_EVENTS, TOPICS

FOLDER = Path(__file__).parents[2] / "docs" / "reference" / "schemas"
FILES = exported()


@pytest.mark.parametrize("name", sorted(FILES))
def test_committed_schema_is_current(name: str) -> None:
    """`rollcall schemas export --to docs/reference/schemas` was run after the last change."""
    assert (FOLDER / name).read_bytes() == FILES[name]


def test_committed_schemas_are_of_topics_that_exist() -> None:
    """A topic that went takes its file with it."""
    assert {path.name for path in FOLDER.iterdir()} == set(FILES)


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_topic_value_is_a_model_or_an_event_of_zoom(topic: Topic) -> None:
    """The registry's words are enough to find the models."""
    assert bool(models_of(topic)) == (topic not in (RAW_EVENTS, QUARANTINE))


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_schema_requires_every_field_that_every_record_has(topic: Topic) -> None:
    """So `kind` and `schema_version` are there, and a column made of a field is never empty by surprise."""
    for model in models_of(topic):
        schema = value_schema(topic)
        described = schema.get("$defs", {}).get(model.__name__, schema)
        assert set(described["required"]) == set(described["properties"]) == set(model.model_fields)


class Grown(Wire):
    """A record whose second field came with a later release."""

    kind: Literal["grown"] = "grown"
    later: Annotated[str | None, AddedIn("1.1")] = None


def test_schema_does_not_require_a_field_that_came_later() -> None:
    """Records that are older than the field stay valid."""
    assert models_schema((Grown,))["required"] == ["kind"]


def test_schema_of_a_field_says_what_the_source_says() -> None:
    """Units and orders are in the exported schema too, also those of fields that a model inherits."""
    (topic,) = (topic for topic in TOPICS if topic.name == "attendance.results.v1")
    result = value_schema(topic)["$defs"]["Result"]["properties"]
    assert result["intervals"]["description"].startswith("Presence as [from, to] in seconds since `started_at`")
    assert result["occurred_at"]["description"].startswith("For a result E")


def export(to: Path) -> int:
    """Run the command."""
    app = typer.Typer()
    command.register(app)
    result = CliRunner().invoke(app, ["schemas", "export", "--to", str(to)], catch_exceptions=False)
    return result.exit_code


def test_export_makes_the_folder_and_writes_every_file(tmp_path: Path) -> None:
    """What it writes is what is committed, and a second time changes nothing."""
    folder = tmp_path / "made" / "here"
    assert [export(folder), export(folder)] == [0, 0]
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == FILES


def test_export_into_a_file_says_what_to_do(tmp_path: Path) -> None:
    """A folder that cannot be made is the caller's to change."""
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match="name another folder"):
        export(tmp_path / "file")
