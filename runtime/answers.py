"""Reads what another service answers, never more of it than an honest answer has."""

from __future__ import annotations

import aiohttp

LONGEST_ANSWER_BYTES = 16 * 1024 * 1024
"""After decompression. The longest honest answer, a thousand of Brevo's contacts or 300 of Zoom's rows, has a tenth."""


class AnswerTooLargeError(aiohttp.ClientPayloadError):
    """An answer is longer than any honest one; what was read of it is dropped, and the connection is closed."""


async def read_answer(response: aiohttp.ClientResponse, longest_bytes: int = LONGEST_ANSWER_BYTES) -> bytes:
    """The whole body, decompressed.

    aiohttp decompresses as the body is read, up to 1 MiB ahead of the reader (from 3.14 on, DeflateBuffer in its
    http_parser.py, checked 2026-11-27): reading by pieces bounds a bomb of any factor.

    Raises:
        AnswerTooLargeError: more than `longest_bytes`.
        aiohttp.ClientError, TimeoutError: it broke off, or took too long.
    """
    data = bytearray()
    async for piece in response.content.iter_any():
        data += piece
        if len(data) > longest_bytes:
            response.close()
            raise AnswerTooLargeError(f"more than {longest_bytes} bytes")
    return bytes(data)
