"""Questions to the tables, each one function of a connection; the answers are `readmodel.lines`."""
