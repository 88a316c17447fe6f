"""The worker and the rebuild: their composition roots, a room for each subject, and the engine that all stand on."""
