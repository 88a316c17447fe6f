"""The worker as a process: what it is given, its folder, and what it tells of itself, in its log and to others."""
