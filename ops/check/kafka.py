"""The Kafka part of `rollcall check`: are the topics there, as the tables need them?"""

from __future__ import annotations

from collections.abc import Sequence

from ops.check.frame import Check, Context
from ops.check.judgement import judge_topics
from ops.check.outcome import CheckResult, fail
from runtime.kafka import KafkaConnection
from schemas.topics import all_topics


async def kafka_checks(context: Context) -> Sequence[Check]:
    """Of the installation's topics; nothing is created."""
    return [Check("kafka topics", lambda: _topics(context))]


async def _topics(context: Context) -> CheckResult:
    # Imported only now: it takes its time, and `rollcall --help` has to answer at once.
    from aiokafka.admin import AIOKafkaAdminClient  # noqa: PLC0415
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    connection = KafkaConnection.from_environment(context.environment)
    try:
        admin = AIOKafkaAdminClient(**connection.command_options())
        try:
            await admin.start()
            # All are asked for: a request that names a missing one would make some brokers create it.
            found = {described["topic"]: len(described["partitions"]) for described in await admin.describe_topics()}
        finally:
            await admin.close()
    except (KafkaError, OSError, TimeoutError) as error:
        return fail(
            f"Kafka at {connection.bootstrap_servers} does not answer ({type(error).__name__})",
            "check KAFKA_BOOTSTRAP_SERVERS and that the brokers are up",
        )
    kafka = context.configuration.kafka
    return judge_topics(found, all_topics(), connection.topic_prefix, kafka.partitions, creates=kafka.create_topics)
