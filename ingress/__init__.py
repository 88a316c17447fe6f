"""The public door: verify a Zoom delivery, publish it to Kafka, then answer."""
