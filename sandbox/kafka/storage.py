"""The storage directory as Kafka's formatting tool leaves it: made once (1 s of Java), copied for every broker."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from sandbox.kafka.errors import BrokerStartError
from sandbox.kafka.jars import KafkaInstallation
from sandbox.kafka.java import Java
from sandbox.kafka.properties import CLUSTER_ID, JVM_FLAGS, server_properties


def prepare_storage(data: Path, installation: KafkaInstallation, java: Java) -> None:
    """Put formatted storage into `data`, unless it has some already."""
    if not (data / "meta.properties").exists():
        shutil.copytree(_formatted(installation, java), data, dirs_exist_ok=True)


def _formatted(installation: KafkaInstallation, java: Java) -> Path:
    ready = installation.directory / "formatted"
    if ready.exists():
        return ready
    with tempfile.TemporaryDirectory(dir=installation.directory, prefix="formatting-") as temporary:
        data, settings = Path(temporary, "data"), Path(temporary, "server.properties")
        settings.write_text(server_properties(data, port=9092, controller_port=9093))
        tool = ["kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(settings)]
        ended = subprocess.run(  # noqa: S603 - the Java found above with the pinned jars
            [java.command, *JVM_FLAGS, "-cp", installation.classpath, *tool],
            capture_output=True,
            text=True,
            check=False,
        )
        if ended.returncode:
            raise BrokerStartError(f"Kafka's storage could not be formatted:\n{(ended.stdout + ended.stderr)[-3000:]}")
        try:
            data.rename(ready)
        except OSError:
            # Another process was first, and its copy is as good.
            if not ready.exists():
                raise
    return ready
