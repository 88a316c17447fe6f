import logging
import re
from pathlib import Path

import pytest
import yaml

from runtime.configuration import load_for_display, load_ingress, load_worker
from runtime.models import Configuration
from runtime.secrecy import PUBLISHED
from sandbox.brevo.store import Options
from sandbox.zoom.state import ZoomState
from schemas.errors import ConfigurationError

SHIPPED = Path(__file__).parents[3] / "rollcall.yaml"
GUIDE = Path(__file__).with_name("guide.yaml")
"""A file as people bring it: its keys are a contract."""
INGRESS_VARIABLES = {"ZOOM_ACCOUNT_ID": "acc-1", "ZOOM_WEBHOOK_SECRET": "wh-s3cr3t-of-the-app"}
WORKER_VARIABLES = {
    "ZOOM_ACCOUNT_ID": "acc-1",
    "ZOOM_CLIENT_ID": "cl-1",
    "ZOOM_CLIENT_SECRET": "cl-s3cr3t",
    "BREVO_API_KEY": "br-s3cr3t",
}
ACCOUNT = {
    "account_id": "acc-1",
    "client_id": "cl-1",
    "client_secret": "cl-s3cr3t",
    "webhook": {"secret_token": "wh-s3cr3t-of-the-app"},
}
SMALLEST: dict[str, object] = {"connectors": {"zoom": ACCOUNT}, "brevo": {"api_key": "br-s3cr3t"}}


class Files:
    """Writes configuration files and loads them."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "rollcall.yaml"

    def write(self, document: object) -> Path:
        """The file with this content."""
        self.path.write_text(yaml.safe_dump(document, sort_keys=False))
        return self.path

    def worker_errors(self, document: object, environment: dict[str, str] | None = None) -> list[str]:
        """The lines a worker refuses the document with, without the file's path."""
        with pytest.raises(ConfigurationError) as caught:
            load_worker(self.write(document), environment or {})
        return self._lines(caught.value)

    def ingress_errors(self, document: object, environment: dict[str, str] | None = None) -> list[str]:
        """As `worker_errors`, of an ingress."""
        with pytest.raises(ConfigurationError) as caught:
            load_ingress(self.write(document), environment or {})
        return self._lines(caught.value)

    def _lines(self, error: ConfigurationError) -> list[str]:
        lines = str(error).splitlines()
        assert all(line.startswith(f"{self.path}: ") for line in lines)
        return [line.removeprefix(f"{self.path}: ") for line in lines]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """Files of this test."""
    return Files(tmp_path)


def with_account(**changes: object) -> dict[str, object]:
    """The smallest file with other keys in its account."""
    return {**SMALLEST, "connectors": {"zoom": {**ACCOUNT, **changes}}}


def test_load_ingress_guides_file_holds_what_the_ingress_reads_and_no_more() -> None:
    """The internet-facing process never holds the Brevo key or the Zoom client's credentials."""
    configuration = load_ingress(GUIDE, {**WORKER_VARIABLES, **INGRESS_VARIABLES})
    (account,) = configuration.connectors.zoom
    assert [each.get_secret_value() for each in account.webhook.secret_token] == ["wh-s3cr3t-of-the-app"]
    assert (account.account_id, account.client_id, account.client_secret) == ("acc-1", None, None)
    assert configuration.brevo.api_key is None
    assert configuration.log_level == "DEBUG"
    assert account.log_webhooks


def test_load_ingress_needs_only_its_own_variables() -> None:
    """It starts without the worker's secrets being set anywhere."""
    assert load_ingress(GUIDE, INGRESS_VARIABLES).connectors.zoom[0].account_id == "acc-1"


def test_load_shipped_file_starts_both_processes_without_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """With every list of webinars, whose ids nobody takes for real ones."""
    with caplog.at_level(logging.WARNING):
        ingress = load_ingress(SHIPPED, INGRESS_VARIABLES)
        (account,) = load_worker(SHIPPED, WORKER_VARIABLES).connectors.zoom
    assert caplog.records == []
    assert ingress.log_level == "INFO"
    ids = account.lists.model_dump().values()
    assert all(isinstance(each, int) and len(set(str(each))) == 1 and each > 99_999 for each in ids)
    assert "Placeholders" in SHIPPED.read_text()


