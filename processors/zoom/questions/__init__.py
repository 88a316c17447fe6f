"""Questions to Zoom: which are waiting, which go together, and how answers are written. PURE."""
