"""What a route is: a path, the fields it knows, and a plain function over the account. PURE."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from sandbox.brevo.answers import BrevoAnswer, RefusedError, invalid
from sandbox.brevo.queries import NoQuery
from sandbox.brevo.store import Store
from sandbox.brevo.validation import Body, Query, SnakeBody

_PART = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class ReceivedCall:
    """One call after its path, query and body were understood."""

    store: Store
    now: datetime
    base_url: str
    """Of this server, without a path."""
    params: dict[str, str]
    """Parts of the path, decoded."""
    query: Any
    """An instance of the route's query model."""
    body: Any
    """An instance of the route's body model; ``None`` when it has none."""

    def number(self, name: str) -> int:
        """A numeric part of the path, or 400."""
        if not self.params[name].isdecimal():
            raise invalid(f"{name} must be a number")
        return int(self.params[name])


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint; `path` is below `/v3` with parts in braces."""

    method: str
    path: str
    handle: Callable[[ReceivedCall], BrevoAnswer]
    body: type[Body | SnakeBody] | None = None
    query: type[Query] = NoQuery


class Router:
    """Finds the route of a raw path; of several that match, the one registered first."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._routes = [(route, re.compile(_PART.sub(r"(?P<\1>[^/]+)", route.path))) for route in routes]
        self._fixed = {(route.method, route.path): route for route in routes if "{" not in route.path}

    def find(self, method: str, raw_path: str) -> tuple[Route, dict[str, str]]:
        """The route and the decoded parts of a path that is still percent-encoded.

        Raises:
            RefusedError: 404 for a path that the sandbox does not know, 405 for another method of a known one.
        """
        if fixed := self._fixed.get((method, raw_path)):
            return fixed, {}
        known = False
        for route, pattern in self._routes:
            if match := pattern.fullmatch(raw_path):
                if route.method == method:
                    return route, {name: unquote(value) for name, value in match.groupdict().items()}
                known = True
        if known:
            raise RefusedError(405, "method_not_allowed", f"{raw_path} does not take {method}", unknown=True)
        raise RefusedError(404, "not_found", f"The sandbox does not know {method} {raw_path}", unknown=True)
