"""Providers: which clouds, which region, which account."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from policies.engine import arn
from policies.engine.context import Boundary, Context
from policies.engine.demand import expect
from policies.engine.resource import PROVIDER_PREFIX, Resource, is_default_name
from policies.engine.rule import Finding, Rule, Undecided, Violation
from policies.engine.standards import ccc
from policies.engine.values import EACH, Node

AWS_PROVIDER: Final = f"{PROVIDER_PREFIX}aws"
KUBERNETES_PROVIDER: Final = f"{PROVIDER_PREFIX}kubernetes"

ADMITTED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "aws": "judged by this pack",
        "kubernetes": "judged by this pack: its cluster must be the client's",
        "pulumi": "stack references; holds no data",
        "pulumi-python": "dynamic providers of this repository (Vault); their address is the operator's VAULT_ADDR",
        "random": "makes values locally; holds no data elsewhere",
        "tls": "makes keys locally; holds no data elsewhere",
    }
)
"""Providers that a client's environment may use, and why; any other is refused, since nothing judges it."""

KUBERNETES_COMPONENTS: Final = ("kubernetes:yaml", "kubernetes:helm.sh/v3:Chart", "kubernetes:kustomize")
"""Types that only group others: they go through no provider themselves."""

AWS_DOMAINS: Final = ("amazonaws.com", "api.aws", "amazonaws.com.cn", "amazonaws.eu")
"""Domains of AWS's own API endpoints (AWS General Reference, "AWS service endpoints")."""


def _judge_known(resource: Resource, _: Context) -> Iterator[Finding]:
    package = resource.type.removeprefix(PROVIDER_PREFIX)
    if package not in ADMITTED:
        yield Violation(
            Node("", resource.props.state),
            f"a provider of {', '.join(ADMITTED)}",
            detail=f"no rule judges where provider {package!r} puts data",
        )


def _judge_default(resource: Resource, _: Context) -> Iterator[Finding]:
    allowed = "an explicit provider, passed in the resource's options"
    if resource.type.startswith(PROVIDER_PREFIX):
        if is_default_name(resource.name):
            yield Violation(Node.of(resource.name, "name"), allowed)
    elif not resource.type.startswith(KUBERNETES_COMPONENTS):
        if resource.provider is None:
            yield Violation(Node.of(None, "provider"), allowed)
        elif resource.provider.is_default:
            yield Violation(Node.of(resource.provider.name, "provider"), allowed)


def _judge_region(resource: Resource, context: Context) -> Iterator[Finding]:
    yield from expect(resource.at("region"), lambda node: node.value in context.within.regions, context.within.allowed)


def _judge_account(resource: Resource, context: Context) -> Iterator[Finding]:
    account = context.within.account
    allowed = f"exactly the client's account {account}"
    accounts = resource.at("allowedAccountIds")
    if accounts.unknown:
        yield Undecided(accounts)
        return
    found = accounts.json()
    if found.absent or not found.each():
        yield Violation(accounts, allowed)
    for node in found.each():
        yield from expect(node, lambda node: node.value == account, allowed)


def _judge_roles(resource: Resource, context: Context) -> Iterator[Finding]:
    account = context.within.account
    for setting in ("assumeRoles", "assumeRoleWithWebIdentity"):
        for role in resource.at(setting).json().every(EACH, "roleArn"):
            yield from expect(
                role,
                lambda node: (found := arn.parse(node.text)) is not None and found.account == account,
                f"the ARN of a role in the client's account {account}",
                absent_passes=True,
            )


def in_boundary(host: str, boundary: Boundary) -> bool:
    """Whether a host is AWS's own, in a region of the boundary: the region is a label of its name."""
    return host.endswith(tuple(f".{domain}" for domain in AWS_DOMAINS)) and any(
        label in boundary.regions for label in host.split(".")
    )


