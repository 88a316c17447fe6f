"""The commands' acts as buttons of the console: here each is composed of the functions that its command calls."""

from __future__ import annotations

from collections.abc import Mapping

from console.acting import Act, Acting
from ops.buttons.doubts import doubts_act
from ops.buttons.erasures import erasure_act
from ops.buttons.exports import export_act
from ops.buttons.letters import LetterOpener, letter_acts
from ops.buttons.rebuilds import rebuild_acts
from ops.buttons.replays import replay_acts
from ops.buttons.resumptions import resume_act
from ops.buttons.resyncs import resync_act
from ops.buttons.scores import score_act
from ops.buttons.terminal import TERMINAL_COMMANDS
from ops.buttons.topics import topics_act
from runtime.kafka import KafkaConnection


def acting(environment: Mapping[str, str]) -> Acting:
    """All acts over the Kafka of an environment."""
    connection = KafkaConnection.from_environment(environment)
    acts: list[Act] = [
        *letter_acts(connection),
        resync_act(environment),
        *replay_acts(environment),
        *rebuild_acts(environment),
        score_act(environment),
        topics_act(environment),
        resume_act(connection),
        doubts_act(connection),
        export_act(environment),
        erasure_act(environment),
    ]
    return Acting({act.name: act for act in acts}, LetterOpener(connection), TERMINAL_COMMANDS)
