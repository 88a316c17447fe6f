from __future__ import annotations

import hmac
from typing import Any

import pytest

from ingress.signature import SigningKey, challenge_answer, is_fresh, signature_of, verifying_key, well_formed
from tests.support.ingress import KEY, SECRET, vectors

VECTORS: list[dict[str, Any]] = vectors()["vectors"]
OTHER = SigningKey(b"another-secret", ("account-b",))


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_verifying_key_known_vector_is_the_signing_key(vector: dict[str, Any]) -> None:
    """The signature covers timestamp and raw bytes, exactly as the vectors were computed."""
    body = vector["raw_body"].encode()
    assert len(body) == vector["raw_body_utf8_length"]
    assert verifying_key([KEY], vector["timestamp"].encode(), body, vector["signature"].encode()) is KEY


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_verifying_key_signature_of_reserialised_body_is_refused(vector: dict[str, Any]) -> None:
    """What a verifier that writes the JSON anew would accept is not Zoom's signature."""
    body, timestamp = vector["raw_body"].encode(), vector["timestamp"].encode()
    wrong = {vector["signature_if_python_json_dumps_default"], vector["signature_if_compact_non_ascii_kept"]}
    for signature in wrong - {vector["signature"]}:
        assert verifying_key([KEY], timestamp, body, signature.encode()) is None


def test_verifying_key_one_byte_changed_is_refused() -> None:
    """A forged body, a shifted timestamp and another secret all fail."""
    body, timestamp = b'{"event":"meeting.started"}', b"1786543410"
    signature = signature_of(SECRET, timestamp, body)
    assert verifying_key([KEY], timestamp, body, signature) is KEY
    assert verifying_key([KEY], timestamp, body.replace(b"started", b"startes"), signature) is None
    assert verifying_key([KEY], b"1786543411", body, signature) is None
    assert verifying_key([OTHER], timestamp, body, signature) is None


def test_verifying_key_among_several_is_the_one_that_signed() -> None:
    """While a secret is rotated both verify, and it is known which one did."""
    signature = signature_of(OTHER.secret, b"1", b"{}")
    assert verifying_key([KEY, OTHER], b"1", b"{}", signature) is OTHER
    assert verifying_key([OTHER, KEY], b"1", b"{}", signature) is OTHER


def test_verifying_key_without_keys_is_none() -> None:
    """Nothing is verified by nobody."""
    assert verifying_key([], b"1", b"{}", signature_of(b"x", b"1", b"{}")) is None


def test_verifying_key_tries_every_key_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the first match nor the first difference ends the comparison early."""
    compared: list[bytes] = []
    compare = hmac.compare_digest

    def spy(left: bytes, right: bytes) -> bool:
        compared.append(left)
        return compare(left, right)

    monkeypatch.setattr(hmac, "compare_digest", spy)
    verifying_key([KEY, OTHER], b"1", b"{}", signature_of(SECRET, b"1", b"{}"))
    assert len(compared) == 2


@pytest.mark.parametrize(
    ("timestamp", "signature"),
    [
        (b"", b"v0=" + b"0" * 64),
        (b"17865434x0", b"v0=" + b"0" * 64),
        (b"-1786543410", b"v0=" + b"0" * 64),
        ("١٧٨٦".encode(), b"v0=" + b"0" * 64),
        (b"1786543410", b""),
        (b"1786543410", b"v0=" + b"0" * 63),
        (b"1786543410", b"v0=" + b"g" * 64),
        (b"1786543410", b"v1=" + b"0" * 64),
        (b"1786543410", "v0=é".encode()),
        (b"1786543410\n", b"v0=" + b"0" * 64),
    ],
)
def test_well_formed_other_header_forms_are_refused(timestamp: bytes, signature: bytes) -> None:
    """Only digits and `v0=` with 64 hex digits are worth a comparison."""
    assert not well_formed(timestamp, signature)


def test_well_formed_zooms_form_is_accepted() -> None:
    """The form of the vectors."""
    assert all(well_formed(vector["timestamp"].encode(), vector["signature"].encode()) for vector in VECTORS)


@pytest.mark.parametrize(("now", "fresh"), [(700, True), (1000, True), (1300, True), (699.9, False), (1300.1, False)])
def test_is_fresh_off_in_either_direction_within_tolerance(now: float, fresh: bool) -> None:
    """Zoom's clock may be ahead of ours as well as behind."""
    assert is_fresh(b"1000", now, 300) is fresh


def test_signing_key_empty_secret_is_refused() -> None:
    """With an empty key anybody could sign."""
    with pytest.raises(ValueError, match="empty secret"):
        SigningKey(b"", ("account",))
    with pytest.raises(ValueError, match="at least one account"):
        SigningKey(b"secret", ())


def test_signing_key_repr_hides_secret() -> None:
    """A key that is printed does not tell the secret."""
    assert "fixture-secret" not in repr(KEY)


def test_challenge_answer_known_vector_matches() -> None:
    """The answer is the token's HMAC in hex."""
    crc = vectors()["crc"]
    assert challenge_answer(SECRET, crc["plainToken"]) == crc


@pytest.mark.parametrize(
    "token",
    [
        'v0:1786543410:{"event":"webinar.ended"}',
        "v0:1786543410:x",
        "",
        "a" * 129,
        "abc\n",
        "abc def",
        "é",
        None,
        7,
        ["abc"],
    ],
)
def test_challenge_answer_token_that_could_be_a_message_is_not_signed(token: object) -> None:
    """The endpoint is no signing oracle: a token can never be a message that a signature is made of."""
    assert challenge_answer(SECRET, token) is None
