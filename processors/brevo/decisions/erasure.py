"""The sink's rule with what its tables hold of a person: all rows under their id. PURE."""

from __future__ import annotations

from typing_extensions import override

from processors.brevo.decisions.intake import CommandIntake
from processors.brevo.decisions.ledger import BREVO_PENDING, LEDGER, SUPPRESSIONS, contact_of
from processors.brevo.decisions.open_commands import OpenCommands
from processors.brevo.decisions.sending_rules import SendingRules
from processors.engine.view import View
from processors.erasure.erasing import Cleaner, ErasingRule, IsErased, WalkedRow
from processors.erasure.marks import Marks

AGENT = "sync-contact"


def sink_rule(
    rules: SendingRules, named_lists: frozenset[int] = frozenset(), commands: OpenCommands | None = None
) -> ErasingRule:
    """The intake, and the way out for who is to be forgotten; `commands` as the intake keeps them."""
    return ErasingRule(CommandIntake(rules, named_lists, commands), AGENT, Marks(SUPPRESSIONS), LedgerCleaner())


class LedgerCleaner(Cleaner):
    """Of the agent `sync-contact`: what waits for Brevo goes with what Brevo has acknowledged."""

    walks = ((LEDGER, b""), (BREVO_PENDING, b""), (SUPPRESSIONS, b""))

    @override
    def cleaned(self, row: WalkedRow, is_erased: IsErased, view: View) -> bytes | None:
        return None if is_erased(contact_of(row.key)) else row.value
