"""Zoom's REST API."""
