"""Whom the environment talks to: one record a partner system, from which the way out is made."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from stacks.spec.model import Section
from stacks.spec.monitoring import Email
from stacks.spec.problems import refuse

_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
"""A label of a host name (RFC 1035 section 2.3.1, with the leading digit that RFC 1123 section 2.1 allows)."""
_LONGEST: Final = 253
"""Characters of a name without its final dot (RFC 1035 section 2.3.4: 255 octets on the wire)."""
_SECOND_LEVEL: Final = frozenset({"ac", "co", "com", "edu", "gov", "net", "org", "gob", "gouv", "or", "ne"})
"""Second labels that registries of countries hand names out under, as in ``co.uk``."""
_SHARED: Final = (
    *("amazonaws.com", "api.aws", "azure.com", "cloudapp.net", "cloudfront.net", "github.io", "googleapis.com"),
    *("herokuapp.com", "netlify.app", "pages.dev", "vercel.app", "windows.net", "workers.dev"),
)
"""Domains below which anyone may have a name: a wildcard over them lets data go to anyone."""

PERSONAL: Final = frozenset({"personal", "financial", "health"})
"""Classes that are data of people (GDPR article 4(1); health: article 9)."""


def host(value: str) -> str:
    """A fully qualified host name, with an optional leading ``*.``, which is no wildcard over a public suffix."""
    wild = value.startswith("*.")
    labels = value.removeprefix("*.").split(".")
    if value != value.lower() or len(value) > _LONGEST or not all(_LABEL.fullmatch(one) for one in labels):
        raise refuse("it is no host name in small letters (RFC 1123 section 2.1)", "write for example api.example.com")
    if labels[-1].isdigit():
        raise refuse("it is an IP address, which the way out cannot tell from another", "write the partner's host name")
    if len(labels) < 2 or not re.fullmatch(r"[a-z]{2,}|xn--[a-z0-9-]+", labels[-1]):
        raise refuse("it is not fully qualified", "write for example api.example.com")
    if wild:
        domain = ".".join(labels)
        country = len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVEL
        if country or any(domain == one or domain.endswith(f".{one}") for one in _SHARED):
            raise refuse("anyone may have a name below it", "name the partner's hosts one by one")
    return value


def _once(value: list[str]) -> list[str]:
    if len(set(value)) != len(value):
        raise refuse("a host is named twice", "name each host once")
    return value


IntegrationName = Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,39}$")]
DataClass = Literal["none", "metadata", "personal", "financial", "health", "credentials"]


class IntegrationSpec(Section):
    """One partner system, and what goes there."""

    purpose: Annotated[str, Field(min_length=3, max_length=200)]
    """What it is for, in a sentence."""

    owner: Email
    """E-mail address of who answers for it."""

    direction: Literal["outbound", "inbound"] = "outbound"
    """Who opens the connection: outbound is the environment."""

    hosts: Annotated[list[Annotated[str, AfterValidator(host)]], Field(min_length=1), AfterValidator(_once)]
    """Host names, in small letters, `*.` in front for all below (RFC 1035, RFC 1123); no addresses."""

    port: Annotated[int, Field(ge=1, le=65535)] = 443
    """TCP port."""

    protocol: Literal["https", "tls"] = "https"
    """https, or tls for anything else within TLS from the first byte (for mail, port 465: RFC 8314 section 3.3)."""

    data_classes: Annotated[list[DataClass], Field(min_length=1)]
    """What goes there: none, metadata, personal, financial, health, credentials."""

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    """Where the data goes: two letters (ISO 3166-1 alpha-2)."""

    transfer_basis: Annotated[str, Field(min_length=3, max_length=300)] | None = None
    """What allows personal data to leave the jurisdiction: an adequacy decision, standard clauses (GDPR chapter V)."""

    auth: Literal["none", "api-key", "oauth2", "mtls", "basic", "signature"] | None = None
    """How the environment proves who it is."""

    timeout_seconds: Annotated[int, Field(ge=1, le=900)] = 30
    """How long a call may take, in seconds."""

    retries: Annotated[int, Field(ge=0, le=10)] = 3
    """How often a failed call is repeated."""

    @model_validator(mode="after")
    def _nothing_is_nothing(self) -> IntegrationSpec:
        if "none" in self.data_classes and len(self.data_classes) > 1:
            raise refuse("data_classes says none and names others", "leave out none")
        return self