def test_load_worker_guides_file_holds_what_the_worker_reads_and_no_more() -> None:
    """The worker starts without the webhook secrets and does not keep them."""
    configuration = load_worker(GUIDE, WORKER_VARIABLES)
    (account,) = configuration.connectors.zoom
    assert account.client_secret is not None
    assert account.client_secret.get_secret_value() == "cl-s3cr3t"
    assert account.webhook.secret_token == ()
    assert account.lists.model_dump() == {
        "meeting_participants": 15,
        "webinar_attendees": 16,
        "webinar_registrants": 17,
        "webinar_no_shows": None,
    }
    assert configuration.field_mapping.name is not None
    assert configuration.field_mapping.name.attribute == "FIRSTNAME"
    assert configuration.field_mapping.engagement_score.attribute == "ENGAGEMENT_SCORE"


def test_load_literal_secrets_that_are_not_read_are_not_kept(files: Files) -> None:
    """A secret that stands in the file itself is dropped like one from a variable."""
    path = files.write(SMALLEST)
    ingress, worker = load_ingress(path, {}), load_worker(path, {})
    assert ingress.brevo.api_key is None
    assert (ingress.connectors.zoom[0].client_id, ingress.connectors.zoom[0].client_secret) == (None, None)
    assert worker.connectors.zoom[0].webhook.secret_token == ()


def test_load_worker_without_brevo_section_takes_the_variable() -> None:
    """The guide's file has no `brevo` section; BREVO_API_KEY is its default."""
    key = load_worker(GUIDE, WORKER_VARIABLES).brevo.api_key
    assert key is not None
    assert key.get_secret_value() == "br-s3cr3t"


def test_load_worker_brevo_section_without_key_takes_the_variable_too(files: Files) -> None:
    """Another key of the section does not change where the API key comes from."""
    path = files.write({**SMALLEST, "brevo": {"bulk_threshold": 5}})
    key = load_worker(path, {"BREVO_API_KEY": "x"}).brevo.api_key
    assert key is not None
    assert key.get_secret_value() == "x"


def test_load_secret_from_file_is_honoured(tmp_path: Path) -> None:
    """Every `${NAME}` may come from the file that NAME_FILE names."""
    file = tmp_path / "secret"
    file.write_text("a-secret-from-a-file\n")
    variables = {"ZOOM_ACCOUNT_ID": "acc-1", "ZOOM_WEBHOOK_SECRET_FILE": str(file)}
    (secret,) = load_ingress(GUIDE, variables).connectors.zoom[0].webhook.secret_token
    assert secret.get_secret_value() == "a-secret-from-a-file"


def test_load_verification_token_is_ignored_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    """Zoom retired it: its variable need not be set, and is not resolved when it is."""
    with caplog.at_level(logging.WARNING):
        configuration = load_ingress(GUIDE, {**INGRESS_VARIABLES, "ZOOM_VERIFICATION_TOKEN": "old"})
    assert configuration.connectors.zoom[0].webhook.verification_token is None
    (record,) = caplog.records
    assert record.__dict__["key"] == "connectors.zoom.webhook.verification_token"
    assert "old" not in record.getMessage()


def test_load_worker_unset_variables_are_all_named_with_their_keys() -> None:
    """One line each: the key, the variable, and what to do."""
    with pytest.raises(ConfigurationError) as caught:
        load_worker(GUIDE, {"ZOOM_ACCOUNT_ID": "acc-1", "ZOOM_CLIENT_ID": "cl-1"})
    assert str(caught.value).splitlines() == [
        f"{GUIDE}: {key}: the variable {name} is not set; set it, "
        f"or set {name}_FILE to the path of a file that holds the value"
        for key, name in (("connectors.zoom.client_secret", "ZOOM_CLIENT_SECRET"), ("brevo.api_key", "BREVO_API_KEY"))
    ]


