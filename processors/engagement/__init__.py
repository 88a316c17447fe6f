"""How engaged a contact is and what Brevo shall show of it (docs/reference/attendance.md 6-8)."""
