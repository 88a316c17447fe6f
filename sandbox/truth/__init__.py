"""What must be true of a session, computed naively and apart from the product's own rules. PURE."""

from sandbox.truth.contacts import ContactTruth, Truth, truth_of
from sandbox.truth.events import EventTruth
from sandbox.truth.rules import Rules

__all__ = ["ContactTruth", "EventTruth", "Rules", "Truth", "truth_of"]
