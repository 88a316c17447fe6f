"""The Faust app: its composition root, the engine, the agents, the clients and the pure rules."""
