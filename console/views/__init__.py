"""What each page shows, made of what the read model answers: values in, values out. PURE."""
