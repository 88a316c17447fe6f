import time
from pathlib import Path

import pytest

from runtime.document import read_document
from schemas.errors import ConfigurationError


def refusal(path: Path, text: bytes) -> str:
    """The message that a file with this text is refused with."""
    path.write_bytes(text)
    with pytest.raises(ConfigurationError) as caught:
        read_document(path)
    return str(caught.value)


def test_read_document_mapping_is_returned_as_plain_values(tmp_path: Path) -> None:
    """References stay as they are written."""
    path = tmp_path / "rollcall.yaml"
    path.write_text("connectors: {zoom: {account_id: '${A}', sync: [1, true]}}")
    assert read_document(path) == {"connectors": {"zoom": {"account_id": "${A}", "sync": [1, True]}}}


def test_read_document_missing_file_says_how_to_name_another(tmp_path: Path) -> None:
    """The message holds the path and the variable."""
    path = tmp_path / "rollcall.yaml"
    with pytest.raises(ConfigurationError) as caught:
        read_document(path)
    assert str(caught.value) == (
        f"{path}: there is no such file; write one (docs/reference/configuration.md) "
        "or set ROLLCALL_CONFIG to the path of yours"
    )


def test_read_document_directory_is_one_error(tmp_path: Path) -> None:
    """What cannot be read is no traceback."""
    with pytest.raises(ConfigurationError, match="cannot be read: Is a directory; check the path and its permissions"):
        read_document(tmp_path)


def test_read_document_key_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    """YAML itself would silently keep the last."""
    path = tmp_path / "rollcall.yaml"
    message = refusal(path, b"connectors:\n  zoom:\n    enabled: true\n    debug: false\n    enabled: false\n")
    assert message == (f"{path}: line 5, column 5: no valid YAML: the key 'enabled' is written twice (first on line 3)")


def test_read_document_merged_key_may_be_overridden(tmp_path: Path) -> None:
    """`<<` brings defaults, so a key beside it is no duplicate."""
    path = tmp_path / "rollcall.yaml"
    path.write_text("base: &base {a: 1, b: 2}\nother: {<<: *base, a: 3}\n")
    assert read_document(path)["other"] == {"a": 3, "b": 2}


def bomb(levels: int) -> bytes:
    """Each level stands for nine of the one below: a few hundred bytes for 9 ** levels values."""
    lines = [b"l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [
        b"l%d: &l%d [%s]" % (number, number, b", ".join([b"*l%d" % (number - 1)] * 9)) for number in range(1, levels)
    ]
    return b"\n".join(lines)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (bomb(9), "at most 10000 values"),
        (b"a: &a {zoom: *a}", "'*a' stands inside of what it names"),
        (b"a: " + b"[" * 5_000, "50 levels"),
        (b"a: " + b"{b: " * 5_000, "50 levels"),
        (b"a: [" + b"x, " * 20_000 + b"]", "at most 10000 values"),
    ],
    ids=["aliases", "itself", "lists", "mappings", "values"],
)
def test_read_document_that_blows_up_is_refused_at_once(tmp_path: Path, text: bytes, said: str) -> None:
    """A few lines must not take the memory of the machine, nor end in a traceback."""
    began = time.thread_time()  # not the clock on the wall: others may keep the machine busy
    message = refusal(tmp_path / "rollcall.yaml", text)
    assert said in message
    assert time.thread_time() - began < 5


def test_read_document_aliases_below_the_bounds_mean_what_they_name(tmp_path: Path) -> None:
    """Anchors are for accounts that share their lists."""
    path = tmp_path / "rollcall.yaml"
    path.write_bytes(b"lists: &lists {a: 1}\nzoom: [{lists: *lists}, {lists: *lists}]\n" + bomb(3))
    document = read_document(path)
    assert document["zoom"] == [{"lists": {"a": 1}}, {"lists": {"a": 1}}]
    assert document["l2"] == [[["x"] * 9] * 9] * 9


@pytest.mark.parametrize("text", [b"a: [1", b"a: b: c", b"\tx: 1", b"!!python/object:os.system {}", b"a: \xff\xfe"])
def test_read_document_no_yaml_is_one_error_without_the_text(tmp_path: Path, text: bytes) -> None:
    """The file's text may hold a secret, so it is never quoted."""
    message = refusal(tmp_path / "rollcall.yaml", b"client_secret: s3cr3t\n" + text)
    assert "no valid YAML" in message or "not UTF-8 text" in message
    assert "s3cr3t" not in message
    assert "\n" not in message


@pytest.mark.parametrize(
    ("text", "kind"), [(b"", "nothing"), (b"- a", "a list"), (b"just text", "text"), (b"7", "a number")]
)
def test_read_document_no_mapping_says_what_it_is(tmp_path: Path, text: bytes, kind: str) -> None:
    """An empty file is the most usual one."""
    path = tmp_path / "rollcall.yaml"
    assert refusal(path, text) == f"{path}: must hold a mapping that begins with `connectors:`, not {kind}"


@pytest.mark.parametrize("key", ["on", "yes", "1", "null", "2026-11-21"])
def test_read_document_key_that_is_no_text_is_refused(tmp_path: Path, key: str) -> None:
    """YAML 1.1 reads a bare `on` as true, so the key that was meant would be missing."""
    path = tmp_path / "rollcall.yaml"
    assert refusal(path, f"a: {{{key}: 1}}\n".encode()) == (
        f"{path}: line 1, column 5: no valid YAML: the key '{key}' is no text; put it in quotes"
    )
