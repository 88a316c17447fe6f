"""`rollcall sandbox zoom|brevo|kafka`: one of the systems outside in miniature, alone and in the foreground."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from typing import Annotated, Protocol

import typer

from ops.importing import imported
from schemas.errors import ConfigurationError

Port = Annotated[int, typer.Option("--port", min=0, max=65_535, help="Where to listen; 0: any free port.")]
Host = Annotated[str, typer.Option("--host", help="This machine's address to listen on; 0.0.0.0 in a container.")]
WebhookSecret = Annotated[
    str | None,
    typer.Option(
        envvar="ZOOM_WEBHOOK_SECRET",
        help="Secret token that signs the challenge of `rollcall zoom subscribe`: the ingress's.",
        show_default="sandbox-webhook-secret",
    ),
]


class _Serve(Protocol):
    def __call__(self, *, host: str, port: int, on_ready: Callable[[str], None]) -> Awaitable[None]: ...


def register(app: typer.Typer) -> None:
    """Add the group `sandbox`."""
    group = typer.Typer(help="Zoom, Brevo or Kafka in miniature, on this machine alone.", no_args_is_help=True)
    group.command("zoom", epilog="Example:  rollcall sandbox zoom --port 9001")(zoom)
    group.command("brevo", epilog="Example:  rollcall sandbox brevo --port 9002")(brevo)
    group.command("kafka", epilog="Example:  rollcall sandbox kafka --port 9092")(kafka)
    app.add_typer(group, name="sandbox")


def zoom(port: Port = 0, host: Host = "127.0.0.1", webhook_secret: WebhookSecret = None) -> None:
    """Serve a Zoom: REST API, token service, and a page that shows what it holds. Ctrl-C ends it."""

    def tell(url: str) -> None:
        print(f"Zoom's sandbox: {url} (open it in a browser). For a worker:", file=sys.stderr)
        print(f"ZOOM_API_BASE_URL={url}/v2\nZOOM_OAUTH_BASE_URL={url}", flush=True)

    server = imported("sandbox.zoom.server")
    _serve(partial(server.serve, webhook_secret=webhook_secret), host, port, tell)


def brevo(port: Port = 0, host: Host = "127.0.0.1") -> None:
    """Serve a Brevo: REST API, and a page that shows its contacts, lists and events. Ctrl-C ends it."""

    def tell(url: str) -> None:
        print(f"Brevo's sandbox: {url} (open it in a browser). For a worker:", file=sys.stderr)
        print(f"BREVO_API_BASE_URL={url}/v3", flush=True)

    _serve(imported("sandbox.brevo.server").serve, host, port, tell)


def kafka(port: Port = 0) -> None:
    """Run a real Apache Kafka of one node; its data is gone when it ends. Ctrl-C ends it."""
    broker = imported("sandbox.kafka").EmbeddedKafka
    try:
        # The broker itself takes seconds to find out, and says it in a page of Java.
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise _unusable("127.0.0.1", port, error) from error
    # The default would end us at once, before the broker is stopped and its data removed.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with suppress(KeyboardInterrupt), broker(port=port, progress=lambda line: print(line, file=sys.stderr)) as running:
        print(f"KAFKA_BOOTSTRAP_SERVERS={running.bootstrap}", flush=True)
        while True:
            signal.pause()


def _serve(serve: _Serve, host: str, port: int, tell: Callable[[str], None]) -> None:
    try:
        asyncio.run(_until_stopped(serve, host, port, tell))
    except OSError as error:
        raise _unusable(host, port, error) from error


def _unusable(host: str, port: int, error: OSError) -> ConfigurationError:
    return ConfigurationError(f"{host}:{port} cannot be opened ({error.strerror}); choose another --port")


async def _until_stopped(serve: _Serve, host: str, port: int, tell: Callable[[str], None]) -> None:
    serving = asyncio.ensure_future(serve(host=host, port=port, on_ready=tell))
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, serving.cancel)
    with suppress(asyncio.CancelledError):
        await serving
