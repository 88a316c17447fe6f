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
from runtime.references import has_reference
from schemas.errors import ConfigurationError
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
    def here(cls, *, computes: bool = False) -> Workplace:
        """As the environment says, for the machine's user; `computes` as for `of`."""
        place = cls.of(os.environ, computes=computes)
        return replace(place, console=Console(stderr=True), operator=operator_name())

    @classmethod
    def of(cls, environment: Mapping[str, str], *, computes: bool = False) -> Workplace:
        """As an environment says, without a terminal for progress, and for nobody yet.

        Args:
            environment: with the variables of Kafka and of the configuration file.
            computes: commands or facts follow from the configuration: it has to be complete as far as they do.

        Raises:
            ConfigurationError: what is missing in it.
        """
        read = worker_configuration if computes else lambda it: load_for_display(config_path(it), it)
        connection = KafkaConnection.from_environment(environment)
        return cls(connection, read(environment), environment, Console(quiet=True), operator="")

    def for_operator(self, operator: str) -> Workplace:
        """The same, for somebody who acts."""
        return replace(self, operator=operator)

    def posting(self, *topics: Topic) -> AbstractAsyncContextManager[Posting]:
        """A producer, once these topics and that of acts are there."""
        return posting_to(self.connection, self.configuration.kafka, *topics)


def worker_configuration(environment: Mapping[str, str]) -> Configuration:
    """As the worker's, as far as facts and commands follow from it.

    Raises:
        ConfigurationError: there is no file, or the variable of an account's id is not set: all its lists would count
            as taken away.
    """
    configuration = load_for_display(config_path(environment), environment)
    for account in configuration.accounts:
        if has_reference(account.account_id):
            raise ConfigurationError(f"connectors.zoom.account_id: the variable of {account.account_id} is not set")
    return configuration
