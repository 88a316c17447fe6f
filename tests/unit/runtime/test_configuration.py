import logging
from pathlib import Path

import pytest

from runtime.configuration import load_for_display, load_ingress, load_worker
from runtime.models import Configuration
from tests.support.configuration_files import (
    ACCOUNT,
    GUIDE,
    INGRESS_VARIABLES,
    SHIPPED,
    SMALLEST,
    WORKER_VARIABLES,
    Files,
    with_account,
)


def test_load_ingress_guides_file_holds_what_the_ingress_reads_and_no_more() -> None:
    """The internet-facing process never holds the Brevo key or the Zoom client's credentials."""
    configuration = load_ingress(GUIDE, {**WORKER_VARIABLES, **INGRESS_VARIABLES})
    (account,) = configuration.connectors.zoom
    assert [token.get_secret_value() for token in account.webhook.secret_token] == ["wh-s3cr3t-of-the-app"]
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
    assert all(isinstance(list_id, int) and len(set(str(list_id))) == 1 and list_id > 99_999 for list_id in ids)
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


def test_load_number_from_a_variable_is_a_number(files: Files) -> None:
    """Variables are text; the key's type decides."""
    path = files.write({**SMALLEST, "brevo": {"api_key": "x", "technical_list": "${LIST}"}})
    assert load_worker(path, {"LIST": "12"}).brevo.technical_list == 12


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
        assert [account.account_id for account in configuration.connectors.zoom] == ["acc-1", "acc-2"]
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
