"""Thin clients of the systems outside."""
