"""Brevo's REST API."""
