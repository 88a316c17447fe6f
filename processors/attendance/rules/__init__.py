"""Who attended, from when to when: the rules of attendance (docs/reference/attendance.md 1-5). PURE."""
