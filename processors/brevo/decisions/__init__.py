"""The decisions of the sink: what Brevo still needs, what it answered, and what was sent once. PURE."""
