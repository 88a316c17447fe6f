"""The public HTTP app: which path is whose, and how many requests of one client are under way at once."""

from __future__ import annotations

from aiohttp import web

from ingress.bodies import Bodies
from ingress.brevo_endpoint import BREVO_PATH, BrevoEndpoint
from ingress.clients import at_most
from ingress.metrics import IngressMetrics
from ingress.paths import PathHandler, Paths
from ingress.publisher import Publisher
from ingress.settings import IngressSettings
from ingress.zoom_endpoint import ZoomEndpoint

_UNAVAILABLE = b'{"status":"unavailable"}'


def build_app(settings: IngressSettings, publisher: Publisher, metrics: IngressMetrics) -> PathHandler:
    """What `web.Server` serves, if it leaves bodies as they are (`auto_decompress=False`)."""
    bodies, paths = Bodies(settings.limits), Paths()
    zoom = ZoomEndpoint(settings, publisher, metrics, bodies)
    zoom.add_to(paths)
    BrevoEndpoint(settings.brevo, publisher, settings.connection.topic_prefix, metrics.registry, bodies).add_to(paths)
    if not settings.proxies:
        return paths

    def refuse(request: web.BaseRequest) -> web.Response:
        # Brevo comes again after 429 alone.
        if request.path.startswith(BREVO_PATH):
            return web.Response(status=429, body=_UNAVAILABLE, content_type="application/json")
        return zoom.refuse()

    return at_most(settings.limits.connections.per_address, settings.proxies, paths, refuse)
