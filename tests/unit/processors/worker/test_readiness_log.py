from __future__ import annotations

import logging

import pytest

from processors.worker.readiness_log import ReadinessLog, Situation
from tests.support.log_lines import told

READY = Situation(ready=True, kafka_is_away=False, reasons=(), partitions=(0, 1))
AWAY = Situation(ready=False, kafka_is_away=True, reasons=("Kafka does not answer",), partitions=(0, 1))
RECOVERING = Situation(ready=False, kafka_is_away=False, reasons=("recovering the tables",), partitions=())


@pytest.fixture(autouse=True)
def at_info(caplog: pytest.LogCaptureFixture) -> None:
    """What an operator sees."""
    caplog.set_level(logging.INFO)


def test_readiness_log_says_once_that_the_worker_is_ready(caplog: pytest.LogCaptureFixture) -> None:
    """With what it is and works on."""
    log = ReadinessLog({"version": "1.2"}, 0.0)
    for at, situation in enumerate((RECOVERING, RECOVERING, READY, READY)):
        log.note(situation, float(at))
    assert told(caplog) == [("ready", {"version": "1.2", "partitions": "0,1", "after_seconds": 2.0})]


def test_readiness_log_says_that_kafka_went_and_that_it_came_back(caplog: pytest.LogCaptureFixture) -> None:
    """Each once, with what to do, and how long it was away."""
    log = ReadinessLog({"brokers": "b:9092"}, 0.0)
    for at, situation in ((0.0, READY), (1.0, AWAY), (2.0, AWAY), (36.0, RECOVERING), (37.0, READY)):
        log.note(situation, at)
    (_ready, lost, back) = told(caplog)
    assert (lost[0], lost[1]["brokers"]) == ("kafka lost", "b:9092")
    assert str(lost[1]["next"]).startswith("nothing is lost")
    assert back == ("kafka reached again", {"away_seconds": 35.0})


def test_readiness_log_tells_of_other_partitions_and_of_a_recovery_that_takes_long(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A rebalance of a moment is no news but for what it changes."""
    log = ReadinessLog({}, 0.0)
    alone = READY._replace(partitions=(0, 1, 2))
    for at, situation in ((0.0, READY), (1.0, RECOVERING), (5.0, READY), (6.0, RECOVERING), (7.0, alone)):
        log.note(situation, at)
    for at in (8.0, 66.0, 67.0, 99.0):
        log.note(RECOVERING, at)
    log.note(alone, 107.0)
    assert told(caplog)[1:] == [
        ("other partitions", {"partitions": "0,1,2"}),
        ("not ready", {"reasons": "recovering the tables", "for_seconds": 60}),
        ("ready again", {"after_seconds": 100.0}),
    ]
