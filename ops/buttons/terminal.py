"""Commands that no button stands for: they need a secret of Zoom's or Brevo's, or a file of a worker."""

from __future__ import annotations

from console.acting import TerminalCommand
from ops.buttons.commands import with_reason

_ZOOM = "Needs Zoom's secret, which this console does not hold."
_BREVO = "Needs Brevo's key, which this console does not hold."

TERMINAL_COMMANDS = (
    TerminalCommand(
        with_reason("backfill", "--from", "2026-06-01", "--to", "2026-06-30"),
        f"Fill in past sessions. {_ZOOM}",
    ),
    TerminalCommand(
        with_reason("zoom", "subscribe", "--url", "https://rollcall.example.com/webhooks/zoom"),
        f"Have Zoom send the events of the enabled features. {_ZOOM}",
    ),
    TerminalCommand(
        with_reason("zoom", "recover"),
        f"Fetch what Zoom could not deliver. {_ZOOM}",
    ),
    TerminalCommand(with_reason("zoom", "login"), f"Let Rollcall ask an account of Zoom's. {_ZOOM}"),
    TerminalCommand(with_reason("zoom", "logout"), f"Let it ask that account no more. {_ZOOM}"),
    TerminalCommand(
        with_reason("brevo", "apply"),
        f"Create the attributes, lists and webhooks that the account lacks. {_BREVO}",
    ),
    TerminalCommand(
        "rollcall worker --resume --reason …",
        "Let a worker that stopped itself at too many dead letters go on: on the machine of that worker, which has "
        "noted it in its ROLLCALL_DATA_DIR.",
    ),
    TerminalCommand(
        with_reason("rebuild", "grow", "OLD-PREFIX"),
        "Bring an installation over to more partitions, under another prefix: with the environment of the new one, "
        "which is not this console's.",
    ),
)
"""In the order of the page."""
