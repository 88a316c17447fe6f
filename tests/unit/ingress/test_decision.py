from __future__ import annotations

import json
from typing import Any

import pytest

from ingress.decision import Publish, Reply, decide
from ingress.envelope import Delivery
from ingress.signature import SigningKey, signature_of
from schemas.topics import QUARANTINE, RAW_EVENTS
from tests.support.ingress import ACCOUNT, KEY, SECRET, as_zoom_writes, example, vectors

NOW = 1_786_543_410.0
OTHER = SigningKey(b"secret-of-b", ("account-b",))
STARTED = as_zoom_writes(example("meeting.started__plain"))


def signed(body: bytes, *, secret: bytes = SECRET, at: float = NOW) -> Delivery:
    """A delivery that arrives at NOW, signed for `at`."""
    timestamp = str(int(at)).encode()
    return Delivery(body, timestamp, signature_of(secret, timestamp, body), "", NOW)


def naming(account: str) -> bytes:
    """An event of an account."""
    return as_zoom_writes({"event": "meeting.started", "payload": {"account_id": account, "object": {"id": 5}}})


@pytest.mark.parametrize("vector", vectors()["vectors"], ids=lambda vector: str(vector["name"]))
def test_decide_known_vector_is_authentic(vector: dict[str, Any]) -> None:
    """Each vector passes as it is; with the signature of re-serialised JSON it does not."""
    body, timestamp = vector["raw_body"].encode(), vector["timestamp"].encode()
    at = float(vector["timestamp"])
    passed = decide([KEY], Delivery(body, timestamp, vector["signature"].encode(), "", at))
    assert passed.outcome in ("accepted", "challenge")
    forged = vector["signature_if_python_json_dumps_default"].encode()
    refused = decide([KEY], Delivery(body, timestamp, forged, "", at))
    assert isinstance(refused, Reply)
    assert refused.status == 401


def test_decide_fresh_event_goes_to_the_live_topic() -> None:
    """The ordinary case."""
    decided = decide([KEY], signed(STARTED))
    assert isinstance(decided, Publish)
    assert (decided.topic, decided.outcome, decided.account_id) == (RAW_EVENTS, "accepted", ACCOUNT)
    assert json.loads(decided.body) == {"status": "accepted"}


@pytest.mark.parametrize(
    ("timestamp", "signature", "reason"),
    [
        (b"", b"v0=" + b"0" * 64, "missing_header"),
        (b"1786543410", b"", "missing_header"),
        (b"soon", b"v0=" + b"0" * 64, "malformed_header"),
        (b"1786543410", b"v0=", "malformed_header"),
        (b"1786543410", b"v0=" + b"0" * 64, "wrong_signature"),
    ],
)
def test_decide_unsigned_is_401_without_the_reason(timestamp: bytes, signature: bytes, reason: str) -> None:
    """All answers are alike; only the counter knows more."""
    decided = decide([KEY], Delivery(STARTED, timestamp, signature, "", NOW))
    assert decided == Reply(401, b'{"status":"unauthorized"}', "unauthorized", reason)


def test_decide_forged_challenge_is_401() -> None:
    """A challenge is verified like any delivery."""
    body = as_zoom_writes(example("endpoint.url_validation__plain"))
    assert isinstance(decided := decide([KEY], signed(body, secret=b"guessed")), Reply)
    assert decided.status == 401


@pytest.mark.parametrize("at", [NOW, NOW - 86_400, NOW + 86_400])
def test_decide_challenge_is_answered_stale_or_not(at: float) -> None:
    """The answer holds no fact that could be replayed, and must not depend on clocks."""
    decided = decide([KEY], signed(as_zoom_writes(example("endpoint.url_validation__plain")), at=at))
    assert isinstance(decided, Reply)
    assert (decided.status, json.loads(decided.body)) == (200, vectors()["crc"])


def test_decide_challenge_is_answered_with_the_secret_that_verified_it() -> None:
    """Each account's app, and each secret of a rotation, gets its own answer."""
    body = as_zoom_writes({"event": "endpoint.url_validation", "payload": {"plainToken": "abc"}})
    answers = {decide([KEY, OTHER], signed(body, secret=key.secret)) for key in (KEY, OTHER)}
    assert len(answers) == 2


@pytest.mark.parametrize("token", ["v0:1786543410:" + STARTED.decode(), "", "a b", None, {"x": 1}])
def test_decide_challenge_as_signing_oracle_is_400(token: object) -> None:
    """A token that is a message would be answered with that message's signature."""
    body = as_zoom_writes({"event": "endpoint.url_validation", "payload": {"plainToken": token}})
    assert isinstance(decided := decide([KEY], signed(body)), Reply)
    assert (decided.status, decided.outcome) == (400, "challenge_refused")
    assert signature_of(SECRET, b"1786543410", STARTED)[3:] not in decided.body