@pytest.mark.parametrize(
    ("tokens", "keys"),
    [
        ("", ["connectors.zoom.webhook.secret_token"]),
        ([], ["connectors.zoom.webhook.secret_token"]),
        (None, ["connectors.zoom.webhook.secret_token"]),
        (["the-secret-of-the-app", ""], ["connectors.zoom.webhook.secret_token[1]"]),
        ("${EMPTY}", ["connectors.zoom.webhook.secret_token"]),
    ],
)
def test_load_ingress_empty_webhook_secret_is_refused(files: Files, tokens: object, keys: list[str]) -> None:
    """With an empty secret anybody could sign."""
    errors = files.ingress_errors(with_account(webhook={"secret_token": tokens}), {"EMPTY": ""})
    assert errors == [
        f"{key}: missing or empty; without it anybody could send events. "
        "Copy the Secret Token from the Zoom app's page Access"
        for key in keys
    ]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (
            with_account(webhook={"secret_token": "fifteen-letters"}),
            "connectors.zoom.webhook.secret_token: has 15 characters; at least 16 are needed",
        ),
        (
            with_account(webhook={"secret_token": "sandbox-webhook-secret"}),
            "connectors.zoom.webhook.secret_token: everybody knows it: it is published with Rollcall",
        ),
        (
            {**SMALLEST, "brevo": {"webhook": {"token": "b"}}},
            "brevo.webhook.token: has 1 characters; at least 16 are needed",
        ),
        (
            {**SMALLEST, "brevo": {"webhook": {"username": "u", "password": "hunter2"}}},
            "brevo.webhook.password: has 7 characters; at least 16 are needed",
        ),
        (
            {**SMALLEST, "brevo": {"webhook": {"url": "http://hooks.example.com/webhooks/brevo"}}},
            "brevo.webhook.url: http:// shows Brevo's token to everybody on the way; write https://",
        ),
    ],
)
def test_load_ingress_secret_that_anybody_knows_or_guesses_is_refused(
    files: Files, document: object, error: str
) -> None:
    """And none that would be told to whoever listens. The secret itself is not shown."""
    (line,) = files.ingress_errors(document)
    assert line.startswith(error)


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (with_account(client_secret="sandbox-client-secret"), "connectors.zoom.client_secret"),
        ({**SMALLEST, "brevo": {"api_key": "xkeysib-sandbox"}}, "brevo.api_key"),
    ],
)
def test_load_worker_published_secrets_are_for_sandboxes_alone(files: Files, document: object, error: str) -> None:
    """A copied folder of the sandbox that was not changed altogether must not meet the real Zoom and Brevo."""
    (line,) = files.worker_errors(document)
    assert line.startswith(f"{error}: everybody knows it")
    sandbox = {"ZOOM_OAUTH_BASE_URL": "http://127.0.0.1:9001", "BREVO_API_BASE_URL": "http://127.0.0.1:9002/v3"}
    assert load_worker(files.write(document), sandbox).accounts


def test_published_secrets_are_all_that_are_published() -> None:
    """The sandbox's, those of its installation in containers, and the tutorial's."""
    tutorial = (SHIPPED.parent / "docs" / "tutorial" / "first-webinar.md").read_text()
    exported = re.findall(r"(?:_SECRET|_API_KEY)=(\S+)", tutorial)
    files = [each.read_text().strip() for each in (SHIPPED.parent / "deploy" / "sandbox" / "secrets").iterdir()]
    state = ZoomState()
    assert {*exported, *files, state.client_secret, state.webhook_secret, Options().api_key} == PUBLISHED


