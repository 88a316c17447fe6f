"""What arrives: events, Zoom's answers, registrations and recordings become rows of the table. PURE."""
