"""The public endpoint: verify a Zoom delivery, publish it to Kafka, then answer."""
