"""Names that others see: the consumer groups, the changelogs, and the topics of a rebuild. PURE: commands need them.

The tables that are computed from what Zoom said belong to a *state*, which has a name. An installation begins with the
state `first`; each `rollcall rebuild start NAME` makes another beside it. Tables of what Brevo and Zoom were asked
belong to none: there is one of each, whichever state is live.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from schemas.errors import ConfigurationError
from schemas.states import FIRST_STATE

APP_ID = "rollcall-worker"
"""Consumer group of the worker, without the installation's prefix."""
REBUILD_ID = "rollcall-rebuild"
REBUILD_TOPICS = "rebuild."
"""What the topics begin with that a state puts out while it is computed."""
_STATE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,31}")


def checked_state_name(name: str) -> str:
    """The name, if a state may have it.

    Raises:
        ConfigurationError: it may not.
    """
    if not _STATE_NAME.fullmatch(name):
        raise ConfigurationError(
            f"`{name}` is no name for a state: use up to 32 lower-case letters, digits and `-`, a letter or digit first"
        )
    return name


def table_name(table: str, state: str = FIRST_STATE) -> str:
    """A table that belongs to a state, as its store and its changelog are called.

    >>> table_name("attendance"), table_name("attendance", "weights")
    ('attendance', 'attendance.weights')
    """
    return table if state == FIRST_STATE else f"{table}.{state}"


def changelog_name(table: str, state: str = FIRST_STATE) -> str:
    """The logical name of a table's changelog topic, as Faust forms it in the worker."""
    return f"{APP_ID}-{table_name(table, state)}-changelog"


def rebuild_group(state: str) -> str:
    """Consumer group of the process that computes a state, without the installation's prefix."""
    return f"{REBUILD_ID}.{state}"


def rebuild_topic(state: str, topic: str) -> str:
    """Where a rebuild puts what a worker puts into `topic`; without the installation's prefix."""
    return f"{REBUILD_TOPICS}{state}.{topic}"


def fence_name(changelog: str, partition: int) -> str:
    """The transactional id under which Kafka counts the owners of a changelog's partition, worker or rebuild."""
    return f"{changelog}-{partition}"


@dataclass(frozen=True, slots=True)
class Names:
    """What the topics and tables of one process are called on the cluster."""

    prefix: str
    """The installation's, put before every name."""
    state: str = FIRST_STATE
    state_tables: frozenset[str] = frozenset()
    """Those that belong to the state."""
    reads: frozenset[str] | None = None
    """Of a rebuild: the topics of the installation that it reads; ``None``, as in a worker: all of them."""
    writes: frozenset[str] | None = None
    """Of a rebuild: those that it writes to; as `reads`."""
    loops: frozenset[str] = frozenset()
    """Of a rebuild: those of `reads` in which its agents also send messages to themselves."""

    def source(self, name: str) -> str:
        """The topic of that logical name that is read."""
        return self._topic(name, self.reads)

    def sources(self, name: str) -> tuple[str, ...]:
        """All topics that an agent reads under that name: what it tells itself is its own."""
        own = (self.topic(name),) if name in self.loops else ()
        return (self.source(name), *own)

    def topic(self, name: str) -> str:
        """The topic of that logical name that is written to."""
        return self._topic(name, self.writes)

    def table(self, name: str) -> str:
        """A table."""
        return table_name(name, self.state) if name in self.state_tables else name

    def changelog(self, name: str) -> str:
        """The table's changelog."""
        return f"{self.prefix}{APP_ID}-{self.table(name)}-changelog"

    def _topic(self, name: str, shared: frozenset[str] | None) -> str:
        return self.prefix + (name if shared is None or name in shared else rebuild_topic(self.state, name))
