"""One file per agent: what it reads, what it keeps, which rule or effect the engine runs."""
