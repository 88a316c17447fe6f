import ssl
from pathlib import Path

import pytest

from runtime.kafka import KafkaConnection
from schemas.errors import ConfigurationError

BROKERS = {"KAFKA_BOOTSTRAP_SERVERS": "one:9092,two:9092"}
SASL = {
    **BROKERS,
    "KAFKA_SECURITY_PROTOCOL": "sasl_ssl",
    "KAFKA_SASL_MECHANISM": "scram-sha-512",
    "KAFKA_SASL_USERNAME": "rollcall",
    "KAFKA_SASL_PASSWORD": "s3cr3t",
}


def test_from_environment_without_brokers_says_how_to_set_them() -> None:
    """The message can be copied."""
    with pytest.raises(ConfigurationError) as caught:
        KafkaConnection.from_environment({})
    assert str(caught.value) == (
        "KAFKA_BOOTSTRAP_SERVERS: not set; set it to your brokers, for example "
        "KAFKA_BOOTSTRAP_SERVERS=localhost:9092 (several with commas)"
    )


def test_from_environment_brokers_alone_is_plaintext() -> None:
    """No security option is sent that was not asked for."""
    connection = KafkaConnection.from_environment({**BROKERS, "KAFKA_TOPIC_PREFIX": "stage."})
    assert connection.topic_prefix == "stage."
    assert connection.client_options() == {
        "bootstrap_servers": "one:9092,two:9092",
        "security_protocol": "PLAINTEXT",
    }


def test_client_options_sasl_over_tls_has_credentials_and_modern_tls() -> None:
    """TLS is 1.2 or newer and checks certificate and host."""
    options = KafkaConnection.from_environment(SASL).client_options()
    context = options.pop("ssl_context")
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert options == {
        "bootstrap_servers": "one:9092,two:9092",
        "security_protocol": "SASL_SSL",
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": "rollcall",
        "sasl_plain_password": "s3cr3t",
    }


def test_from_environment_password_file_is_honoured(tmp_path: Path) -> None:
    """Docker and Kubernetes mount secrets as files."""
    file = tmp_path / "password"
    file.write_text("from-file\n")
    environment = {key: value for key, value in SASL.items() if key != "KAFKA_SASL_PASSWORD"}
    connection = KafkaConnection.from_environment({**environment, "KAFKA_SASL_PASSWORD_FILE": str(file)})
    assert connection.sasl_password == "from-file"


def test_repr_of_connection_hides_the_password() -> None:
    """Connections appear in logs of libraries."""
    assert "s3cr3t" not in repr(KafkaConnection.from_environment(SASL))


def test_from_environment_several_problems_are_told_together() -> None:
    """One line each, so that they can be mended at once."""
    with pytest.raises(ConfigurationError) as caught:
        KafkaConnection.from_environment(
            {
                "KAFKA_BOOTSTRAP_SERVERS": "broker,one:9092",
                "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
                "KAFKA_SASL_MECHANISM": "GSSAPI",
                "KAFKA_SASL_USERNAME": "u",
                "KAFKA_TOPIC_PREFIX": "a b",
            }
        )
    assert str(caught.value).splitlines() == [
        "KAFKA_BOOTSTRAP_SERVERS: `broker` is no broker; write host:port, several with commas",
        "KAFKA_SASL_MECHANISM: `GSSAPI` is none of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        "KAFKA_SASL_PASSWORD: not set, but KAFKA_SECURITY_PROTOCOL=SASL_SSL needs it",
        "KAFKA_TOPIC_PREFIX: `a b` has a character that no topic may have; use letters, digits, `.`, `_` and `-`",
    ]


def test_from_environment_unknown_protocol_is_refused() -> None:
    """The four that Kafka has are named."""
    with pytest.raises(ConfigurationError, match="`TLS` is none of PLAINTEXT, SSL, SASL_PLAINTEXT, SASL_SSL"):
        KafkaConnection.from_environment({**BROKERS, "KAFKA_SECURITY_PROTOCOL": "tls"})


@pytest.mark.parametrize("variable", ["KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE"])
def test_ssl_context_unreadable_file_names_its_variable(tmp_path: Path, variable: str) -> None:
    """A wrong path is the user's to correct."""
    environment = {**BROKERS, "KAFKA_SECURITY_PROTOCOL": "SSL", variable: str(tmp_path / "nowhere.pem")}
    with pytest.raises(ConfigurationError, match=f"{variable}.*nowhere.pem cannot be loaded"):
        KafkaConnection.from_environment(environment).ssl_context()