def test_load_worker_empty_credentials_are_refused(files: Files) -> None:
    """Nothing could be read from Zoom or written to Brevo."""
    document = {"connectors": {"zoom": {"account_id": "acc-1", "client_id": ""}}, "brevo": {"api_key": ""}}
    assert files.worker_errors(document) == [
        "brevo.api_key: empty; set it to an API key of Brevo (Settings, SMTP & API, API keys)",
        "connectors.zoom.client_id: missing or empty; copy it from the Zoom app's page App Credentials",
        "connectors.zoom.client_secret: missing or empty; copy it from the Zoom app's page App Credentials",
    ]


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (
            {**SMALLEST, "brevo": {"api_key": "x", "contact_per_second": 3}},
            "brevo.contact_per_second: unknown key; the nearest known one is `contacts_per_second`",
        ),
        (
            with_account(webhook={"secret_tokn": "wh-s3cr3t-of-the-app"}),
            "connectors.zoom.webhook.secret_tokn: unknown key; the nearest known one is `secret_token`",
        ),
        ({**SMALLEST, "api_key": "br-s3cr3t"}, "api_key: unknown key; the nearest known one is `brevo.api_key`"),
        (
            {**SMALLEST, "field_mapping": {"name": {"attribvte": "X", "attribute": "Y"}}},
            "field_mapping.name.attribvte: unknown key; the nearest known one is `attribute`",
        ),
        (
            {**SMALLEST, "scoring": {"tiers": {"hott": 3}}},
            "scoring.tiers.hott: unknown key; the nearest known one is `hot`",
        ),
    ],
)
def test_load_unknown_key_names_the_nearest(files: Files, document: object, error: str) -> None:
    """Also where the key belongs to another section; values are never shown."""
    assert files.worker_errors(document) == [error]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"kafka": {"partitions": "many"}}, "kafka.partitions: expected a whole number, but the file has `many`"),
        ({"kafka": {"partitions": 0}}, "kafka.partitions: expected at least 1, but the file has `0`"),
        ({"kafka": {"create_topics": 7}}, "kafka.create_topics: expected true or false, but the file has `7`"),
        ({"kafka": [1]}, "kafka: expected a mapping, but the file has a list"),
        (
            {"brevo": {"api_key": "x", "contacts_per_second": 0}},
            "brevo.contacts_per_second: expected more than 0, but the file has `0`",
        ),
        ({"sessions": {"end_window": 2}}, "sessions.end_window: expected at most 1, but the file has `2`"),
        (
            {"sessions": {"settle": "5 minutes"}},
            "sessions.settle: expected a duration, written 60s, 5m, 4h or 35d, but the file has `5 minutes`",
        ),
        (
            {"sessions": {"report_checks": ["5m", True]}},
            (
                "sessions.report_checks[1]: expected a duration, written 60s, 5m, 4h or 35d, but the file has true; "
                "text such as NO or off needs quotes"
            ),
        ),
        (
            {"brevo": {"api_key": "x", "in_doubt": "ask"}},
            "brevo.in_doubt: expected one of 'hold', 'resend' or 'drop', but the file has `ask`",
        ),
        (
            {"field_mapping": {"name": 5}},
            "field_mapping.name: expected a mapping, but the file has a number",
        ),
        (
            {"connectors": {"zoom": {**ACCOUNT, "account_id": 42}}},
            "connectors.zoom.account_id: expected text (in quotes if it looks like a number), but the file has `42`",
        ),
        ({"connectors": {"zoom": "wh-s3cr3t-of-the-app"}}, "connectors.zoom: expected a list, but the file has text"),
        ({"connectors": None}, "connectors: missing; this key is required"),
        ({"connectors": {"zoom": {}}}, "connectors.zoom.account_id: missing; this key is required"),
        ({"connectors": {"zoom": []}}, "connectors.zoom: empty; at least one Zoom account is needed"),
    ],
)
def test_load_wrong_type_says_path_expected_and_given(files: Files, changes: dict[str, object], error: str) -> None:
    """Each message can be acted on without reading code."""
    assert files.worker_errors({**SMALLEST, **changes}) == [error]


