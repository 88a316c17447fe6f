"""Where a command, or its button, works, and for whom."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace

from rich.console import Console

from ops.audit import operator_name
from ops.posting import Posting, posting_to
from runtime.configuration import load_for_display
from runtime.environment import config_path
from runtime.kafka import KafkaConnection
from runtime.models import Configuration
from schemas.topic import Topic


@dataclass(frozen=True, slots=True)
class Workplace:
    """What the acts of commands are given."""

    connection: KafkaConnection
    configuration: Configuration
    environment: Mapping[str, str]
    """Names this machine's files, such as the read model."""
    console: Console
    """For progress; stderr."""
    operator: str
    """Who acts; empty while nobody does."""

    @classmethod
    def here(cls) -> Workplace:
        """As the environment says, for the machine's user."""
        return cls.of(os.environ, Console(stderr=True), operator_name())

    @classmethod
    def of(cls, environment: Mapping[str, str], console: Console, operator: str = "") -> Workplace:
        """As an environment says.

        Raises:
            ConfigurationError: what is missing in it.
        """
        configuration = load_for_display(config_path(environment), environment)
        return cls(KafkaConnection.from_environment(environment), configuration, environment, console, operator)

    def for_operator(self, operator: str) -> Workplace:
        """The same, for somebody who acts."""
        return replace(self, operator=operator)

    def posting(self, *topics: Topic) -> AbstractAsyncContextManager[Posting]:
        """A producer, once these topics and that of acts are there."""
        return posting_to(self.connection, self.configuration.kafka, *topics)
