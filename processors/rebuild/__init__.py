"""A state of the tables computed anew beside the live one: who answers it, what it takes over, how it differs."""
