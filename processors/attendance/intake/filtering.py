"""Whether the operator's filters let a session through, as far as it is known. PURE."""

from __future__ import annotations

from processors.attendance.intake.asked import details
from processors.attendance.rules.filters import Described, judge
from processors.attendance.rules.instances import InstanceRow
from processors.engine.view import View
from runtime.models import Filters


def is_wanted(view: View, filters: Filters, object_id: str, row: InstanceRow) -> bool:
    """Judge what an instance's events and Zoom's answers say of it."""
    known = details(view, object_id)
    described = Described(
        object_type=row.object_type,
        zoom_type=row.zoom_type,
        topic=row.topic,
        host_id=row.host_id,
        host_email=row.host_email or known.host_email,
        tracking_fields=dict(known.tracking_fields),
    )
    return judge(filters, described).wanted
