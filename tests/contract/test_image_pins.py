"""deploy/pin-images.sh: digests instead of tags, for the images that the Dockerfile and the compose file name."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "deploy" / "pin-images.sh"
DIGEST = "sha256:" + "0123456789abcdef" * 4


def run(file: Path, answer: str) -> subprocess.CompletedProcess[str]:
    """The script, with a registry that gives every image this answer."""
    registry = file.with_name("registry")
    registry.write_text(f"#!/bin/sh\n[ \"$1 $3\" = 'inspect --format' ] && echo '{answer}'\n")
    registry.chmod(0o755)
    return subprocess.run(
        ["bash", str(SCRIPT), str(file)],  # noqa: S607 (the one on the path, as users call it)
        env={"PATH": os.environ["PATH"], "IMAGES": str(registry)},
        capture_output=True,
        text=True,
        check=False,
    )


def named() -> set[str]:
    """`NAME=image:tag` of every image that the two files name, as their defaults."""
    dockerfile, compose = (ROOT / "Dockerfile").read_text(), (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"^FROM (\S+)", dockerfile, re.MULTILINE) == ["${PYTHON_IMAGE}"] * 2
    defaults = re.findall(r"^ARG (\w+_IMAGE=\S+)", dockerfile, re.MULTILINE)
    in_compose = re.findall(r"\$\{(\w+_IMAGE):-([^}]+)\}", compose)
    return {*defaults, *(f"{name}={tag}" for name, tag in in_compose if name != "ROLLCALL_IMAGE")}


def test_pins_are_of_the_images_that_are_used_and_replace_older_ones(tmp_path: Path) -> None:
    """Whatever else the file says stays."""
    file = tmp_path / ".env"
    file.write_text("INGRESS_PUBLISH=8080\nKAFKA_IMAGE=apache/kafka:4.0.0@sha256:old\n")
    for _ in range(2):
        done = run(file, DIGEST)
        assert done.returncode == 0, done.stderr
        first, *pins = file.read_text().splitlines()
        assert first == "INGRESS_PUBLISH=8080"
        assert set(pins) == {f"{image}@{DIGEST}" for image in named()}
        assert done.stdout.splitlines() == pins


def test_answer_that_is_no_digest_writes_nothing(tmp_path: Path) -> None:
    """A pin that pins nothing would be believed."""
    file = tmp_path / ".env"
    done = run(file, "latest")
    assert (done.returncode, file.exists()) == (1, False)
    assert "tells no digest; nothing was written" in done.stderr
