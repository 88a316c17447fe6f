from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest
from typing_extensions import override

from runtime import probe
from sandbox.kafka import free_port


@contextmanager
def admin_port(statuses: dict[str, int]) -> Iterator[int]:
    """A server that answers each path with its status, and any other with 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(statuses.get(self.path, 404))
            self.end_headers()
            self.wfile.write(b"as told")

        @override
        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (500, 1)])
@pytest.mark.parametrize("what", ["live", "ready"])
@pytest.mark.parametrize("host", ["0.0.0.0", "127.0.0.1", "::", ""])  # noqa: S104 (as a process may be told)
def test_probe_answer_becomes_the_exit_code(
    what: str, status: int, code: int, host: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A server that listens everywhere is asked on this machine; what it said is shown by `docker inspect`."""
    with admin_port({f"/health/{what}": status}) as port:
        assert probe.main([what], {"ADMIN_HOST": host, "ADMIN_PORT": str(port)}) == code
    assert capsys.readouterr().out == "as told\n"


def test_probe_nothing_listens_is_1_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    """A process that has not opened its port yet is not healthy."""
    port = free_port()
    assert probe.main(["live"], {"ADMIN_PORT": str(port)}) == 1
    assert f"127.0.0.1:{port} does not answer" in capsys.readouterr().out


def test_probe_without_a_port_asks_where_either_process_is_by_default(monkeypatch: pytest.MonkeyPatch) -> None:
    """One image serves ingress and worker: whichever answers is the one that runs here."""
    with admin_port({"/health/live": 200}) as port:
        monkeypatch.setattr(probe, "_DEFAULT_PORTS", (free_port(), port))
        assert probe.main(["live"], {}) == 0
        monkeypatch.setattr(probe, "_DEFAULT_PORTS", (port, free_port()))
        assert probe.main(["live"], {}) == 0


@pytest.mark.parametrize("arguments", [[], ["alive"], ["live", "ready"]])
def test_probe_wrong_usage_is_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A typing error in a compose file must not look like a process that is ill."""
    assert probe.main(arguments, {}) == 2
    assert "live|ready" in capsys.readouterr().err