def test_decide_challenge_without_payload_is_400() -> None:
    """There is no token to sign."""
    for payload in (b"", b',"payload":[]', b',"payload":{}'):
        decided = decide([KEY], signed(b'{"event":"endpoint.url_validation"' + payload + b"}"))
        assert isinstance(decided, Reply)
        assert decided.status == 400


@pytest.mark.parametrize("at", [NOW - 301, NOW + 301])
@pytest.mark.parametrize("body", [STARTED, b"not json", b"[1]", b'{"no":"event"}', naming("other")])
def test_decide_authentic_but_stale_is_quarantined(body: bytes, at: float) -> None:
    """In either direction, whatever the body is: before anything is said about its shape."""
    decided = decide([KEY], signed(body, at=at))
    assert isinstance(decided, Publish)
    assert (decided.topic, decided.outcome) == (QUARANTINE, "quarantined_stale")
    assert ("quarantine-reason", b"stale") in decided.record.headers
    if body == b"not json":
        assert decided.record.key == ACCOUNT.encode()


def test_decide_tolerance_is_the_keys() -> None:
    """`webhook.tolerance` of the account whose secret signed it."""
    patient = SigningKey(b"patient", ("account-p",), tolerance_seconds=1_000)
    decided = decide([KEY, patient], signed(naming("account-p"), secret=b"patient", at=NOW - 999))
    assert isinstance(decided, Publish)
    assert decided.topic is RAW_EVENTS


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"7", b'"event"', b"{}", b'{"event":""}', b'{"event":7}'])
def test_decide_signed_but_no_event_is_400(body: bytes) -> None:
    """JSON object with an event's name, or nothing."""
    assert isinstance(decided := decide([KEY], signed(body)), Reply)
    assert (decided.status, decided.outcome) == (400, "unreadable")


def test_decide_lone_surrogate_in_a_name_is_accepted_repaired() -> None:
    """What orjson refuses is no reason to lose an event."""
    body = STARTED.replace(b"Onboarding", rb"On\ud83dboarding")
    decided = decide([KEY], signed(body))
    assert isinstance(decided, Publish)
    assert "On�boarding" in decided.record.value.decode()


def test_decide_payload_of_another_account_is_quarantined() -> None:
    """A secret speaks for its own accounts only."""
    decided = decide([KEY, OTHER], signed(naming("account-b")))
    assert isinstance(decided, Publish)
    assert (decided.topic, decided.outcome) == (QUARANTINE, "quarantined_account")
    assert decided.record.key == b"5"
    accepted = decide([KEY, OTHER], signed(naming("account-b"), secret=OTHER.secret))
    assert isinstance(accepted, Publish)
    assert (accepted.topic, accepted.account_id) == (RAW_EVENTS, "account-b")


def test_decide_accounts_that_share_an_app_are_told_by_the_payload() -> None:
    """One secret, several installations."""
    shared = SigningKey(b"shared", ("a", "b"))
    for account, topic in (("a", RAW_EVENTS), ("b", RAW_EVENTS), ("c", QUARANTINE)):
        decided = decide([shared], signed(naming(account), secret=b"shared"))
        assert isinstance(decided, Publish)
        assert decided.topic is topic


def test_decide_payload_without_account_is_the_signers() -> None:
    """Nothing contradicts the secret."""
    decided = decide([KEY], signed(b'{"event":"x.y"}'))
    assert isinstance(decided, Publish)
    assert (decided.topic, decided.record.key) == (RAW_EVENTS, ACCOUNT.encode())


@pytest.mark.parametrize("where", ["webinar", "participant", "account"])
def test_decide_id_that_zoom_never_gives_is_400(where: str) -> None:
    """An id of 70,000 letters would become a key, a path and a word in logs: it is refused at the endpoint."""
    event = example("webinar.participant_joined__registrant")
    payload = event["payload"]
    long = {"webinar": payload["object"], "participant": payload["object"]["participant"], "account": payload}[where]
    long["account_id" if where == "account" else "id"] = "7" * 1_001
    assert decide([KEY], signed(as_zoom_writes(event))) == Reply(400, b'{"status":"bad request"}', "unreadable")
    long["account_id" if where == "account" else "id"] = "7" * 1_000
    assert isinstance(decide([KEY], signed(as_zoom_writes(event))), Publish)
