"""Every call of the Brevo samples, played against the sandbox: status, code, message and shape must be the sample's."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.brevo import Options, RunningBrevo, serving
from sandbox.brevo.contacts import ContactChange
from sandbox.brevo.faults import BrevoFault
from tests.support.processes import eventually

SAMPLES = Path(__file__).parents[2] / "schemas" / "examples" / "brevo"
KEY = "xkeysib-EXAMPLE"
MAYA = "maya.okafor@example.com"
Json = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """One request of a sample file with the answer that belongs to it."""

    name: str
    request: Json
    response: Json


# What file 11 answers has no request in the file: these provoke it.
PROVOKING: dict[str, Json] = {
    "no key sent": {"method": "GET", "path": "/v3/account", "headers": {}},
    "unknown key (or an SMTP key)": {"method": "GET", "path": "/v3/account", "headers": {"api-key": "xsmtpsib-x"}},
    "address not on the authorised list": {"method": "GET", "path": "/v3/account"},
    "feature not on this account": {"method": "GET", "path": "/v3/contacts/consent-groups"},
    "rate limit": {"method": "GET", "path": "/v3/contacts/attributes"},
    "edge in front of the API": {"method": "GET", "path": "/v3/contacts/attributes"},
}


def _cases() -> Iterator[Case]:
    for path in sorted(SAMPLES.glob("*.json")):
        sample = json.loads(path.read_text())
        for case in sample.get("cases", [sample]):
            name = case.get("name", "only")
            request = case.get("request") or PROVOKING.get(name)
            if request and "response" in case:
                yield Case(f"{path.stem}: {name}", request, case["response"])


CASES = list(_cases())


def _world(brevo: RunningBrevo) -> None:
    """An account in which the samples make sense: their attributes, lists and Maya."""
    store, now = brevo.state.store, brevo.state.now()
    for name, kind in (
        ("ZOOM_LAST_ATTENDED", "date"),
        ("ZOOM_ATTENDED_MINUTES", "float"),
        ("ZOOM_ATTENDED", "boolean"),
    ):
        store.attributes.create("normal", name, kind)
    store.lists.create_folder("Webinars", folder_id=2)
    for list_id in (36, 37, 38):
        store.lists.create("Webinar 8412", 2, list_id=list_id)
    attributes: dict[str, object] = {"FIRSTNAME": "Maya", "LASTNAME": "Okafor", "ZOOM_LAST_ATTENDED": "2026-11-20"}
    attributes |= {"ZOOM_ATTENDED_MINUTES": 47.5, "ZOOM_ATTENDED": True}
    store.contacts.upsert(ContactChange(MAYA, attributes=attributes, list_ids=(36, 37)), now, update=True)


def _without_maya(brevo: RunningBrevo) -> None:
    store = brevo.state.store
    store.contacts.remove(store.contacts.get(MAYA))


def _without_new_attributes(brevo: RunningBrevo) -> None:
    for name in ("ZOOM_LAST_ATTENDED", "ZOOM_ATTENDED_MINUTES"):
        brevo.state.store.attributes.remove("normal", name)


def _more_attributes(brevo: RunningBrevo) -> None:
    store = brevo.state.store
    store.attributes.remove("normal", "LASTNAME")
    choices = {"product": "product", "sales": "sales"}
    store.attributes.create("normal", "ZOOM_TOPICS", "multiple-choice", options=choices)
    store.attributes.create("category", "ZOOM_STATUS", "category", options={"1": "registered", "2": "attended"})


def _two_lists(brevo: RunningBrevo) -> None:
    brevo.state.store.lists.remove(38)


def _off_list(brevo: RunningBrevo) -> None:
    store = brevo.state.store
    store.contacts.leave(store.contacts.get(MAYA), [37])


def _fault(kind: str) -> Callable[[RunningBrevo], None]:
    return lambda brevo: brevo.state.faults.add(BrevoFault.model_validate({"kind": kind}))


BEFORE: dict[str, Callable[[RunningBrevo], None]] = {
    "01_contact_upsert_created: only": _without_maya,
    "03_contact_errors: 425 Too Early": _fault("425"),
    "05_attributes: create normal/date": _without_new_attributes,
    "05_attributes: create normal/float": _without_new_attributes,
    "05_attributes: list": _more_attributes,
    "06_lists: read lists (page size at most 50; totalSubscribers and totalBlacklisted are now always 0)": _two_lists,
    "06_lists: add, mixed result": _off_list,
    "10_transactional_email: out of credit": _fault("402"),
    "11_auth_and_rate_limit_errors: address not on the authorised list": _fault("401_ip"),
    "11_auth_and_rate_limit_errors: rate limit": _fault("429"),
    "11_auth_and_rate_limit_errors: edge in front of the API": _fault("html"),
}


async def _call(
    client: aiohttp.ClientSession, brevo: RunningBrevo, request: Json
) -> tuple[int, Any, aiohttp.ClientResponse]:
    body = json.dumps(request["body"]).encode() if "body" in request else None
    headers = request.get("headers", {"api-key": KEY})
    url = f"{brevo.address}{request['path']}"
    async with client.request(request["method"], url, data=body, headers=headers) as response:
        text = await response.text()
    return response.status, _json_or_text(text), response


def _json_or_text(text: str) -> Any:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


async def _prepare(client: aiohttp.ClientSession, brevo: RunningBrevo, case: Case) -> None:
    """What needs calls of its own: a running import, a finished one, a used key."""
    _world(brevo)
    if case.name in BEFORE:
        BEFORE[case.name](brevo)
    if "07_import_and_process: poll" in case.name:
        start = json.loads((SAMPLES / "07_import_and_process.json").read_text())["cases"][0]["request"]
        rows = [*start["body"]["jsonBody"], {"email": "no address"}]
        await _call(client, brevo, {**start, "body": {"listIds": [38], "jsonBody": rows}})
    if case.name.endswith("poll, done"):
        process = brevo.state.store.processes.get(217)

        async def completed() -> bool:
            return process.status == "completed"

        await eventually(completed, what="the import is completed")
    if "same idempotencyKey" in case.name:
        await _call(client, brevo, case.request)


def _same_shape(expected: Any, actual: Any, where: str = "body") -> None:
    """Same fields and kinds of values; values themselves are the sample's own affair."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), where
        assert set(actual) == set(expected), where
        for name, value in expected.items():
            _same_shape(value, actual[name], f"{where}.{name}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), where
        # Maya is unsubscribed from a list in the sample alone: a case without per-list unsubscription has none.
        assert len(actual) >= len(expected) or where.endswith("listUnsubscribed"), where
        for wanted, value in zip(expected, actual, strict=False):
            _same_shape(wanted, value, where)
    elif isinstance(expected, int | float) and not isinstance(expected, bool):
        assert isinstance(actual, int | float), where
    else:
        assert type(actual) is type(expected), where


def _same_words(expected: Json, actual: Json) -> None:
    """Codes and messages are the same wherever the sample is sure of them."""
    assert actual.get("code") == expected.get("code") or "code" not in expected
    message = expected["message"]
    if message == "(text not confirmed)":
        assert actual["message"]
    elif message.endswith("..."):
        assert actual["message"].startswith(message.removesuffix(" ..."))
    else:
        assert actual["message"] == message
    assert actual.get("metadata") == expected.get("metadata")


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
async def test_sandbox_played_sample_answers_as_the_sample(case: Case) -> None:
    """The sandbox's answer has the sample's status, headers, code, message and shape."""
    slow = 0 if case.name.endswith("poll, done") else 3_600
    async with (
        serving(Options(api_key=KEY, import_seconds=slow)) as brevo,
        aiohttp.ClientSession() as client,
    ):
        await _prepare(client, brevo, case)
        status, body, response = await _call(client, brevo, case.request)
        assert brevo.state.calls.refused == []
    assert status == case.response["status"], body
    for name in case.response.get("headers", {}):
        assert response.headers[name].isdecimal()
    assert "Retry-After" not in response.headers
    expected = case.response["body"]
    if isinstance(expected, dict) and "message" in expected and status >= 400:
        _same_words(expected, body)
    elif isinstance(expected, str):
        assert isinstance(body, str)
        assert body.startswith("<html>")
    else:
        _same_shape(expected, body)


def test_samples_with_an_answer_are_all_played() -> None:
    """A sample that nobody plays would pass unseen, as would a preparation that belongs to none."""
    samples = [json.loads(path.read_text()) for path in SAMPLES.glob("*.json")]
    answers = [case for sample in samples for case in sample.get("cases", [sample]) if "response" in case]
    assert len(CASES) == len(answers) > 30
    assert set(BEFORE) <= {case.name for case in CASES}
