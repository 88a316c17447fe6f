"""Brevo in miniature: as strict as the real one where that is known, and stricter where a typo would hide."""

from sandbox.brevo.server import RunningBrevo, build_app, serve, serving
from sandbox.brevo.state import BrevoState
from sandbox.brevo.store import DEMO_ATTRIBUTES, DEMO_LISTS, Options

__all__ = [
    "DEMO_ATTRIBUTES",
    "DEMO_LISTS",
    "BrevoState",
    "Options",
    "RunningBrevo",
    "build_app",
    "serve",
    "serving",
]
