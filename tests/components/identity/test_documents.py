"""Every document: its size, its form, its reasons, and that AWS knows what it speaks of."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import pytest

from components.identity.boundary import boundary
from components.identity.document import POLICY_LONGEST, Clause, Document
from components.identity.operations import OPERATIONS
from components.identity.people import people
from components.identity.place import Place
from components.identity.provision import provision
from tests.components.identity.places import ACME, LONGEST


def documents(place: Place) -> Sequence[Document]:
    """Every document of an environment that a managed or inline policy is made of."""
    operations = [operation.document(place) for operation in OPERATIONS.values()]
    return [boundary(place), people(place), *provision(place), *operations]


CLAUSES = [
    pytest.param(document, clause, id=f"{document.name}-{clause.sid}")
    for document in documents(ACME)
    for clause in document.clauses
]


@pytest.mark.parametrize("place", [ACME, LONGEST], ids=["ordinary", "longest"])
def test_it_fits_into_a_managed_policy(place: Place) -> None:
    for document in documents(place):
        assert 0 < document.size <= POLICY_LONGEST, document.name
        # IAM API Reference, CreatePolicy: PolicyName and Description
        assert re.fullmatch(r"[\w+=,.@-]{1,128}", f"{place.name}-{document.name}")
        assert len(document.meaning) <= 1000


def test_provisioning_takes_no_more_policies_than_a_role_carries() -> None:
    assert len(provision(ACME)) <= 10  # IAM User Guide, IAM and AWS STS quotas


@pytest.mark.parametrize("document", documents(ACME), ids=lambda document: document.name)
def test_statements_have_names_of_their_own(document: Document) -> None:
    sids = [clause.sid for clause in document.clauses]
    assert len(set(sids)) == len(sids)
    assert all(re.fullmatch(r"[A-Za-z0-9]+", sid) for sid in sids)
    assert json.loads(document.text)["Statement"] == [clause.statement for clause in document.clauses]


@pytest.mark.parametrize(("document", "clause"), CLAUSES)
def test_every_clause_has_its_reason(document: Document, clause: Clause) -> None:
    assert len(clause.why.split()) >= 3, document.name


@pytest.mark.parametrize(("document", "clause"), CLAUSES)
def test_nothing_grants_everything(document: Document, clause: Clause) -> None:
    if not clause.deny:
        assert not clause.but, "all but some is everything"
        assert not {"*", "*:*"} & set(clause.actions)


@pytest.mark.parametrize(("document", "clause"), CLAUSES)
def test_resources_are_of_this_account_and_these_regions(document: Document, clause: Clause) -> None:
    for resource in clause.resources:
        if resource == "*":
            continue
        _, partition, service, region, account, rest = resource.split(":", 5)
        assert partition == "aws"
        assert account in {"", ACME.account_id}
        assert region in {"", *ACME.regions}
        assert account or service in {"s3", "route53", "ec2"}, resource
        if service == "s3":
            assert rest.startswith(ACME.name), resource


@pytest.mark.parametrize("document", documents(ACME), ids=lambda document: document.name)
def test_nothing_but_the_boundary_grants_whole_services_on_everything(document: Document) -> None:
    """A service's every action on every resource: only for services that have no resources of ours to name."""
    nameless = {"config:*", "guardduty:*", "inspector2:*", "securityhub:*", "budgets:*"}
    wide = {
        action
        for clause in document.clauses
        if not clause.deny and "*" in clause.resources and not clause.when
        for action in clause.actions
        if action.endswith(":*")
    }
    if document.name != "boundary":
        assert wide <= nameless
