"""Configuration files of a test, and what they are refused with."""

from pathlib import Path

import pytest
import yaml

from runtime.configuration import load_ingress, load_worker
from schemas.errors import ConfigurationError

SHIPPED = Path(__file__).parents[2] / "rollcall.yaml"
GUIDE = Path(__file__).parents[1] / "unit/runtime/guide.yaml"
"""A file as people bring it: its keys are a contract."""
INGRESS_VARIABLES = {"ZOOM_ACCOUNT_ID": "acc-1", "ZOOM_WEBHOOK_SECRET": "wh-s3cr3t-of-the-app"}
WORKER_VARIABLES = {
    "ZOOM_ACCOUNT_ID": "acc-1",
    "ZOOM_CLIENT_ID": "cl-1",
    "ZOOM_CLIENT_SECRET": "cl-s3cr3t",
    "BREVO_API_KEY": "br-s3cr3t",
}
ACCOUNT = {
    "account_id": "acc-1",
    "client_id": "cl-1",
    "client_secret": "cl-s3cr3t",
    "webhook": {"secret_token": "wh-s3cr3t-of-the-app"},
}
SMALLEST: dict[str, object] = {"connectors": {"zoom": ACCOUNT}, "brevo": {"api_key": "br-s3cr3t"}}


class Files:
    """Writes configuration files and loads them."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "rollcall.yaml"

    def write(self, document: object) -> Path:
        """The file with this content."""
        self.path.write_text(yaml.safe_dump(document, sort_keys=False))
        return self.path

    def worker_errors(self, document: object, environment: dict[str, str] | None = None) -> list[str]:
        """The lines a worker refuses the document with, without the file's path."""
        with pytest.raises(ConfigurationError) as caught:
            load_worker(self.write(document), environment or {})
        return self._lines(caught.value)

    def ingress_errors(self, document: object, environment: dict[str, str] | None = None) -> list[str]:
        """As `worker_errors`, of an ingress."""
        with pytest.raises(ConfigurationError) as caught:
            load_ingress(self.write(document), environment or {})
        return self._lines(caught.value)

    def _lines(self, error: ConfigurationError) -> list[str]:
        lines = str(error).splitlines()
        assert all(line.startswith(f"{self.path}: ") for line in lines)
        return [line.removeprefix(f"{self.path}: ") for line in lines]


def with_account(**changes: object) -> dict[str, object]:
    """The smallest file with other keys in its account."""
    return {**SMALLEST, "connectors": {"zoom": {**ACCOUNT, **changes}}}
