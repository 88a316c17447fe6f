"""Files that are refused, with every line that says why."""

import re

import pytest
import yaml

from runtime.configuration import load_for_display, load_ingress, load_worker
from runtime.secrecy import PUBLISHED
from sandbox.brevo.store import Options
from sandbox.zoom.state import ZoomState
from schemas.errors import ConfigurationError
from tests.support.configuration_files import ACCOUNT, GUIDE, SHIPPED, SMALLEST, Files, with_account


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


def test_published_secrets_are_all_that_are_published() -> None:
    """The sandbox's, those of its installation in containers, and the tutorial's."""
    tutorial = (SHIPPED.parent / "docs" / "tutorial" / "first-webinar.md").read_text()
    exported = re.findall(r"(?:_SECRET|_API_KEY)=(\S+)", tutorial)
    files = [path.read_text().strip() for path in (SHIPPED.parent / "deploy" / "sandbox" / "secrets").iterdir()]
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
        (
            {**SMALLEST, "scoring": {"candidates": {"2": {"weights": {"stayd": 20}}}}},
            "scoring.candidates.2.weights.stayd: unknown key; the nearest known one is `stayed`",
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
        ({"kafka": {"session": "2s"}}, "kafka.session: expected at least 6s, but the file has `2s`"),
        ({"kafka": {"session": "1 m"}}, "kafka.session: expected at most 30s, but the file has `1 m`"),
        ({"kafka": {"session": 2}}, "kafka.session: expected at least 6, but the file has `2`"),
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
        (
            {"scoring": {"decay_sweep": "25:00"}},
            (
                'scoring.decay_sweep: expected a time of day in UTC such as "03:30" (in quotes), or off, '
                "but the file has `25:00`"
            ),
        ),
        (
            {"filters": {"exclude_domains": ["maya@example.com"]}},
            (
                "filters.exclude_domains[0]: `maya@example.com` is an address; "
                "a domain is what stands behind its @, such as example.com"
            ),
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


def test_load_worker_what_cannot_be_written_is_refused_before_anything_runs(files: Files) -> None:
    """All of it at once, at its keys, and not only once Kafka answers. The ingress, which writes nothing, receives."""
    mapping = {
        "name": {"attribute": "SMS"},
        "join_time": {"attribute": "JOINED", "type": "float"},
        "duration": {"attribute": "MINUTES", "overwrite": "if_newer"},
        "custom_questions": {"Your mobile?": {"attribute": "MOBILE", "identifier": True}},
    }
    lists = {"webinar_attendees": 16, "webinar_no_shows": 16}
    document = {**SMALLEST, "connectors": {"zoom": {**ACCOUNT, "lists": lists}}, "field_mapping": mapping}
    expected = [
        "field_mapping.name: SMS tells Brevo's contacts apart",
        "field_mapping.join_time.type: join_time is a date and cannot be written as float",
        "field_mapping.duration.overwrite: if_newer compares dates, but duration is written as float",
        "field_mapping.custom_questions.Your mobile?.identifier: is for EXT_ID, LANDLINE_NUMBER, SMS, WHATSAPP alone",
        "connectors.zoom.lists: list 16 is both webinar_attendees and webinar_no_shows: give two lists",
    ]
    errors = files.worker_errors(document)
    assert [error[: len(wanted)] for error, wanted in zip(errors, expected, strict=True)] == expected
    with pytest.raises(ConfigurationError, match="SMS tells Brevo's contacts apart"):
        load_for_display(files.path, {})
    assert load_ingress(files.path, {}).connectors.zoom[0].account_id == ACCOUNT["account_id"]


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


@pytest.mark.parametrize("written", ["24:00", "'3:30'", "12:60", "03:30:00", "on", "noon"])
def test_load_time_of_the_decay_sweep_that_is_none_is_refused(files: Files, written: str) -> None:
    """`HH:MM` alone."""
    (error,) = files.worker_errors({**SMALLEST, "scoring": {"decay_sweep": yaml.safe_load(written)}})
    assert error.startswith("scoring.decay_sweep: ")
    assert written == "on" or "such as" in error
