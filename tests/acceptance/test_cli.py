import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.forks import run_forked
from tests.support.processes import module_command, rollcall_command

ROOT = Path(__file__).parents[2]
SECRETS = {
    "ZOOM_ACCOUNT_ID": "acc-1",
    "ZOOM_CLIENT_ID": "cl-1",
    "ZOOM_CLIENT_SECRET": "cl-s3cr3t",
    "ZOOM_WEBHOOK_SECRET": "wh-s3cr3t-of-the-app",
    "BREVO_API_KEY": "br-s3cr3t",
}


def rollcall(
    *arguments: str, cwd: Path = ROOT, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """The installed command, with these variables alone."""
    return run_forked(rollcall_command(*arguments), _with_path(environment or {}), folder=cwd)


def _with_path(environment: dict[str, str]) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], **environment}


def call(command: list[str], cwd: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, imports and all; it has no terminal and no input."""
    variables = _with_path(environment)
    return subprocess.run(
        command,
        cwd=cwd,
        env=variables,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], ["ingress", "worker", "config", "sandbox", "simulate", "demo", "Examples:"]),
        (["ingress"], ["INGRESS_PORT", "KAFKA_BOOTSTRAP_SERVERS", "Example:"]),
        (["worker"], ["ROLLCALL_DATA_DIR", "KAFKA_BOOTSTRAP_SERVERS", "Example:"]),
        (["config", "show"], ["--json", "--config", "Example:"]),
        (["simulate", "webinar"], ["--seed", "--chaos", "Example:"]),
        (["demo"], ["--seed", "--chaos", "Example:"]),
        (["sandbox", "zoom"], ["--port", "Example:"]),
        (["sandbox", "brevo"], ["--port", "Example:"]),
        (["sandbox", "kafka"], ["--port", "Example:"]),
    ],
)
def test_help_teaches_with_an_example(arguments: list[str], words: list[str]) -> None:
    """Help is on stdout, without colours where there is no terminal."""
    done = rollcall(*arguments, "--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert [word for word in words if word not in done.stdout] == []
    assert "\x1b" not in done.stdout


@pytest.mark.parametrize(
    "arguments", [["wrong"], ["config", "show", "--wrong"], ["sandbox", "zoom", "--port", "x"], ["ingress", "extra"]]
)
def test_wrong_usage_is_2_on_stderr(arguments: list[str]) -> None:
    """Nothing is on stdout, which scripts read."""
    done = rollcall(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Error:" in done.stderr
    assert "Traceback" not in done.stderr


def test_wrong_usage_is_a_document_too_where_one_was_asked_for() -> None:
    """People read what Typer says, programs what is on stdout."""
    done = rollcall("config", "show", "--wrong", "--json")
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert (told["exit_code"], "No such option: --wrong" in told["error"]) == (2, True)
    assert f"Error: {told['error']}" in done.stderr


def test_config_show_json_is_one_document_with_masked_secrets() -> None:
    """The guide's file with every default filled in."""
    done = rollcall("config", "show", "--json", environment=SECRETS)
    assert done.returncode == 0
    shown = json.loads(done.stdout)
    (account,) = shown["connectors"]["zoom"]
    assert account["account_id"] == "acc-1"
    assert (account["client_secret"], account["webhook"]["secret_token"]) == ("**********", ["**********"])
    assert shown["brevo"]["api_key"] == "**********"
    assert shown["sessions"]["settle"] == "1m"
    assert "s3cr3t" not in done.stdout + done.stderr


def test_config_show_for_people_is_yaml_and_warns_of_what_is_not_set() -> None:
    """It works on a machine that has no secrets."""
    done = rollcall("config", "show")
    assert done.returncode == 0
    assert done.stdout.startswith("# What rollcall.yaml comes to; secrets are masked.\nconnectors:\n")
    assert (
        "warning: configuration incomplete: connectors.zoom.client_secret: the variable ZOOM_CLIENT_SECRET is not set"
        in done.stderr
    )


def test_config_show_wrong_file_is_2_with_one_line_an_error(tmp_path: Path) -> None:
    """No traceback; the document that was asked for says the same."""
    (tmp_path / "rollcall.yaml").write_text("connectors: {zoom: {acount_id: x}}\nkafka: {partitions: many}\n")
    done = rollcall("config", "show", "--json", cwd=tmp_path)
    assert done.returncode == 2
    told = json.loads(done.stdout)
    assert (told["exit_code"], f"error: {told['error']}\n") == (2, done.stderr)
    assert done.stderr == (
        "error: rollcall.yaml: connectors.zoom.account_id: missing; this key is required\n"
        "rollcall.yaml: connectors.zoom.acount_id: unknown key; the nearest known one is `account_id`\n"
        "rollcall.yaml: kafka.partitions: expected a whole number, but the file has `many`\n"
    )


@pytest.mark.parametrize("command", ["ingress", "worker"])
@pytest.mark.parametrize(
    ("environment", "message"),
    [
        (SECRETS, "KAFKA_BOOTSTRAP_SERVERS: not set"),
        ({**SECRETS, "KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ADMIN_PORT": "x"}, "ADMIN_PORT: `x` is no port"),
        (
            {"KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ZOOM_ACCOUNT_ID": "acc-1"},
            "the variable ZOOM_",
        ),
        ({**SECRETS, "KAFKA_BOOTSTRAP_SERVERS": "localhost:1", "ROLLCALL_CONFIG": "no.yaml"}, "there is no such file"),
    ],
    ids=["no brokers", "bad port", "unset secret", "no file"],
)
def test_process_wrong_configuration_is_one_message_and_2(
    command: str, environment: dict[str, str], message: str
) -> None:
    """Before anything starts."""
    done = rollcall(command, environment=environment)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert "s3cr3t" not in done.stdout + done.stderr


@pytest.mark.parametrize(("command", "module"), [("ingress", "ingress"), ("worker", "processors")])
def test_process_as_a_module_behaves_alike(command: str, module: str) -> None:
    """`python -m` is the same process: same message, same exit code."""
    as_command, as_module = (
        call(words, ROOT, SECRETS) for words in (rollcall_command(command), module_command(module))
    )
    assert (as_module.returncode, as_module.stdout) == (as_command.returncode, as_command.stdout) == (2, "")
    # The warning about the retired key before it has the time in it.
    assert as_module.stderr.splitlines()[-1] == as_command.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("words", "left_out"),
    [
        ("", ("faust", "aiokafka", "rocksdict")),
        ("'worker'", ("faust", "aiokafka", "rocksdict", "aiohttp", "pydantic", "sqlalchemy", "rich")),
    ],
)
def test_import_of_the_command_line_has_no_side_effects(words: str, left_out: tuple[str, ...]) -> None:
    """Help answers at once: Faust and the brokers' client are imported by the commands that need them.

    And a command waits for nothing that only others need.
    """
    code = f"import sys; from ops.cli import build_app; build_app({words}); print(sys.modules.keys() & {left_out!r})"
    done = call([sys.executable, "-c", code], ROOT, {})
    assert (done.stdout, done.stderr) == ("set()\n", "")
