"""Which keys of the file a process reads: only their `${NAME}` are resolved, and only their secrets are kept. PURE."""

from __future__ import annotations

from dataclasses import dataclass

from runtime.brevo_models import Brevo

Keys = tuple[str, ...]
"""A path in the file by its keys alone, without the indices of lists."""

ZOOM: Keys = ("connectors", "zoom")
VERIFICATION_TOKEN: Keys = (*ZOOM, "webhook", "verification_token")

SECRETS: tuple[Keys, ...] = (
    ("brevo", "api_key"),
    ("brevo", "webhook", "token"),
    ("brevo", "webhook", "password"),
    (*ZOOM, "client_id"),
    (*ZOOM, "client_secret"),
    (*ZOOM, "webhook", "secret_token"),
    VERIFICATION_TOKEN,
)


@dataclass(frozen=True, slots=True)
class ProcessScope:
    """What one process does not read: whole sections or single keys."""

    unread: tuple[Keys, ...]

    def reads(self, keys: Keys) -> bool:
        """Whether the process reads the value at this path."""
        return not _under(keys, self.unread)


def is_secret(keys: Keys) -> bool:
    """Whether the value at this path must never be shown."""
    return _under(keys, SECRETS)


def _under(keys: Keys, paths: tuple[Keys, ...]) -> bool:
    return any(keys[: len(path)] == path for path in paths)


INGRESS = ProcessScope(
    (
        *(("brevo", key) for key in Brevo.model_fields if key != "webhook"),
        ("field_mapping",),
        ("sessions",),
        ("scoring",),
        ("filters",),
        ("zoom_api",),
        (*ZOOM, "client_id"),
        (*ZOOM, "client_secret"),
        (*ZOOM, "lists"),
        VERIFICATION_TOKEN,
    )
)
"""The public endpoint: it never holds the Brevo key or the Zoom client's secret."""

WORKER = ProcessScope(((*ZOOM, "webhook"),))
"""It starts without the webhook secrets."""

DISPLAY = ProcessScope((VERIFICATION_TOKEN,))
"""`rollcall config show`: everything that is not retired."""

DISABLED_ACCOUNT = ProcessScope(
    tuple((*ZOOM, key) for key in ("client_id", "client_secret", "sync", "webhook", "lists", "debug", "log_level"))
)
"""Of an account with `enabled: false` only the id is resolved, so that its variables need not be set."""