def test_load_wrong_type_of_a_secret_is_not_shown(files: Files) -> None:
    """Only what kind of value it is."""
    errors = files.worker_errors({**SMALLEST, "brevo": {"api_key": 123456789}})
    assert errors == ["brevo.api_key: expected text (in quotes if it looks like a number), but the file has a number"]


def test_load_wrong_type_from_a_variable_shows_the_reference_not_its_value(files: Files) -> None:
    """The value may be a secret that was put into the wrong place."""
    errors = files.worker_errors(
        {**SMALLEST, "brevo": {"api_key": "x", "technical_list": "${LIST}"}}, {"LIST": "s3cr3t"}
    )
    assert errors == ["brevo.technical_list: expected a whole number, but the file has `${LIST}`"]


def test_load_number_from_a_variable_is_a_number(files: Files) -> None:
    """Variables are text; the key's type decides."""
    path = files.write({**SMALLEST, "brevo": {"api_key": "x", "technical_list": "${LIST}"}})
    assert load_worker(path, {"LIST": "12"}).brevo.technical_list == 12


def test_load_ingress_unknown_key_of_an_unread_section_is_refused(files: Files) -> None:
    """The whole file is checked by both processes; only the variables are not resolved."""
    document = {**SMALLEST, "brevo": {"api_key": "${UNSET}", "technical_list": "${UNSET}", "eventz": {}}}
    assert files.ingress_errors(document) == ["brevo.eventz: unknown key; the nearest known one is `events`"]


def test_load_all_kinds_of_errors_are_told_together(files: Files) -> None:
    """Variables first, then the rest; none twice."""
    errors = files.worker_errors(
        {"connectors": {"zoom": {"account_id": "${A}", "dbug": True}}, "kafka": {"partitions": "x"}},
        {"BREVO_API_KEY": "x"},
    )
    assert [error.partition(":")[0] for error in errors] == [
        "connectors.zoom.account_id",
        "connectors.zoom.dbug",
        "kafka.partitions",
    ]


def test_load_several_accounts_have_their_places_in_messages(files: Files) -> None:
    """A list of accounts is numbered from 0, as in the file."""
    accounts = [ACCOUNT, {"account_id": "acc-2", "client_id": "x", "client_secret": "${UNSET}"}]
    (error,) = files.worker_errors({**SMALLEST, "connectors": {"zoom": accounts}})
    assert error.startswith("connectors.zoom[1].client_secret: the variable UNSET is not set")


def test_load_two_accounts_with_the_same_id_are_refused(files: Files) -> None:
    """Deliveries could not be told apart."""
    document = {**SMALLEST, "connectors": {"zoom": [ACCOUNT, ACCOUNT]}}
    assert files.ingress_errors(document) == [
        f"connectors.zoom[{index}].account_id: `acc-1` is the id of 2 accounts here; each needs its own"
        for index in (0, 1)
    ]


def test_load_disabled_account_needs_no_secrets(files: Files) -> None:
    """Only its id is read."""
    disabled = {
        "enabled": False,
        "account_id": "acc-2",
        "client_secret": "${UNSET}",
        "webhook": {"secret_token": "${UNSET}"},
    }
    path = files.write({**SMALLEST, "connectors": {"zoom": [ACCOUNT, disabled]}})
    for configuration in (load_ingress(path, {}), load_worker(path, {})):
        assert [each.account_id for each in configuration.connectors.zoom] == ["acc-1", "acc-2"]
        assert [account.account_id for account in configuration.accounts] == ["acc-1"]


def test_load_empty_keys_have_their_defaults(files: Files) -> None:
    """A section whose lines are all commented out is no error."""
    path = files.write({**SMALLEST, "sessions": None, "kafka": {"partitions": None}})
    configuration = load_worker(path, {})
    assert (configuration.sessions.settle, configuration.kafka.partitions) == (60, 6)


