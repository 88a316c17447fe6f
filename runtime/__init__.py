"""What both processes need to run: configuration, Kafka security and topics, admin port, logs."""
