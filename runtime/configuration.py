"""Loads `rollcall.yaml` for one process: resolves what this process reads, validates all, tells all errors at once."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import SecretStr, ValidationError

from runtime import scopes
from runtime.document import read_document
from runtime.environment import Counterparts
from runtime.explanations import Location, explain, lost_indentation, show
from runtime.field_mapping import mapping_mistakes
from runtime.models import Configuration, ZoomAccount, list_mistakes
from runtime.references import has_reference, resolve
from runtime.scopes import ProcessScope
from runtime.secrecy import PUBLISHED, is_provider, mistaken, shows_secrets, too_short
from schemas.errors import ConfigurationError

_log = logging.getLogger(__name__)
_DROPPED = object()
_UNVERIFIABLE = (
    "missing or empty; without it anybody could send events. Copy the Secret Token from the Zoom app's page Access"
)
_PUBLISHED = "everybody knows it: it is published with Rollcall, for its sandbox. Use your own"
_Problem = tuple[Location, str]
_Check = Callable[[Configuration, Counterparts], Iterator[_Problem]]


def load_ingress(path: Path, environment: Mapping[str, str]) -> Configuration:
    """What the ingress reads; without the Brevo key and the Zoom client's credentials, which it must not hold.

    Raises:
        ConfigurationError: all that is wrong, one line each: `<file>: <path of the key>: <what to do>`.
    """
    return _load(path, environment, scopes.INGRESS, _check_ingress)


def load_worker(path: Path, environment: Mapping[str, str]) -> Configuration:
    """What the worker reads; without the webhook secrets. Raises as `load_ingress`."""
    return _load(path, environment, scopes.WORKER, _check_worker)


def load_for_display(path: Path, environment: Mapping[str, str]) -> Configuration:
    """Everything, for people to look at: a variable that is not set is a warning, and its key has its default.

    Raises:
        ConfigurationError: as `load_ingress`, but for what is not set.
    """
    return _load(path, environment, scopes.DISPLAY, _check_contacts, lenient=True)


def unresolved(path: Path, environment: Mapping[str, str]) -> dict[str, str]:
    """By key, as the file has it: why its `${NAME}` has no value. Raises as `load_for_display` for the file itself."""
    document = _with_defaults(read_document(path))
    resolution = _Resolution(environment, drops_unset=True)
    resolution.of(document, (), scopes.DISPLAY)
    return {show(where, document): problem for where, problem in resolution.problems}


def _load(
    path: Path, environment: Mapping[str, str], scope: ProcessScope, check: _Check, *, lenient: bool = False
) -> Configuration:
    document = _with_defaults(read_document(path))
    if lost := lost_indentation(document):
        raise ConfigurationError(f"{path}: {lost}")
    resolution = _Resolution(environment, drops_unset=lenient)
    resolved = resolution.of(document, (), scope)
    problems = {} if lenient else {show(where, document): problem for where, problem in resolution.problems}
    configuration = None
    try:
        configuration = Configuration.model_validate(resolved)
        found = list(check(configuration, Counterparts.read(environment)))
    except ValidationError as error:
        found = [(mistake["loc"], explain(mistake, document)) for mistake in error.errors(include_url=False)]
    for where, problem in found:
        problems.setdefault(show(where, document), problem)
    if problems or configuration is None:
        raise ConfigurationError("\n".join(f"{path}: {where}: {problem}" for where, problem in problems.items()))
    for where, problem in resolution.problems:
        _log.warning("configuration incomplete", extra={"key": show(where, document), "problem": problem})
    if resolution.retired:
        _log.warning(
            "configuration key ignored",
            extra={
                "key": show(resolution.retired[0], document),
                "reason": "Zoom retired the verification token; secret_token verifies deliveries; remove the key",
            },
        )
    return configuration


def _with_defaults(document: dict[str, Any]) -> dict[str, Any]:
    """The document with `brevo.api_key: ${BREVO_API_KEY}` where the file says nothing about the key."""
    brevo = document.get("brevo") or {}
    if isinstance(brevo, dict) and brevo.get("api_key") is None:
        return {**document, "brevo": {**brevo, "api_key": "${BREVO_API_KEY}"}}
    return document


class _Resolution:
    """Walks the document: resolves what is read, leaves out what is not, and collects what went wrong."""

    def __init__(self, environment: Mapping[str, str], *, drops_unset: bool) -> None:
        self.problems: list[_Problem] = []
        self.retired: list[Location] = []
        self._environment = environment
        self._drops_unset = drops_unset

    def of(self, value: Any, location: Location, scope: ProcessScope) -> Any:
        """The value as it is validated, or `_DROPPED`."""
        keys = tuple(key for key in location if isinstance(key, str))
        if keys == scopes.VERIFICATION_TOKEN:
            self.retired.append(location)
            return _DROPPED
        if isinstance(value, dict):
            inner = scopes.DISABLED_ACCOUNT if keys == scopes.ZOOM and value.get("enabled") is False else scope
            return dict(self._kept(value.items(), location, inner))
        if isinstance(value, list):
            return [item for _, item in self._kept(enumerate(value), location, scope)]
        return self._value(value, location, keys, scope)

    def _value(self, value: Any, location: Location, keys: scopes.Keys, scope: ProcessScope) -> Any:
        if not scope.reads(keys):
            return _DROPPED if has_reference(value) or scopes.is_secret(keys) else value
        resolved = self._resolved(value, location) if has_reference(value) else value
        is_credential = scopes.is_secret(keys) or keys[-1:] == ("account_id",)
        if is_credential and isinstance(resolved, str) and (problem := mistaken(resolved)):
            self.problems.append((location, problem))
        return resolved

    def _kept(
        self, entries: Iterable[tuple[str | int, Any]], at: Location, scope: ProcessScope
    ) -> Iterator[tuple[Any, Any]]:
        for key, below in entries:
            value = self.of(below, (*at, key), scope)
            if value is not _DROPPED:
                yield key, value

    def _resolved(self, text: str, location: Location) -> Any:
        try:
            return resolve(text, self._environment)
        except ConfigurationError as error:
            self.problems.append((location, str(error)))
            # The id is required, so it shows as it was written.
            return _DROPPED if self._drops_unset and location[-1] != "account_id" else text


def _check_ingress(configuration: Configuration, others: Counterparts) -> Iterator[_Problem]:
    yield from _check_accounts(configuration, others)
    yield from _check_brevo_webhook(configuration, others)
    for where, account in _enabled(configuration):
        tokens = account.webhook.secret_token
        for index, token in enumerate(tokens):
            here: Location = (*where, "webhook", "secret_token", index)
            if not token.get_secret_value():
                yield here, _UNVERIFIABLE
            elif problem := _weak(token, others.zoom_oauth_base_url):
                yield here, problem
        if not tokens:
            yield (*where, "webhook", "secret_token"), _UNVERIFIABLE


def _check_contacts(configuration: Configuration, others: Counterparts) -> Iterator[_Problem]:
    """What is wrong for whoever writes contacts, or shows what would be written: the ingress goes on receiving."""
    yield from _check_accounts(configuration, others)
    for place, mistake in mapping_mistakes(configuration.field_mapping):
        yield ("field_mapping", *place), mistake
    for index, account in enumerate(configuration.connectors.zoom):
        for mistake in list_mistakes(account.lists):
            yield ("connectors", "zoom", index, "lists"), mistake


def _check_worker(configuration: Configuration, others: Counterparts) -> Iterator[_Problem]:
    yield from _check_contacts(configuration, others)
    yield from _check_brevo_webhook(configuration, others)
    if not _filled(configuration.brevo.api_key):
        yield ("brevo", "api_key"), "empty; set it to an API key of Brevo (Settings, SMTP & API, API keys)"
    elif _is_published(configuration.brevo.api_key, others.brevo_api_base_url):
        yield ("brevo", "api_key"), _PUBLISHED
    for where, account in _enabled(configuration):
        for name, value in (("client_id", account.client_id), ("client_secret", account.client_secret)):
            if not _filled(value):
                yield (*where, name), "missing or empty; copy it from the Zoom app's page App Credentials"
        if _is_published(account.client_secret, others.zoom_oauth_base_url):
            yield (*where, "client_secret"), _PUBLISHED


def _check_brevo_webhook(configuration: Configuration, others: Counterparts) -> Iterator[_Problem]:
    """What Brevo calls us with: nobody may guess it, nor read it on the way."""
    brevo = configuration.brevo
    for name, secret in (("token", brevo.webhook.token), ("password", brevo.webhook.password)):
        if secret is not None and (problem := _weak(secret, others.brevo_api_base_url)):
            yield ("brevo", "webhook", name), problem
    for where, url in ((("brevo", "notify_url"), brevo.notify_url), (("brevo", "webhook", "url"), brevo.webhook.url)):
        if url is not None and shows_secrets(url) and not others.allows_plaintext:
            yield where, "http:// shows Brevo's token to everybody on the way; write https://"


def _weak(secret: SecretStr, base_url: str) -> str | None:
    return _PUBLISHED if _is_published(secret, base_url) else too_short(secret.get_secret_value())


def _is_published(secret: SecretStr | None, base_url: str) -> bool:
    return secret is not None and secret.get_secret_value() in PUBLISHED and is_provider(base_url)


def _check_accounts(configuration: Configuration, _others: Counterparts) -> Iterator[_Problem]:
    if not configuration.connectors.zoom:
        yield scopes.ZOOM, "empty; at least one Zoom account is needed"
    ids = Counter(account.account_id for account in configuration.connectors.zoom)
    for index, account in enumerate(configuration.connectors.zoom):
        where: Location = ("connectors", "zoom", index, "account_id")
        if not account.account_id:
            yield where, "empty; copy the Account ID from the Zoom app's page App Credentials"
        elif ids[account.account_id] > 1:
            yield (
                where,
                f"`{account.account_id}` is the id of {ids[account.account_id]} accounts here; each needs its own",
            )


def _enabled(configuration: Configuration) -> Iterator[tuple[tuple[str, str, int], ZoomAccount]]:
    for index, account in enumerate(configuration.connectors.zoom):
        if account.enabled:
            yield ("connectors", "zoom", index), account


def _filled(value: str | SecretStr | None) -> bool:
    return bool(value.get_secret_value() if isinstance(value, SecretStr) else value)
