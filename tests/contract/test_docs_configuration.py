from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args, get_origin

import orjson
import pytest
from pydantic import BaseModel, BeforeValidator
from pydantic.fields import FieldInfo
from typing_extensions import override

from readmodel.database import url_of
from runtime.durations import Duration, Minimum, format_duration, format_minimum, parse_duration
from runtime.environment import ConsoleEnvironment, IngressEnvironment, WorkerEnvironment, ZoomEnvironment, config_path
from runtime.models import Configuration, FieldMapping, MappedAttribute
from runtime.section import Section

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def leaves(model: type[BaseModel], path: str) -> Iterator[tuple[str, FieldInfo, Any]]:
    """(path of the key, field, default) of every setting; sections that may come several times count once."""
    for name, field in model.model_fields.items():
        section = next(
            (annotation for annotation in (field.annotation, *get_args(field.annotation)) if is_section(annotation)),
            None,
        )
        if section is None:
            yield f"{path}{name}", field, field.get_default(call_default_factory=True)
        else:
            by_key = "*." if get_origin(field.annotation) is dict else ""
            yield from leaves(section, f"{path}{name}.{by_key}")


def is_section(annotation: object) -> bool:
    """Whether a field holds settings of its own; a mapped attribute is documented once for all of them."""
    return isinstance(annotation, type) and issubclass(annotation, Section) and annotation is not MappedAttribute


def shown(field: FieldInfo, default: Any) -> str:
    """A default as people write it in the file."""
    if field.is_required():
        return "required"
    if isinstance(default, MappedAttribute):
        return f"`{default.attribute}`"
    if default is None:
        return "none"
    if any(isinstance(validator, BeforeValidator) and validator.func is parse_duration for validator in field.metadata):
        return f"`{format_duration(default)}`"
    if field.annotation == tuple[Duration, ...]:
        return f"`[{', '.join(format_duration(seconds) for seconds in default)}]`"
    if isinstance(default, Minimum):
        return f"`{format_minimum(default)}`"
    text = default if isinstance(default, str) else orjson.dumps(default).decode()
    return f"`{text}`"


def settings() -> Iterator[tuple[str, str]]:
    """(path of the key, default as the reference shows it)."""
    for path, field, default in leaves(Configuration, ""):
        yield path, shown(field, default)
    for path, field, default in leaves(MappedAttribute, "field_mapping.*."):
        yield path, shown(field, default)


def rows(file: str) -> dict[str, tuple[str, str]]:
    """First cell to (second, third) of all tables whose first cell is code."""
    found = re.findall(r"^\| `([^`]+)` \| (.*?) \| (.*?) \|$", (REFERENCE / file).read_text("utf-8"), re.MULTILINE)
    return {name: (second.strip(), third.strip()) for name, second, third in found}


DOCUMENTED = rows("configuration.md")
SETTINGS = dict(settings())


@pytest.mark.parametrize("path", SETTINGS)
def test_setting_is_documented_with_its_default_and_meaning(path: str) -> None:
    """Nobody has to read the code to learn what a key does when it is left out."""
    default, meaning = DOCUMENTED[path]
    assert default == SETTINGS[path]
    assert len(meaning) > 10


def test_documented_settings_all_exist() -> None:
    """A key that went takes its row with it."""
    assert set(DOCUMENTED) <= set(SETTINGS)


def test_mapped_sources_are_those_of_the_contract() -> None:
    """The reference shows the sources in the order of the model."""
    assert [path.rpartition(".")[2] for path in SETTINGS if re.fullmatch(r"field_mapping\.\w+", path)] == list(
        FieldMapping.model_fields
    )


class _Recorder(Mapping[str, str]):
    """An empty environment that remembers what was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        self.values_ = values
        self.asked: set[str] = set()

    @override
    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self.values_[name]

    @override
    def __iter__(self) -> Iterator[str]:
        return iter(self.values_)

    @override
    def __len__(self) -> int:
        return len(self.values_)


def test_every_variable_that_a_process_asks_for_is_documented() -> None:
    """Also those that are optional; `NAME_FILE` is explained once for all secrets."""
    environment = _Recorder({"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"})
    processes = (IngressEnvironment.read, WorkerEnvironment.read, ConsoleEnvironment.read, ZoomEnvironment.read)
    for read in (*processes, config_path, url_of):
        read(environment)
    documented = set(rows("environment.md"))
    assert {name for name in environment.asked if not name.endswith("_FILE")} <= documented
