from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from prometheus_client import CollectorRegistry
from prometheus_client.metrics_core import Metric

from ingress.decision import DeliveryOutcome
from ingress.envelope import Delivery, to_record
from ingress.errors import UnavailableReason
from ingress.metrics import IngressMetrics, UnauthorizedReason
from processors.agents import SPECS, changelogs
from processors.brevo.writer.metrics import BrevoMetrics, CallMetrics
from processors.engine.dead_letters import dead_letter_headers, fault_of
from processors.engine.metrics import EngineMetrics
from processors.engine.view import Record
from processors.zoom.api.metrics import LimitMetrics, ZoomMetrics
from processors.zoom.metrics import LookupMetrics
from schemas.brevo import CommandOutcome
from schemas.errors import DeadLetterError
from schemas.redaction import ENTRIES, reason_to_drop
from schemas.topic import MIB, Topic
from schemas.topics import TOPICS
from tests.support import command_page

ROOT = Path(__file__).parents[2]
PACKAGES = ("console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas")


def page(name: str) -> str:
    """A page of the reference."""
    return (ROOT / "docs" / "reference" / name).read_text("utf-8")


def rows(text: str) -> dict[str, list[str]]:
    """First code of the first cell to all further cells, of every row of a table."""
    found = re.findall(r"^\| `([^`]+)`[^|]* \|(.*) \|$", text, re.MULTILINE)
    return {name: [cell.strip() for cell in re.split(r"(?<!\\)\|", rest)] for name, rest in found}


def sources() -> Iterator[str]:
    """The text of every module of ours."""
    for package in PACKAGES:
        for path in (ROOT / package).rglob("*.py"):
            yield path.read_text("utf-8")


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_topic_is_documented_as_the_registry_has_it(topic: Topic) -> None:
    """Key, value, writers, readers, retention and size."""
    key, value, writers, readers, kept, size = rows(page("topics.md"))[topic.name]
    assert key == topic.key
    assert value.strip("`").replace("\\|", "|") == topic.value.strip("`")
    assert writers == ", ".join(topic.producers)
    assert readers == (", ".join(topic.consumers) or "others")
    assert kept == ("compacted" if topic.cleanup == "compact" else f"{topic.retention_days} d")
    assert size == f"{topic.max_message_bytes // MIB} MiB"


def test_documented_topics_all_exist() -> None:
    """A topic that went takes its row with it."""
    documented = {name for name in rows(page("topics.md")) if re.search(r"\.v\d+$", name)}
    assert documented == {topic.name for topic in TOPICS}


def test_header_of_a_published_event_is_documented() -> None:
    """Also those that only some events have."""
    delivery = Delivery(b"{}", b"1", b"v0=", "6009d653_d487_445d_8406_42b654974899", 1.0)
    record = to_record(delivery, {"event": "x"}, "account", quarantined="stale")
    assert {name for name, _ in record.headers} <= set(rows(page("topics.md")))


def test_header_of_a_dead_letter_is_documented() -> None:
    """An operator has nothing else to go by."""
    fault = fault_of(DeadLetterError("why"), stage="a", at_ms=0, version="1")
    headers = dead_letter_headers(Record("t", 0, 0, 0, b"k", b"v"), fault)
    assert {name for name, _ in headers} <= set(rows(page("topics.md")))


def test_table_of_each_agent_is_documented() -> None:
    """Each table has a changelog on the cluster, which people will see."""
    tables = {table for spec in SPECS for table in spec.tables}
    assert len(tables) == len(changelogs())
    assert tables <= set(rows(page("topics.md")))


def test_outcome_of_a_command_is_documented() -> None:
    """Each value of `brevo.results.v1`."""
    assert set(get_args(CommandOutcome)) <= set(rows(page("topics.md")))


def families() -> Iterator[Metric]:
    """The metrics of the classes, with their labels."""
    registry = CollectorRegistry()
    for make in (EngineMetrics, CallMetrics, BrevoMetrics, ZoomMetrics, LookupMetrics):
        make(registry)
    yield from registry.collect()
    yield from IngressMetrics().registry.collect()


def shown(family: Metric) -> str:
    """The name as it is in the exposition."""
    return f"{family.name}_total" if family.type == "counter" else family.name


@pytest.mark.parametrize("family", list(families()), ids=shown)
def test_metric_is_documented_with_its_type(family: Metric) -> None:
    """Dashboards and alerts are written from the page."""
    assert rows(page("metrics.md"))[shown(family)][0] == family.type


def test_metrics_are_named_after_a_process_or_a_provider() -> None:
    """Other people's dashboards select them by these prefixes."""
    made = {name for text in sources() for name in re.findall(r'"(rollcall_[a-z]+_\w+)"', text)}
    assert {name for name in made if not re.match("rollcall_(ingress|worker|zoom|brevo)_", name)} == set()


def test_documented_metrics_are_those_of_the_code() -> None:
    """Also gauges that are registered where they are read; with the labels of the classes."""
    named = {name for text in sources() for name in re.findall(r'"(rollcall_(?:ingress|worker|zoom|brevo)_\w+)"', text)}
    documented = rows(page("metrics.md"))
    assert {name.removesuffix("_total") for name in documented} == {name.removesuffix("_total") for name in named}


@pytest.mark.parametrize(
    "metrics",
    [EngineMetrics, CallMetrics, BrevoMetrics, ZoomMetrics, LimitMetrics, LookupMetrics],
    ids=lambda metrics: metrics.__name__,
)
def test_labels_of_a_metric_are_documented(metrics: Callable[[CollectorRegistry], object]) -> None:
    """In the order in which they are declared."""
    documented = rows(page("metrics.md"))
    for metric in vars(metrics(CollectorRegistry())).values():
        if isinstance(metric, LimitMetrics):  # of the same process, and looked at by itself
            continue
        (family,) = metric.describe()
        assert documented[shown(family)][1] == ", ".join(f"`{label}`" for label in metric._labelnames)


def test_values_of_the_ingress_labels_are_documented() -> None:
    """Outcomes, and reasons of 401 and 503."""
    text = page("ingress.md") + page("metrics.md")
    for value in (*get_args(DeliveryOutcome), *get_args(UnavailableReason), *get_args(UnauthorizedReason)):
        assert f"`{value}`" in text


def test_redacted_examples_are_redacted() -> None:
    """Every field that the page gives as an example is dropped, and what it says stays does."""
    section = page("ingress.md").partition("## What is removed")[2].partition("## ")[0]
    examples = [name for row in re.findall(r"^\|.*\| (`.*`) \|$", section, re.MULTILINE) for name in row.split(", ")]
    assert len(examples) > 15
    assert [name for name in examples if reason_to_drop(name.strip("`")) is None] == []
    assert reason_to_drop("share_url") is None
    whys = [row.split(" | ")[0].removeprefix("| ") for row in section.splitlines() if row.startswith("| ")]
    assert whys[1:] == [entry.reason for entry in ENTRIES]
    words = {word for entry in ENTRIES for word in entry.words} - {"ips"}
    assert {word for word in words if f"`{word}`" not in section} == set()


def test_error_class_is_documented() -> None:
    """Base classes with their recovery, others with their base."""
    text = page("errors.md")
    classes = {
        name
        for source in sources()
        for name in re.findall(r"^class ([A-Z]\w+Error)\((?!Exception)", source, re.MULTILINE)
    }
    assert {name for name in classes if f"`{name}`" not in text} == set()


def test_commands_page_is_current() -> None:
    """`python -m tests.support.command_page > docs/reference/cli.md` was run after the last change."""
    assert page("cli.md") == command_page.page()
