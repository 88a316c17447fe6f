"""Carries records through agents in batches: outputs, changelog, store and offsets confirmed in that order."""
