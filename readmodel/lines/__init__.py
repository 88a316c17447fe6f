"""What questions to the tables are answered with: values for people, addresses among them. PURE."""
