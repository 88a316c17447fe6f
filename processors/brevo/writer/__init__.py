"""The adapter of the sink: what waits for Brevo, in which order, and what its answers do to it."""
