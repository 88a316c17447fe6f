import shutil
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {"console", "ingress", "ops", "processors", "readmodel", "runtime", "sandbox", "schemas"}


@pytest.fixture(scope="module")
def wheel_files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The names in a wheel built from this tree."""
    directory = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(directory), str(ROOT)]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = directory.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        return archive.namelist()


def test_wheel_holds_exactly_our_packages(wheel_files: list[str]) -> None:
    """A folder of the repository that slipped in would become an importable name of every user."""
    tops = {name.partition("/")[0] for name in wheel_files}
    assert {top for top in tops if not top.endswith(".dist-info")} == OURS


def test_wheel_holds_the_license_and_every_module(wheel_files: list[str]) -> None:
    """What is tested here is what is shipped."""
    modules = {str(path.relative_to(ROOT)) for package in OURS for path in (ROOT / package).rglob("*.py")}
    assert modules <= set(wheel_files)
    assert any(name.endswith(".dist-info/licenses/LICENSE") for name in wheel_files)


def test_image_is_built_from_all_of_our_packages() -> None:
    """What is not named in .dockerignore is not there when the image's wheel is built."""
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept >= OURS


def test_every_package_has_an_init_file() -> None:
    """A folder without one is a namespace that another distribution could extend."""
    folders = {path.parent for package in OURS for path in (ROOT / package).rglob("*.py")}
    assert [str(folder) for folder in folders if not (folder / "__init__.py").exists()] == []


@pytest.mark.parametrize("name", ["build.txt", "runtime.txt", "dev.txt"])
def test_requirements_are_pinned_with_hashes_and_name_no_host(name: str) -> None:
    """Everyone's package index may be another one."""
    lines = (ROOT / "requirements" / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.startswith((" ", "#"))]
    assert pins
    assert [pin for pin in pins if "==" not in pin] == []
    assert "\n".join(lines).count("--hash=sha256:") >= len(pins)
    assert [line for line in lines if "://" in line or line.startswith("--")] == []


@pytest.mark.parametrize("name", ["build.txt", "runtime.txt"])
def test_requirements_of_the_image_are_those_of_development_too(name: str) -> None:
    """What is tested is what is shipped: a package has one version in all files."""
    shipped, development = (
        {
            line.split(" ")[0].partition("==")[::2]
            for line in (ROOT / "requirements" / file).read_text().splitlines()
            if "==" in line and not line.startswith((" ", "#"))
        }
        for file in (name, "dev.txt")
    )
    assert shipped <= development


def test_command_line_entry_point_is_named_rollcall() -> None:
    """Other people's scripts use the name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"rollcall": "ops.entry:main"}


def set_up(folder: Path, programs: Mapping[str, str], **environment: str) -> subprocess.CompletedProcess[str]:
    """`requirements/setup.sh` in an empty folder, with these programs (shell) and next to nothing else on the path."""
    for tool in ("bash", "cat", "cksum"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    (folder / "pins.txt").write_text("x==1")
    return subprocess.run(
        [str(folder / "bash"), str(ROOT / "requirements" / "setup.sh"), "pins.txt"],
        cwd=folder,
        env={"PATH": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_setup_without_a_python_that_runs_says_what_to_install(tmp_path: Path) -> None:
    """A command that is there and fails, as pyenv's shims do, is passed over like one that is missing."""
    done = set_up(tmp_path, {"python3.12": "exit 127", "python3": "exit 127"})
    assert (done.returncode, done.stdout) == (2, "")
    assert "no Python 3.11, 3.12 or 3.13" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "make setup PYTHON=" in done.stderr


@pytest.mark.parametrize(("other", "chosen"), [("plain", "python3.12"), ("profiled", "python3")])
def test_setup_prefers_a_python_made_with_a_profile(tmp_path: Path, other: str, chosen: str) -> None:
    """Builds of one version differ by half in speed; among equals the order of the names decides."""
    python = """case $1 in -c) echo {} ;; --version) echo Python ;; *) echo "${{0##*/}}" > chosen; exit 1 ;; esac"""
    done = set_up(tmp_path, {"python3.12": python.format("plain"), "python3": python.format(other)})
    assert done.returncode == 1
    assert (tmp_path / "chosen").read_text() == f"{chosen}\n"


def test_setup_with_a_python_that_is_none_names_it(tmp_path: Path) -> None:
    """Nothing else is taken in its place."""
    done = set_up(tmp_path, {"python3": "echo 1"}, PYTHON="/nope")
    assert (done.returncode, done.stdout) == (2, "")
    assert "PYTHON=/nope is no Python 3.11, 3.12 or 3.13" in done.stderr
