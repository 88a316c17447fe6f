"""Zoom's REST API and token service in miniature: strict, with limits, scopes, paging and switchable faults."""