def _judge_endpoints(resource: Resource, context: Context) -> Iterator[Finding]:
    boundary = context.within
    for url in resource.at("endpoints").json().leaves():
        yield from expect(
            url,
            lambda node: in_boundary(urlsplit(str(node.value)).hostname or "", boundary),
            f"an AWS endpoint whose name holds {' or '.join(boundary.regions)}",
        )


RULES: Final = (
    Rule(
        id="residency-provider-known",
        title="Only providers that this pack can judge",
        types=(f"{PROVIDER_PREFIX}*",),
        asks=f"Every provider is one of {', '.join(f'`{name}`' for name in ADMITTED)}.",
        why="A provider of another cloud or service stores data where no rule of this pack looks.",
        fix="remove the provider, or admit it in policies/residency/providers.py with a reason and rules that judge it",
        absent="Decided by the provider's type alone; no property is read.",
        judge=_judge_known,
        standards=(ccc("CN06.AR01"),),
    ),
    Rule(
        id="residency-provider-explicit",
        title="No default or unnamed provider",
        types=(AWS_PROVIDER, KUBERNETES_PROVIDER, "aws:*", "kubernetes:*"),
        asks="Every AWS and Kubernetes resource goes through a provider that the program makes itself.",
        why="A default provider takes region, account and cluster from the shell that happens to run it.",
        fix="pass provider=... (or the parent's providers=[...]) in the resource's options, and set "
        'pulumi:disable-default-providers: ["*"] in the stack\'s configuration',
        absent="A resource that names no provider is refused.",
        judge=_judge_default,
        standards=(ccc("CN06.AR01"),),
    ),
    Rule(
        id="residency-provider-region",
        title="AWS providers work in the home or recovery region",
        types=(AWS_PROVIDER,),
        asks="`region` of every AWS provider is the boundary's home or recovery region.",
        why="Whatever a provider makes lives in its region unless a resource says otherwise.",
        fix="set region on the aws.Provider to the client's home (or recovery) region",
        absent="Unset, the region comes from the shell's AWS_REGION or profile: refused.",
        judge=_judge_region,
        standards=(ccc("CN06.AR01"),),
        needs_boundary=True,
    ),
    Rule(
        id="residency-provider-account",
        title="AWS providers can touch the client's account only",
        types=(AWS_PROVIDER,),
        asks="`allowedAccountIds` of every AWS provider is exactly the client's account.",
        why="With another account's credentials in the shell, a client's data would be made in a foreign account.",
        fix="set allowed_account_ids=[spec.account_id] on the aws.Provider",
        absent="Unset, any account that the credentials reach is accepted: refused.",
        judge=_judge_account,
        standards=(ccc("CN06.AR01"),),
        needs_boundary=True,
    ),
    Rule(
        id="residency-provider-role",
        title="AWS providers assume roles of the client's account",
        types=(AWS_PROVIDER,),
        asks="Every role in `assumeRoles` and `assumeRoleWithWebIdentity` belongs to the client's account.",
        why="The role decides in whose account resources are made.",
        fix="set the role's ARN to arn:aws:iam::<account_id>:role/...",
        absent="No role to assume passes: the account is still held by residency-provider-account.",
        judge=_judge_roles,
        standards=(ccc("CN06.AR01"),),
        needs_boundary=True,
    ),
    Rule(
        id="residency-provider-endpoint",
        title="AWS providers speak to AWS endpoints of the boundary's regions",
        types=(AWS_PROVIDER,),
        asks="Every address in the provider's `endpoints` is an AWS endpoint in the home or recovery region.",
        why="An endpoint overrides the region: requests, and the data in them, go where it points.",
        fix="remove endpoints from the aws.Provider (a shell's AWS_ENDPOINT_URL serves private installations)",
        absent="Unset, the endpoints follow the region, which residency-provider-region judges: passes.",
        judge=_judge_endpoints,
        standards=(ccc("CN06.AR01"),),
        needs_boundary=True,
    ),
)
