"""The sink: the agent `sync-contact`, its decisions, its writer and Brevo's REST API."""
