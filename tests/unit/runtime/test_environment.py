from pathlib import Path

import pytest

from runtime.environment import IngressEnvironment, TokenStorage, WorkerEnvironment, ZoomEnvironment
from runtime.kafka import KafkaConnection
from runtime.variables import Address
from schemas.errors import ConfigurationError

KAFKA = {"KAFKA_BOOTSTRAP_SERVERS": "localhost:9092"}


def test_ingress_defaults_are_the_documented_ones() -> None:
    """The public port is open to all, the admin port to this machine."""
    assert IngressEnvironment.read(KAFKA) == IngressEnvironment(
        config_path=Path("rollcall.yaml"),
        listen=Address("0.0.0.0", 8080, "INGRESS_HOST", "INGRESS_PORT"),  # noqa: S104 (the documented default)
        admin=Address("127.0.0.1", 8081, "ADMIN_HOST", "ADMIN_PORT"),
        kafka=KafkaConnection("localhost:9092"),
    )


def test_worker_defaults_are_the_documented_ones() -> None:
    """The real providers are the default; the admin port differs from the ingress's."""
    assert WorkerEnvironment.read(KAFKA) == WorkerEnvironment(
        config_path=Path("rollcall.yaml"),
        data_dir=Path("data"),
        admin=Address("127.0.0.1", 8082, "ADMIN_HOST", "ADMIN_PORT"),
        kafka=KafkaConnection("localhost:9092"),
        zoom_api_base_url=None,
        zoom_oauth_base_url="https://zoom.us",
        brevo_api_base_url="https://api.brevo.com/v3",
    )


def test_worker_variables_replace_the_defaults() -> None:
    """A slash at the end of a base URL is cut off, since paths are appended."""
    worker = WorkerEnvironment.read(
        {
            **KAFKA,
            "ROLLCALL_CONFIG": "/etc/rollcall.yaml",
            "ROLLCALL_DATA_DIR": "/var/lib/rollcall",
            "ADMIN_HOST": "::1",
            "ADMIN_PORT": "0",
            "ZOOM_API_BASE_URL": "http://127.0.0.1:9001/v2/",
            "ZOOM_OAUTH_BASE_URL": "http://127.0.0.1:9001",
            "BREVO_API_BASE_URL": "http://127.0.0.1:9002/v3",
        }
    )
    assert worker.config_path == Path("/etc/rollcall.yaml")
    assert worker.data_dir == Path("/var/lib/rollcall")
    assert (worker.admin.host, worker.admin.port) == ("::1", 0)
    assert worker.zoom_api_base_url == "http://127.0.0.1:9001/v2"
    assert worker.zoom_oauth_base_url == "http://127.0.0.1:9001"
    assert worker.brevo_api_base_url == "http://127.0.0.1:9002/v3"


@pytest.mark.parametrize("port", ["http", "-1", "65536", "80.5", "٣"])
def test_read_no_port_is_refused(port: str) -> None:
    """Only 0 to 65535 in ASCII digits."""
    with pytest.raises(ConfigurationError) as caught:
        IngressEnvironment.read({**KAFKA, "INGRESS_PORT": port})
    assert str(caught.value) == (
        f"INGRESS_PORT: `{port}` is no port; set it to a number from 0 (any free one) to 65535"
    )


@pytest.mark.parametrize(
    "url", ["api.zoom.us/v2", "ftp://api.zoom.us", "https://", "https://x/?key=1", "http://[", " "]
)
def test_read_no_base_url_is_refused_without_showing_it(url: str) -> None:
    """A URL may carry credentials of a proxy, so it is not repeated."""
    with pytest.raises(ConfigurationError) as caught:
        WorkerEnvironment.read({**KAFKA, "ZOOM_API_BASE_URL": url})
    assert str(caught.value) == "ZOOM_API_BASE_URL: no base URL; write it like https://api.example.com/v2"


@pytest.mark.parametrize("name", ["ZOOM_API_BASE_URL", "ZOOM_OAUTH_BASE_URL", "BREVO_API_BASE_URL"])
def test_read_base_url_without_tls_is_for_this_machine_alone(name: str) -> None:
    """A key must not be sent in the clear; who knows the way, as between containers, says so."""
    for url in ("http://elsewhere.example/v3", "http://127.0.0.1.example/v3"):
        with pytest.raises(ConfigurationError) as caught:
            WorkerEnvironment.read({**KAFKA, name: url})
        assert str(caught.value) == (
            f"{name}: http:// shows our keys to everybody on the way; write https://, "
            "or set ROLLCALL_ALLOW_PLAINTEXT=1 where nobody else is on it"
        )
        assert WorkerEnvironment.read({**KAFKA, name: url, "ROLLCALL_ALLOW_PLAINTEXT": "1"})
    for url in ("http://localhost:1/v3", "http://127.0.0.1:1/v3", "http://[::1]:1/v3", "https://elsewhere.example/v3"):
        assert WorkerEnvironment.read({**KAFKA, name: url})


def test_read_several_problems_are_told_together() -> None:
    """Kafka's problems are among them."""
    with pytest.raises(ConfigurationError) as caught:
        IngressEnvironment.read({"INGRESS_PORT": "x", "ADMIN_PORT": "y"})
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()] == [
        "INGRESS_PORT",
        "ADMIN_PORT",
        "KAFKA_BOOTSTRAP_SERVERS",
    ]


def test_token_storage_is_in_the_data_folder_and_without_a_key() -> None:
    """Workers of one data folder share their logins."""
    assert TokenStorage.read({"ROLLCALL_DATA_DIR": "/var/lib/rollcall"}) == TokenStorage(
        Path("/var/lib/rollcall/zoom-logins")
    )


def test_token_storage_takes_folder_and_key_from_variables(tmp_path: Path) -> None:
    """The key may come from a file, and does not show."""
    (tmp_path / "key").write_text("the-key\n")
    storage = TokenStorage.read({"ZOOM_TOKEN_DIR": "/secrets", "ZOOM_TOKEN_KEY_FILE": str(tmp_path / "key")})
    assert storage.folder == Path("/secrets")
    assert storage.key is not None
    assert storage.key.get_secret_value() == "the-key"
    assert "the-key" not in repr(storage)


def test_zoom_environment_needs_no_kafka_and_tells_all_that_is_wrong() -> None:
    """Commands that only ask Zoom run without a broker."""
    assert ZoomEnvironment.read({}) == ZoomEnvironment(
        None, "https://zoom.us", TokenStorage(), Path("data/zoom-budget")
    )
    with pytest.raises(ConfigurationError) as caught:
        ZoomEnvironment.read(
            {"ZOOM_API_BASE_URL": "x", "ZOOM_OAUTH_BASE_URL": "y", "ZOOM_TOKEN_KEY_FILE": "/no/such/file"}
        )
    assert [line.partition(":")[0] for line in str(caught.value).splitlines()[:2]] == [
        "ZOOM_API_BASE_URL",
        "ZOOM_OAUTH_BASE_URL",
    ]
    assert "ZOOM_TOKEN_KEY_FILE" in str(caught.value)
