"""How `track-attendance` keeps its table: facts in, look-ups, closing in bounded steps. PURE."""
