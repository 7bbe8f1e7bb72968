"""Certificates of the sandbox's servers: an authority a kind of server, a certificate each."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from filelock import FileLock

from sandbox.files import write_whole
from sandbox.settings import HOST

_YEARS: Final = datetime.timedelta(days=3650)
_ANYONE: Final = 0o644
_OWNER: Final = 0o600


def ensure_authority(directory: Path, stem: str, title: str) -> Path:
    """Certificate ``STEM.pem`` of an authority called ``title``, made at first use; its key lies beside it, 0600."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    certificate, key_path = directory / f"{stem}.pem", directory / f"{stem}.key"
    with FileLock(directory / f".{stem}.lock"):
        if certificate.exists():
            return certificate
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, title)])
        usage = x509.KeyUsage(
            digital_signature=True,
            key_cert_sign=True,
            crl_sign=True,
            content_commitment=False,
            key_encipherment=False,
            data_encipherment=False,
            key_agreement=False,
            encipher_only=False,
            decipher_only=False,
        )
        made = (
            _builder(name, name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        write_whole(key_path, _pem(key), _OWNER)
        write_whole(certificate, made.public_bytes(serialization.Encoding.PEM), _ANYONE)
    return certificate


def ensure_server(authority: Path, directory: Path) -> tuple[Path, Path]:
    """Certificate and key of one server, for 127.0.0.1 and localhost, signed by ``authority``."""
    certificate, key_path = directory / "server.crt", directory / "server.key"
    if certificate.exists():
        return certificate, key_path
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    issuer = x509.load_pem_x509_certificate(authority.read_bytes())
    issuer_key = serialization.load_pem_private_key(authority.with_suffix(".key").read_bytes(), password=None)
    if not isinstance(issuer_key, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{authority.with_suffix('.key')} is no elliptic-curve key")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST)), x509.DNSName("localhost")])
    made = (
        _builder(name, issuer.subject, key.public_key())
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .sign(issuer_key, hashes.SHA256())
    )
    write_whole(key_path, _pem(key), _OWNER)
    write_whole(certificate, made.public_bytes(serialization.Encoding.PEM), _ANYONE)
    return certificate, key_path


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + _YEARS)
    )


def _pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
