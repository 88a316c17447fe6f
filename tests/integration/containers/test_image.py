"""The image: what is in it, who it runs as, and what it does without any right."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.docker_engine import ROOT, docker

# Ours alone, without the base image; docs/how-to/deploy.md tells it.
MAX_MEGABYTES = 165
LOCKED_DOWN = ("--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--network", "none")
pytestmark = [pytest.mark.containers, pytest.mark.containers_quick]


def inside(image: str, *command: str) -> str:
    """What a program prints in a container without any right."""
    program, *arguments = command
    done = docker("run", "--rm", *LOCKED_DOWN, "--entrypoint", program, image, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_image_holds_the_pinned_packages_and_nothing_else(image: str) -> None:
    """What was tested is what runs."""
    code = "import importlib.metadata as m, json; print(json.dumps({d.name: d.version for d in m.distributions()}))"
    distributions = json.loads(inside(image, "python", "-c", code))
    found = {name.lower().replace("_", "-"): version for name, version in distributions.items()}
    pins = (ROOT / "requirements" / "runtime.txt").read_text()
    wanted = dict(re.findall(r"^([a-z0-9-]+)==(\S+)", pins, re.MULTILINE))
    assert found.pop("rollcall-connector")
    assert found.items() <= wanted.items()
    # Python 3.12 has the rest itself.
    assert set(wanted) - set(found) <= {"async-timeout"}


def test_image_runs_as_nobody_in_particular_and_has_no_build_tools(image: str) -> None:
    """Nothing in it compiles, installs or downloads."""
    assert inside(image, "id", "-u") == "10001"
    tools = "pip pip3 gcc cc make curl wget git"
    assert inside(image, "sh", "-c", f"for tool in {tools}; do command -v $tool; done; true") == ""


def test_image_works_with_a_read_only_root_and_without_rights(image: str) -> None:
    """As the compose file runs it."""
    done = docker("run", "--rm", *LOCKED_DOWN, image, "config", "show", "--json")
    assert done.returncode == 2
    assert "/etc/rollcall/rollcall.yaml" in done.stderr
    assert "ROLLCALL_CONFIG" in done.stderr
    mounted = f"{ROOT}/deploy/sandbox/rollcall.yaml:/etc/rollcall/rollcall.yaml:ro"
    done = docker("run", "--rm", *LOCKED_DOWN, "--volume", mounted, image, "config", "show", "--json")
    assert (done.returncode, next(iter(json.loads(done.stdout)))) == (0, "connectors")


def test_image_tells_its_health_without_curl(image: str) -> None:
    """Live is what any supervisor may act upon; a container that only waits for Kafka stays."""
    (told,) = json.loads(docker("image", "inspect", image).stdout)
    assert told["Config"]["Healthcheck"]["Test"] == ["CMD", "python", "-m", "runtime.probe", "live"]


def test_image_adds_no_more_than_documented_to_its_base(image: str) -> None:
    """The base's layers are shared with others on the machine."""
    sizes = [
        int(docker("image", "inspect", "--format", "{{.Size}}", name).stdout) for name in (image, "python:3.12-slim")
    ]
    assert sizes[0] - sizes[1] < MAX_MEGABYTES * 1_000_000
    assert f"{MAX_MEGABYTES} MB" in (ROOT / "docs" / "how-to" / "deploy.md").read_text()
