"""The worker's folder is made, locked, and explained when it cannot be used."""

from __future__ import annotations

import stat
import subprocess
import sys
from pathlib import Path

import pytest

from processors.worker.data_dir import empty_data_dir, locked_data_dir
from schemas.errors import ConfigurationError


def test_data_dir_missing_is_made_with_its_parents(tmp_path: Path) -> None:
    """A first start needs no preparation."""
    with locked_data_dir(tmp_path / "deep" / "data") as path:
        assert path.is_dir()


def test_data_dir_held_by_another_is_refused_until_released(tmp_path: Path) -> None:
    """Two workers on one folder would destroy each other's tables; the message says what to set."""
    with (
        locked_data_dir(tmp_path),
        pytest.raises(ConfigurationError, match="own ROLLCALL_DATA_DIR and ADMIN_PORT"),
        locked_data_dir(tmp_path),
    ):
        pytest.fail("locked twice")
    with locked_data_dir(tmp_path):
        pass


def test_data_dir_that_cannot_be_made_is_explained(tmp_path: Path) -> None:
    """A file is where the folder should be."""
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(ConfigurationError, match=r"ROLLCALL_DATA_DIR: .*file cannot be used"),
        locked_data_dir(tmp_path / "file"),
    ):
        pytest.fail("locked a file")


def test_data_dir_is_for_its_own_user_alone_also_if_it_was_there_before(tmp_path: Path) -> None:
    """The tables hold names and addresses."""
    (tmp_path / "open").mkdir(mode=0o755)
    for folder in (tmp_path / "new", tmp_path / "open"):
        with locked_data_dir(folder):
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_files_of_the_worker_are_private_those_of_rocksdb_too(tmp_path: Path) -> None:
    """In a process of its own, since the umask is the whole process's."""
    code = """
import sys
from pathlib import Path
from rocksdict import Rdict
from processors.worker.data_dir import keep_files_private, locked_data_dir
keep_files_private()
with locked_data_dir(Path(sys.argv[1])) as path:
    table = Rdict(str(path / "table.db"))
    table["key"] = "Maya"
    table.close()
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "data")], check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    made = list((tmp_path / "data").rglob("*"))
    assert any(path.name == "CURRENT" for path in made)
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_file()} == {0o600}
    assert {stat.S_IMODE(path.stat().st_mode) for path in made if path.is_dir()} == {0o700}


def test_folder_that_is_held_is_emptied_and_stays_held(tmp_path: Path) -> None:
    """Tables of an earlier start are gone; nobody else comes in meanwhile."""
    with locked_data_dir(tmp_path):
        (tmp_path / "v1" / "tables").mkdir(parents=True)
        (tmp_path / "v1" / "tables" / "rows.db").write_text("old")
        (tmp_path / "halt.json").write_text("{}")
        empty_data_dir(tmp_path)
        assert [entry.name for entry in tmp_path.iterdir()] == ["worker.lock"]
        with pytest.raises(ConfigurationError), locked_data_dir(tmp_path):
            pass
