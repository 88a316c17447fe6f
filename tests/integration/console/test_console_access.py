"""Who gets in, who sees what, and what is refused before it is looked at."""

from pathlib import Path

import pytest

from console.attempts import MOST_PER_NAME
from console.password_file import PasswordFile
from tests.support.console import PASSWORD, Visitor, console
from tests.support.console_story import OPERATORS_ONLY, PAGES, SESSION, story


async def test_readers_see_no_machinery(at_console: tuple[Visitor, PasswordFile]) -> None:
    """They are told who can change that."""
    visitor, _ = at_console
    await visitor.sign_in("ben")
    for page in OPERATORS_ONLY:
        status, text = await visitor.get(page)
        assert (status, "for operators" in text) == (403, True), page


async def test_without_signing_in_there_is_the_form_alone(at_console: tuple[Visitor, PasswordFile]) -> None:
    """Of every page."""
    visitor, _ = at_console
    assert await visitor.get("/health/ready") == (200, '{"status": "ready"}')
    for page in (*PAGES, "/live", f"{SESSION}/people.csv"):
        _, text = await visitor.get(page)
        assert "<h1>Sign in</h1>" in text, page
        assert "example.com" not in text


async def test_a_form_of_somewhere_else_changes_nothing(at_console: tuple[Visitor, PasswordFile]) -> None:
    """Neither signing in nor out nor searching; afterwards one is still signed in."""
    visitor, _ = at_console
    await visitor.get("/sign-in")
    assert (await visitor.post("/sign-in", name="ana", password=PASSWORD, csrf="0" * 64))[0] == 403
    assert await visitor.sign_in("ana") == 303
    before = visitor.token
    assert (await visitor.post("/sign-out", csrf=before))[0] == 403  # of the form before signing in
    assert (await visitor.get("/deliveries"))[0] == 200
    assert (await visitor.post("/sign-out"))[:2] == (303, "/sign-in")
    assert "<h1>Sign in</h1>" in (await visitor.get("/sessions"))[1]


async def test_wrong_passwords_are_limited_by_name(at_console: tuple[Visitor, PasswordFile]) -> None:
    """The right one is refused then, too; somebody else still gets in."""
    visitor, _ = at_console
    for _ in range(MOST_PER_NAME):
        assert await visitor.sign_in("ana", "a wrong password") == 401
    assert await visitor.sign_in("ana") == 429
    assert int(visitor.headers["Retry-After"]) > 0
    assert await visitor.sign_in("ben") == 303


async def test_who_is_removed_or_changed_is_out_at_once(at_console: tuple[Visitor, PasswordFile]) -> None:
    """Without a restart."""
    visitor, passwords = at_console
    await visitor.sign_in("ana")
    assert passwords.remove("ana")
    assert "<h1>Sign in</h1>" in (await visitor.get("/sessions"))[1]


async def test_the_cookie_is_for_this_site_and_no_script(at_console: tuple[Visitor, PasswordFile]) -> None:
    """It is another one after signing in."""
    visitor, _ = at_console
    await visitor.get("/sign-in")
    before = visitor.headers["Set-Cookie"]
    await visitor.post("/sign-in", name="ana", password=PASSWORD)
    after = visitor.headers["Set-Cookie"]
    for cookie in (before, after):
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
    assert before.partition(";")[0] != after.partition(";")[0]


async def test_other_names_than_ours_are_refused(at_console: tuple[Visitor, PasswordFile]) -> None:
    """A page elsewhere may make its name point here."""
    visitor, _ = at_console
    assert (await visitor.get("/sign-in", Host="evil.example"))[0] == 421
    assert (await visitor.get("/sign-in", Host="localhost:8083"))[0] == 200


async def test_a_body_that_is_no_form_of_ours_is_refused(at_console: tuple[Visitor, PasswordFile]) -> None:
    """Before anything of it is parsed."""
    visitor, _ = at_console
    for kind, body in (
        ("application/x-www-form-urlencoded; charset=nonsense", b"q=a"),
        ("application/x-www-form-urlencoded", b"q=\xff"),
        ("multipart/form-data", b"q"),
        ("application/json", b"{}"),
    ):
        status, text = await visitor.send("/sign-in", body, kind)
        assert (status, "This form cannot be read" in text) == (400, True), kind


@pytest.mark.parametrize(("networks", "is_in"), [("127.0.0.0/8", True), ("10.0.0.0/8", False)])
async def test_the_header_of_a_trusted_proxy_alone_is_believed(tmp_path: Path, networks: str, is_in: bool) -> None:
    """And of two of them none."""
    variables = {"CONSOLE_TRUST_HEADER": "X-Forwarded-User", "CONSOLE_TRUSTED_PROXIES": networks}
    async with console(tmp_path, story(), CONSOLE_OPERATORS="ana", **variables) as (visitor, _):
        _, text = await visitor.get("/sessions", **{"X-Forwarded-User": "Ana"})
        assert ("Webinar 1" in text, "ana (operator)" in text) == (is_in, is_in)
        _, text = await visitor.get("/sessions")
        assert "<h1>Sign in</h1>" in text
