import shutil
import subprocess
import sys
import tomllib
import zipfile
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


def test_setup_without_a_python_that_runs_says_what_to_install(tmp_path: Path) -> None:
    """A command that is there and fails, as pyenv's shims do, is passed over like one that is missing."""
    for tool in ("bash", "cat", "cksum"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or tool)
    for shim in ("python3.12", "python3"):
        (tmp_path / shim).write_text("#!/bin/sh\nexit 127\n")
        (tmp_path / shim).chmod(0o755)
    (tmp_path / "pins.txt").write_text("x==1")
    done = subprocess.run(
        [str(tmp_path / "bash"), str(ROOT / "requirements" / "setup.sh"), "pins.txt"],
        cwd=tmp_path,
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert "no Python 3.11, 3.12 or 3.13" in done.stderr
    assert "apt-get install python3 python3-venv" in done.stderr
    assert "make setup PYTHON=" in done.stderr
