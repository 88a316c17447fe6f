"""An invented certificate authority, and certificates from it for a server and for its clients."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID


@dataclass(frozen=True)
class Client:
    """PEM files' contents of somebody who shows a certificate."""

    certificate: bytes
    key: bytes


@dataclass(frozen=True)
class Certificates:
    """PEM files' contents."""

    authority: bytes
    """What the others are checked against."""
    server: bytes
    """For the server: its private key, its certificate and the authority's."""
    clients: Mapping[str, Client]
    """By name, which is the common name."""


def issue(host: str, clients: Sequence[str] = ()) -> Certificates:
    """Certificates for a server that clients know by this name or IP address and for these clients, for a day."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("Invented authority")
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .add_extension(_signs_certificates(), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    trusted = authority.public_bytes(serialization.Encoding.PEM)
    try:
        known_as: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        known_as = x509.DNSName(host)
    server = _signed(host, known_as, authority, authority_key)
    return Certificates(
        trusted,
        server.key + server.certificate + trusted,
        {name: _signed(name, x509.DNSName(name), authority, authority_key) for name in clients},
    )


def _signed(
    name: str, known_as: x509.GeneralName, authority: x509.Certificate, authority_key: ec.EllipticCurvePrivateKey
) -> Client:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = (
        _builder(_name(name), authority.subject, key.public_key())
        .add_extension(x509.SubjectAlternativeName([known_as]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return Client(certificate.public_bytes(serialization.Encoding.PEM), pem)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )


def _signs_certificates() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=False,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=True,
        crl_sign=True,
        encipher_only=False,
        decipher_only=False,
    )
