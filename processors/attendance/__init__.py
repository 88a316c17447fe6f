"""Who attended, how long, who stayed away: the agent `track-attendance`, its rules, its table and its closing."""
