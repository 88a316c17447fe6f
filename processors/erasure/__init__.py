"""People who were forgotten: their rows go, and what still comes of them is not taken in (docs/adr/0008). PURE."""
