"""Seeded webinars and meetings: what Zoom would send and answer, and who was there."""

from sandbox.simulator.simulation import ACCOUNT_ID, simulate_meeting, simulate_webinar
from sandbox.simulator.world import CHAOS, DELIVERY_CHAOS, REPORT_CHAOS, Chaos, UnsignedDelivery, World

__all__ = [
    "ACCOUNT_ID",
    "CHAOS",
    "DELIVERY_CHAOS",
    "REPORT_CHAOS",
    "Chaos",
    "UnsignedDelivery",
    "World",
    "simulate_meeting",
    "simulate_webinar",
]
