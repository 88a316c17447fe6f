"""Everything outside in miniature, for demo, tests and benchmarks: Kafka, Zoom, Brevo, the simulator."""