def test_load_every_section_of_the_reference_is_accepted(files: Files) -> None:
    """All optional sections with all keys; durations become seconds."""
    files.path.write_text(
        """
connectors: {zoom: {account_id: a, client_id: b, client_secret: c, lists: {webinar_no_shows: 18}}}
brevo:      {api_key: "${BREVO_API_KEY}", contacts_per_second: 8, events_per_second: 8, bulk_threshold: 200,
             technical_list: null, in_doubt: hold,
             events: {registered: true, attended: true, no_show: true, started: false, ended: false, recording: true}}
sessions:   {settle: 1s, report_checks: [5m, 15m, 60m, 4h], restart_gap: 15m, abandon_after: 24h, retain: 35d,
             end_window: 0.05}
scoring:    {model_version: "1", weights: {attendance: 60, punctuality: 15, stayed: 10, interaction: 15},
             half_life_days: 90, tiers: {hot: 70, warm: 40, hysteresis: 3}, decay_sweep: off}
filters:    {exclude_hosts: true, exclude_panelists: true, exclude_internal: true, exclude_domains: [],
             topics: {allow: [], deny: []}}
zoom_api:   {plan: pro, interaction: false}
kafka:      {create_topics: true, partitions: 6, replication_factor: 1}
privacy:    {}
"""
    )
    sessions = load_worker(files.path, {"BREVO_API_KEY": "x"}).sessions
    assert sessions.report_checks == (300, 900, 3_600, 14_400)
    assert (sessions.settle, sessions.restart_gap, sessions.abandon_after) == (1, 900, 86_400)


@pytest.mark.parametrize(
    ("written", "time"),
    [
        ("off", None),
        ("null", None),
        ("03:30", "03:30"),
        ("13:30", "13:30"),
        ('"23:59"', "23:59"),
        ("00:00", "00:00"),
        ("3:30", "03:30"),
    ],
)
def test_load_time_of_the_decay_sweep_is_as_written(files: Files, written: str, time: str | None) -> None:
    """Without quotes too, where YAML reads a number of base 60 or a boolean."""
    files.path.write_text(
        f"connectors: {{zoom: {{account_id: a, client_id: b, client_secret: c}}}}\nbrevo: {{api_key: x}}\n"
        f"scoring: {{decay_sweep: {written}}}\n"
    )
    assert load_worker(files.path, {}).scoring.decay_sweep == time


@pytest.mark.parametrize("written", ["24:00", "'3:30'", "12:60", "03:30:00", "on", "noon"])
def test_load_time_of_the_decay_sweep_that_is_none_is_refused(files: Files, written: str) -> None:
    """`HH:MM` alone."""
    (error,) = files.worker_errors({**SMALLEST, "scoring": {"decay_sweep": yaml.safe_load(written)}})
    assert error.startswith("scoring.decay_sweep: ")
    assert written == "on" or "such as" in error


def test_load_for_display_unset_variables_are_warnings(caplog: pytest.LogCaptureFixture) -> None:
    """People look at a configuration on machines that do not have its secrets."""
    with caplog.at_level(logging.WARNING):
        configuration = load_for_display(GUIDE, {"ZOOM_WEBHOOK_SECRET": "wh-s3cr3t-of-the-app"})
    assert [record.__dict__["key"] for record in caplog.records] == [
        "connectors.zoom.account_id",
        "connectors.zoom.client_id",
        "connectors.zoom.client_secret",
        "brevo.api_key",
        "connectors.zoom.webhook.verification_token",
    ]
    assert configuration.connectors.zoom[0].account_id == "${ZOOM_ACCOUNT_ID}"
    assert "wh-s3cr3t-of-the-app" not in configuration.model_dump_json()
    assert "**********" in configuration.model_dump_json()


def test_load_for_display_what_it_shows_can_be_loaded_again(files: Files) -> None:
    """Durations are shown as they are written, not as bare numbers."""
    shown = load_for_display(GUIDE, {**INGRESS_VARIABLES, **WORKER_VARIABLES}).model_dump(mode="json")
    assert shown["sessions"]["retain"] == "35d"
    assert load_worker(files.write(shown), {}).sessions == Configuration.model_validate(shown).sessions
