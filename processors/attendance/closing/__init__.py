"""From the end of a session to its published results, in steps of bounded work. PURE."""
