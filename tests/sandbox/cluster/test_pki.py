"""Certificates of a control plane: who signed what, and who may read it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sandbox.cluster import pki


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A directory with everything that a control plane needs."""
    directory = tmp_path / "pki"
    pki.ensure(directory, "https://127.0.0.1:6443", "172.20.0.0/16")
    return directory


def read(path: Path) -> x509.Certificate:
    """One certificate."""
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_the_servers_certificate_is_good_for_its_addresses(made: Path) -> None:
    authority, server = read(made / "ca.crt"), read(made / "apiserver.crt")
    server.verify_directly_issued_by(authority)
    names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {str(one) for one in names.get_values_for_type(x509.IPAddress)} == {"127.0.0.1", "::1", "172.20.0.1"}
    assert "kubernetes.default.svc" in names.get_values_for_type(x509.DNSName)
    usage = server.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]


def test_only_the_authority_signs(made: Path) -> None:
    for path in made.glob("*.crt"):
        constraints = read(path).extensions.get_extension_for_class(x509.BasicConstraints).value
        assert constraints.ca is (path.name in {"ca.crt", "front-proxy-ca.crt"}), path.name


def test_users_and_groups_of_clients(made: Path) -> None:
    found = {}
    for name in ("admin", "controller-manager", "scheduler"):
        subject = read(made / f"{name}.crt").subject
        groups = [one.value for one in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
        found[name] = (subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value, groups)
    assert found["admin"] == ("eks:cluster-manager", ["system:masters"])
    assert found["controller-manager"] == ("system:kube-controller-manager", [])
    assert found["scheduler"] == ("system:kube-scheduler", [])
    config = json.loads((made / "admin.kubeconfig").read_text())
    assert config["clusters"][0]["cluster"]["server"] == "https://127.0.0.1:6443"


def test_keys_are_their_owners_and_made_once(made: Path) -> None:
    assert made.stat().st_mode & 0o777 == 0o700
    for path in [*made.glob("*.key"), *made.glob("*.kubeconfig")]:
        assert path.stat().st_mode & 0o777 == 0o600, path.name
    before = {path.name: path.read_bytes() for path in made.iterdir()}
    pki.ensure(made, "https://127.0.0.1:6443", "172.20.0.0/16")
    assert {path.name: path.read_bytes() for path in made.iterdir()} == before
