"""Asks a broker on this machine whether it works, in Kafka's own protocol and in a hundredth of a second."""

from __future__ import annotations

import socket
import struct


def answers(port: int) -> bool:
    """Whether the node answers a Metadata request (version 1, no topics) and counts itself among the brokers.

    It opens its port earlier, after a kill by as much as 2 s, and then knows neither itself nor its topics.
    """
    request = struct.pack(">hhih5si", 3, 1, 1, 5, b"probe", 0)
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as connection:
            connection.sendall(struct.pack(">i", len(request)) + request)
            # Length, our correlation id, number of brokers.
            answer = connection.recv(12, socket.MSG_WAITALL)
            return len(answer) == 12 and answer[8:] != bytes(4)
    except OSError:
        return False
