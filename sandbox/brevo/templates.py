"""Templates as Brevo shows them. PURE.

Fields: https://developers.brevo.com/reference/getsmtptemplate (checked 2026-11-27).
"""

from __future__ import annotations

from typing import Any

_DOI_LINK = '<a href="{{ params.DOIurl }}">Please confirm</a>'


def shown(number: int, *, for_double_opt_in: bool) -> dict[str, Any]:
    """One active template; `doiTemplate` tells the two kinds apart."""
    return {
        "id": number,
        "name": f"Template {number}",
        "subject": "Please confirm" if for_double_opt_in else "Your recording",
        "isActive": True,
        "testSent": False,
        "sender": {"name": "Sandbox", "email": "sender@brevo-sandbox.example", "id": "1"},
        "replyTo": "[DEFAULT_REPLY_TO]",
        "toField": "",
        "tag": "",
        "htmlContent": f"<html><body>{_DOI_LINK if for_double_opt_in else 'Hello'}</body></html>",
        "createdAt": "2026-01-01T00:00:00.000Z",
        "modifiedAt": "2026-01-01T00:00:00.000Z",
        "doiTemplate": for_double_opt_in,
    }
