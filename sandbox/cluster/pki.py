"""Certificates and kubeconfigs of one control plane (ECDSA P-256, about 20 ms in all)."""

from __future__ import annotations

import base64
import datetime
import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.settings import HOST

VALID: Final = datetime.timedelta(days=3650)
"""Lifetime of every certificate: a sandbox renews none."""

_NAMES: Final = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    "kubernetes.default.svc.cluster.local",
)
_CLIENTS: Final = {
    "admin": ("eks:cluster-manager", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", None),
    "scheduler": ("system:kube-scheduler", None),
    "kwok": ("eks:node-manager", "system:masters"),
    "kubelet-client": ("eks:kubelet-client", "system:masters"),
}
"""Client certificates: file name, user, group. ``admin`` is what the emulator itself uses; no user ever gets it."""


@dataclass(frozen=True, slots=True)
class _Pair:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey


def ensure(directory: Path, server: str, service_cidr: str) -> None:
    """Make the files of a control plane, unless they are there; everything is for its owner only.

    Args:
        directory: where they go (mode 0700).
        server: the API server's address, ``https://127.0.0.1:port``.
        service_cidr: range of service addresses, whose first is the API server's own inside the cluster.
    """
    complete = directory / "complete"
    if complete.exists():
        return
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    authority = _authority("kubernetes")
    addresses = (HOST, "::1", str(next(ipaddress.ip_network(service_cidr).hosts())))
    _write(directory, "ca", authority)
    _write(directory, "apiserver", _server("kube-apiserver", authority, addresses))
    _write(directory, "kubelet", _server("kubelet", authority, addresses))
    front = _authority("front-proxy")
    (directory / "front-proxy-ca.crt").write_bytes(_certificate_pem(front))
    _write(directory, "front-proxy-client", _client("front-proxy-client", None, front))
    signing = ec.generate_private_key(ec.SECP256R1())
    _write_private(directory / "service-account.key", _key_pem(signing))
    (directory / "service-account.pub").write_bytes(
        signing.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    for name, (user, group) in _CLIENTS.items():
        pair = _client(user, group, authority)
        _write(directory, name, pair)
        _write_private(directory / f"{name}.kubeconfig", _kubeconfig(server, authority, pair).encode())
    complete.touch(mode=0o600)


def _authority(name: str) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = _name(name, None)
    builder = _builder(subject, subject, key).add_extension(x509.BasicConstraints(True, None), critical=True)
    return _Pair(builder.add_extension(_usage(authority=True), critical=True).sign(key, hashes.SHA256()), key)


def _server(name: str, authority: _Pair, addresses: tuple[str, ...]) -> _Pair:
    names: list[x509.GeneralName] = [x509.DNSName(one) for one in _NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(one)) for one in addresses]
    extension = x509.SubjectAlternativeName(names)
    return _leaf(_name(name, None), authority, ExtendedKeyUsageOID.SERVER_AUTH, extension)


def _client(user: str, group: str | None, authority: _Pair) -> _Pair:
    return _leaf(_name(user, group), authority, ExtendedKeyUsageOID.CLIENT_AUTH, None)


def _leaf(
    subject: x509.Name,
    authority: _Pair,
    purpose: x509.ObjectIdentifier,
    names: x509.SubjectAlternativeName | None,
) -> _Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = (
        _builder(subject, authority.certificate.subject, key)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(_usage(authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    )
    if names is not None:
        builder = builder.add_extension(names, critical=False)
    return _Pair(builder.sign(authority.key, hashes.SHA256()), key)


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(minutes=5))
        .not_valid_after(now + VALID)
    )


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_encipherment=False,
        content_commitment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


def _name(common: str, organization: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, common)]
    if organization:
        attributes.insert(0, x509.NameAttribute(NameOID.ORGANIZATION_NAME, organization))
    return x509.Name(attributes)


def _kubeconfig(server: str, authority: _Pair, pair: _Pair) -> str:
    def encoded(data: bytes) -> str:
        return base64.b64encode(data).decode()

    content: dict[str, Any] = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "cluster",
        "clusters": [
            {
                "name": "cluster",
                "cluster": {"server": server, "certificate-authority-data": encoded(_certificate_pem(authority))},
            }
        ],
        "users": [
            {
                "name": "user",
                "user": {
                    "client-certificate-data": encoded(_certificate_pem(pair)),
                    "client-key-data": encoded(_key_pem(pair.key)),
                },
            }
        ],
        "contexts": [{"name": "cluster", "context": {"cluster": "cluster", "user": "user"}}],
    }
    return json.dumps(content, indent=1)


def _write(directory: Path, name: str, pair: _Pair) -> None:
    (directory / f"{name}.crt").write_bytes(_certificate_pem(pair))
    _write_private(directory / f"{name}.key", _key_pem(pair.key))


def _write_private(path: Path, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)


def _certificate_pem(pair: _Pair) -> bytes:
    return pair.certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
