"""Which records are meant: one language for replays, dead letters, quarantine and traces."""
