"""Asks whether this process may join its consumer group and fence off who left it; Faust would wait without a word."""

from __future__ import annotations

from contextlib import suppress

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.client import CoordinationType
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    GroupCoordinatorNotAvailableError,
    KafkaError,
    TransactionalIdAuthorizationFailed,
)

from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError, RetryLaterError

_REQUEST_SECONDS = 10


async def check_group(connection: KafkaConnection, name: str, fence: str) -> None:
    """Return when the group and the transactional ids are known to this user.

    Kafka tells them to whom it lets describe them, which the right to read the one and write the others includes.

    Args:
        connection: the cluster and the prefix.
        name: logical name of the group, without the prefix.
        fence: logical name of one of the transactional ids.

    Raises:
        ConfigurationError: the user has no right to the group, or to the transactional ids.
        RetryLaterError: Kafka does not answer.
    """
    group = f"{connection.topic_prefix}{name}"
    admin = AIOKafkaAdminClient(**connection.client_options(), request_timeout_ms=_REQUEST_SECONDS * 1_000)
    try:
        await admin.start()
        # A fresh broker has none yet, which Faust waits for.
        with suppress(GroupCoordinatorNotAvailableError):
            await admin.find_coordinator(group)
        with suppress(GroupCoordinatorNotAvailableError):
            await admin.find_coordinator(f"{connection.topic_prefix}{fence}", CoordinationType.TRANSACTION)
    except GroupAuthorizationFailedError as error:
        raise ConfigurationError(
            f"the cluster does not let us join the consumer group {group}; give this user the right to read it"
        ) from error
    except TransactionalIdAuthorizationFailed as error:
        raise ConfigurationError(
            f"the cluster does not let us fence off former owners of partitions; give this user the right to write the"
            f" transactional ids that begin with {group}-"
        ) from error
    except (KafkaError, OSError, TimeoutError) as error:
        raise RetryLaterError(
            f"Kafka at {connection.bootstrap_servers} does not tell who coordinates the group {group} "
            f"({type(error).__name__}); check that the brokers are up"
        ) from error
    finally:
        await admin.close()
