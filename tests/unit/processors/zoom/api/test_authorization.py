"""The person's part of user-level OAuth."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from processors.zoom.api.authorization import CallbackRefusedError, LoginAttempt, challenge_of

ATTEMPT = LoginAttempt("http://127.0.0.1:8083/oauth/zoom", "state-1", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")


def test_challenge_is_that_of_rfc_7636() -> None:
    """Appendix B of the RFC."""
    assert challenge_of(ATTEMPT.verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_authorize_url_asks_for_a_code_with_state_and_s256() -> None:
    """The verifier itself does not leave the machine."""
    url = ATTEMPT.authorize_url("https://zoom.us/", "client 1")
    assert url.startswith("https://zoom.us/oauth/authorize?")
    assert parse_qs(urlsplit(url).query) == {
        "response_type": ["code"],
        "client_id": ["client 1"],
        "redirect_uri": ["http://127.0.0.1:8083/oauth/zoom"],
        "state": ["state-1"],
        "code_challenge": ["E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"],
        "code_challenge_method": ["S256"],
    }
    assert ATTEMPT.verifier not in url


def test_code_of_our_own_question_is_taken() -> None:
    """And goes to Zoom with the redirect URL and the verifier."""
    code = ATTEMPT.code_of({"code": "c", "state": "state-1"})
    assert ATTEMPT.form(code) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": "http://127.0.0.1:8083/oauth/zoom",
        "code_verifier": ATTEMPT.verifier,
    }


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"code": "c"},
        {"code": "c", "state": "state-2"},
        {"code": "c", "state": "é"},
        {"state": "state-1"},
        {"state": "state-1", "error": "access_denied"},
        {"state": "state-1", "error": "access_denied", "code": "c"},
    ],
)
def test_anything_else_is_refused(query: dict[str, str]) -> None:
    """Another state, a refusal, no code."""
    with pytest.raises(CallbackRefusedError):
        ATTEMPT.code_of(query)


def test_attempt_does_not_show_its_secrets() -> None:
    """In a traceback, for one."""
    assert "state-1" not in repr(ATTEMPT)
    assert ATTEMPT.verifier not in repr(ATTEMPT)
