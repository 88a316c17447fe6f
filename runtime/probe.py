"""`python -m runtime.probe live|ready`: asks this machine's admin port, for containers, which have no curl.

Standard library alone, so that it costs a tenth of a second; it runs every few seconds.
"""

from __future__ import annotations

import http.client
import os
import sys
from collections.abc import Mapping, Sequence

_TIMEOUT_SECONDS = 3.0
# Of the ingress and of the worker, where ADMIN_PORT is not set: one image serves both.
_DEFAULT_PORTS = (8081, 8082)
_EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (what a server may be told; the probe asks the machine itself)


def main(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """The exit code for a supervisor: 0 yes, 1 no or no answer, 2 wrong usage; the answer is printed."""
    if len(arguments) != 1 or arguments[0] not in ("live", "ready"):
        print("usage: python -m runtime.probe live|ready", file=sys.stderr)  # noqa: T201 (a program for supervisors)
        return 2
    host = environment.get("ADMIN_HOST", "")
    told = environment.get("ADMIN_PORT", "")
    ports = (int(told),) if told.isdecimal() else _DEFAULT_PORTS
    answers = [ask("127.0.0.1" if host in _EVERYWHERE else host, port, arguments[0]) for port in ports]
    status, words = min(answers, key=lambda answer: answer[0] == 0)
    print(words)  # noqa: T201
    return 0 if status == 200 else 1


def ask(host: str, port: int, what: str) -> tuple[int, str]:
    """Status and body of `GET /health/<what>`; status 0 and the reason where nothing answers."""
    connection = http.client.HTTPConnection(host, port, timeout=_TIMEOUT_SECONDS)
    try:
        connection.request("GET", f"/health/{what}")
        answer = connection.getresponse()
        return answer.status, answer.read().decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, f"{host}:{port} does not answer: {error}"
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
