from pathlib import Path

import pytest

from runtime.references import has_reference, look_up, resolve
from schemas.errors import ConfigurationError


def test_resolve_reference_inside_text_is_replaced() -> None:
    """Also several in one value."""
    assert resolve("https://${HOST}:${PORT}/x", {"HOST": "h", "PORT": "1"}) == "https://h:1/x"


def test_resolve_value_that_looks_like_a_reference_is_kept() -> None:
    """A secret may hold any character; it is not searched again."""
    assert resolve("${A}", {"A": "${B}", "B": "no"}) == "${B}"


def test_resolve_unset_variable_says_both_ways_to_set_it() -> None:
    """The message names the variable and its file form."""
    with pytest.raises(ConfigurationError) as caught:
        resolve("${ZOOM_CLIENT_SECRET}", {})
    assert str(caught.value) == (
        "the variable ZOOM_CLIENT_SECRET is not set; set it, "
        "or set ZOOM_CLIENT_SECRET_FILE to the path of a file that holds the value"
    )


def test_resolve_empty_variable_is_an_empty_text() -> None:
    """Whether a value may be empty is decided where its meaning is known."""
    assert resolve("${A}", {"A": ""}) == ""


@pytest.mark.parametrize("text", ["${}", "${A-B}", "${A:-default}", "${1A}", "${A B}"])
def test_resolve_no_name_in_braces_is_refused(text: str) -> None:
    """Shell forms with defaults are not supported, and say so."""
    with pytest.raises(ConfigurationError, match="is no reference; write"):
        resolve(text, {"A": "x"})


@pytest.mark.parametrize(
    ("content", "value"), [("s3cr3t\n", "s3cr3t"), ("s3cr3t\r\n", "s3cr3t"), ("a\n\n", "a\n"), (" a ", " a "), ("", "")]
)
def test_look_up_file_is_read_without_its_last_line_end(tmp_path: Path, content: str, value: str) -> None:
    """One line end is the editor's; everything else is the secret's."""
    file = tmp_path / "secret"
    file.write_bytes(content.encode())
    assert look_up("A", {"A_FILE": str(file)}) == value


def test_look_up_variable_and_file_is_refused(tmp_path: Path) -> None:
    """Nobody could tell which one is meant."""
    with pytest.raises(ConfigurationError, match=r"^both A and A_FILE are set; unset one of them$"):
        look_up("A", {"A": "x", "A_FILE": str(tmp_path / "secret")})


def test_look_up_empty_variable_beside_a_file_gives_way(tmp_path: Path) -> None:
    """Compose files pass variables on that are not set as empty ones."""
    file = tmp_path / "secret"
    file.write_text("x\n")
    assert look_up("A", {"A": "", "A_FILE": str(file)}) == "x"


def test_look_up_unreadable_file_names_variable_and_path(tmp_path: Path) -> None:
    """The message says which variable to correct."""
    file = tmp_path / "nowhere"
    with pytest.raises(ConfigurationError) as caught:
        look_up("A", {"A_FILE": str(file)})
    assert str(caught.value).startswith(f"the file {file} that A_FILE names cannot be read: No such file or directory")


def test_look_up_binary_file_is_one_error(tmp_path: Path) -> None:
    """A file that is no text is most likely the wrong one."""
    file = tmp_path / "secret"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match="is not UTF-8 text"):
        look_up("A", {"A_FILE": str(file)})


@pytest.mark.parametrize(
    ("value", "expected"), [("${A}", True), ("x${A}y", True), ("$A", False), ("{A}", False), (5, False)]
)
def test_has_reference_is_true_for_braces_with_a_dollar(value: object, expected: bool) -> None:
    """Nothing else is a reference."""
    assert has_reference(value) is expected
