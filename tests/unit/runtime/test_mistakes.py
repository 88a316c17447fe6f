"""Mistakes that people make in the file, each told in one plain sentence that shows no secret."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtime.configuration import load_for_display, load_worker, unresolved
from schemas.errors import ConfigurationError

HEAD = "connectors:\n  zoom:\n    account_id: acc-1\n    client_id: cl-1\n"
KEY = "brevo: {api_key: xkeysib-invented}\n"
SECRET = f"{HEAD}    client_secret: {{}}\nbrevo:\n  api_key: xkeysib-invented\n"
PLACE = "connectors.zoom.client_secret"


def told(path: Path, text: str | bytes) -> str:
    """What the worker says of a file, without its path."""
    file = path / "rollcall.yaml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigurationError) as caught:
        load_worker(file, {})
    return str(caught.value).removeprefix(f"{file}: ")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (SECRET.format("abc#def #ghi"), "line 5, column 27: `client_secret` ends at the #, which begins a comment"),
        (SECRET.format("$ZOOM_CLIENT_SECRET"), f"{PLACE}: looks like a variable; write ${{NAME}}, with braces"),
        (SECRET.format("“abcdef”"), f"{PLACE}: has typographic quotes (“); write plain ones"),
        (SECRET.format("your_client_secret"), f"{PLACE}: is a placeholder; put the real value there"),
        (SECRET.format("<secret>"), f"{PLACE}: is a placeholder; put the real value there"),
        (
            f"{SECRET.format('s')}scoring: {{tiers: {{hot: 40, warm: 70}}}}\n",
            "scoring.tiers: hot (40) has to be above warm (70): who is hot has more points",
        ),
        (
            f'{SECRET.format("s")}scoring: {{candidates: {{"2": {{tiers: {{warm: 75}}}}}}}}\n',
            "scoring: candidates.2.tiers: hot (70) has to be above warm (75): who is hot has more points",
        ),
        (
            f'{SECRET.format("s")}scoring: {{candidates: {{"1": {{half_life_days: 30}}}}}}\n',
            "scoring: candidates: `1` is the model_version of the live model: give it another name",
        ),
        (
            f"{HEAD}    client_secret: s\n    lists: {{webinar_attendees: 16, webinar_registrants: 16}}\n{KEY}",
            "connectors.zoom.lists: list 16 is both webinar_registrants and webinar_attendees: give two lists",
        ),
        (
            "connectors:\nzoom:\naccount_id: acc-1\nlists: {webinar_attendees: 15}\nfield_mapping:\nname: FIRSTNAME\n",
            "the indentation is lost: `zoom` stands at the beginning of its line",
        ),
        (f"{HEAD}# café\n".encode("latin-1"), "line 5: not UTF-8 text; save the file as UTF-8"),
        (f"{HEAD}\tclient_secret: s\n", "line 5, column 1: no valid YAML: a tab; indent with spaces"),
        (f"{HEAD}   lists: {{}}\n", "line 5, column 4: no valid YAML: the indentation does not fit the lines above"),
        (f"{HEAD}    client_secret: @s\n", "line 5, column 20: no valid YAML: text that begins with @ needs quotes"),
        (f"{SECRET.format('s')}field_mapping: {{name: NO}}\n", "text such as NO or off needs quotes"),
        (
            f'{HEAD}    client_secret: s\nbrevo:\n  api_key: k\n  list_rules:\n    "17": {{rule: doi}}\n',
            "brevo.list_rules.17: doi needs `template_id` (of an active double opt-in template)",
        ),
    ],
)
def test_mistake_is_told_in_one_plain_sentence(tmp_path: Path, text: str | bytes, sentence: str) -> None:
    """With the line or the key, and what to do; nothing of the value."""
    said = told(tmp_path, text)
    assert sentence in said
    assert "\n" not in said
    assert not any(part in said for part in ("abcdef", "def #ghi", "your_client", "Traceback"))


@pytest.mark.parametrize(
    "value", ['"abc#def #ghi"  # of the app', "abc#def", '"${SECRET}"  # a comment', "$2b$12$hash", "yours"]
)
def test_secret_that_only_looks_odd_is_taken(tmp_path: Path, value: str) -> None:
    """What is in quotes is meant so, and a comment behind a reference hides nothing."""
    file = tmp_path / "rollcall.yaml"
    file.write_text(SECRET.format(value), encoding="utf-8")
    (account,) = load_worker(file, {"SECRET": "s"}).connectors.zoom
    assert account.client_secret is not None


def test_placeholder_in_a_variable_is_told_too(tmp_path: Path) -> None:
    """`config show` goes on, and `check` names the key."""
    file = tmp_path / "rollcall.yaml"
    file.write_text(SECRET.format('"${SECRET}"'), encoding="utf-8")
    environment = {"SECRET": "your-client-secret"}
    with pytest.raises(ConfigurationError, match="client_secret: is a placeholder"):
        load_worker(file, environment)
    assert unresolved(file, environment) == {PLACE: "is a placeholder; put the real value there"}
    assert load_for_display(file, environment).connectors.zoom[0].account_id == "acc-1"
