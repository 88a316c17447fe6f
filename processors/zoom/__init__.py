"""What is asked of Zoom: the agent `look-up`, its questions and Zoom's REST API."""
