"""What the worker process is given: the configuration as far as it reads it, and the environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Self

from runtime.configuration import load_worker
from runtime.environment import WorkerEnvironment
from runtime.models import Configuration


@dataclass(frozen=True, slots=True)
class WorkerSettings:
    """Frozen; made once, in `main`."""

    configuration: Configuration
    environment: WorkerEnvironment
    version: str
    """Of this distribution: in dead letters."""
    tell: Callable[[Mapping[str, Any]], None] | None = None
    """Of a dry run: is told what would be done at Brevo, where nothing is called."""

    @classmethod
    def read(cls, environment: Mapping[str, str], tell: Callable[[Mapping[str, Any]], None] | None = None) -> Self:
        """Read the environment, then the file.

        Raises:
            ConfigurationError: what is missing or wrong.
        """
        told = WorkerEnvironment.read(environment)
        return cls(load_worker(told.config_path, environment), told, version("rollcall-connector"), tell)
