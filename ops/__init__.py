"""The operator's command line, `rollcall`."""
