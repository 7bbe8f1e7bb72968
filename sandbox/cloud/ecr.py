"""ECR: pull-through cache rules, templates of the repositories that ECR makes by itself, keys that exist, replication
to several places."""

from __future__ import annotations

import re
from typing import Any, Final

from moto.core.responses import ActionResult
from moto.core.utils import get_service_model, utcnow
from moto.ecr.exceptions import InvalidParameterException
from moto.ecr.models import ECRBackend, Repository, ecr_backends
from moto.ecr.responses import ECRResponse
from moto.kms.models import kms_backends
from moto.secretsmanager.models import secretsmanager_backends

from sandbox.cloud import extend
from sandbox.cloud.service_store import Parameters, Refused, check, page

_OPEN: Final = {"public.ecr.aws": "ecr-public", "registry.k8s.io": "k8s", "quay.io": "quay"}
"""Upstreams that are asked without credentials, with the names that ECR has for them."""
_CLOSED: Final = {
    "registry-1.docker.io": "docker-hub",
    "ghcr.io": "github-container-registry",
    "registry.gitlab.com": "gitlab-container-registry",
    "cgr.dev": "chainguard",
}
"""Upstreams that want credentials."""
_AZURE: Final = re.compile(r"[a-z0-9]+\.azurecr\.io")
_PRIVATE: Final = re.compile(r"\d{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")

_RULES_LIMIT: Final = 50
_REPLICATION_RULES: Final = 10
_DESTINATIONS: Final = 25
"""Service quotas of ECR: pull-through cache rules a registry, replication rules, destinations over all of them."""


class Ecr(ECRBackend):
    """Moto's ECR with what its registries make by themselves."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.cache_rules: dict[str, dict[str, Any]] = {}
        self.templates: dict[str, dict[str, Any]] = {}

    def create_repository(self, *args: Any, **settings: Any) -> Repository:
        """A repository; a key that it is to be encrypted with must exist.

        Raises:
            Refused: there is no such key.
        """
        self._check_key(settings.get("encryption_config") or {})
        return super().create_repository(*args, **settings)

    def create_rule(self, asked: Parameters) -> dict[str, Any]:
        """A pull-through cache rule."""
        prefix, url = asked["ecrRepositoryPrefix"], asked["upstreamRegistryUrl"]
        upstream = _upstream(url)
        if prefix in self.cache_rules:
            raise Refused(
                "PullThroughCacheRuleAlreadyExistsException",
                f"A pull through cache rule with ecrRepositoryPrefix '{prefix}' already exists in the registry with id "
                f"'{self.account_id}'",
            )
        if len(self.cache_rules) >= _RULES_LIMIT:
            raise Refused("LimitExceededException", f"The registry has {_RULES_LIMIT} pull through cache rules already")
        if upstream not in {*_OPEN.values(), "ecr"} and "credentialArn" not in asked:
            raise InvalidParameterException(
                f"Invalid parameter at 'credentialArn': it is required for the upstream registry {url}"
            )
        if upstream in _OPEN.values() and "credentialArn" in asked:
            raise InvalidParameterException(
                f"Invalid parameter at 'credentialArn': the upstream registry {url} takes no credentials"
            )
        self._check_secret(asked)
        now = utcnow()
        found: dict[str, Any] = {
            "ecrRepositoryPrefix": prefix,
            "upstreamRegistryUrl": url,
            "upstreamRegistry": upstream,
            "upstreamRepositoryPrefix": asked.get("upstreamRepositoryPrefix", "ROOT"),
            "createdAt": now,
            "updatedAt": now,
            "registryId": self.account_id,
            **{name: asked[name] for name in ("credentialArn", "customRoleArn") if name in asked},
        }
        self.cache_rules[prefix] = found
        return found

    def rule(self, prefix: str) -> dict[str, Any]:
        """One pull-through cache rule."""
        if prefix not in self.cache_rules:
            raise Refused(
                "PullThroughCacheRuleNotFoundException",
                f"Pull through cache rule with ecrRepositoryPrefix '{prefix}' does not exist in the registry with id "
                f"'{self.account_id}'",
            )
        return self.cache_rules[prefix]

    def update_rule(self, asked: Parameters) -> dict[str, Any]:
        """Other credentials of a rule."""
        found = self.rule(asked["ecrRepositoryPrefix"])
        self._check_secret(asked)
        found |= {name: asked[name] for name in ("credentialArn", "customRoleArn") if name in asked}
        found["updatedAt"] = utcnow()
        return found

    def create_template(self, asked: Parameters) -> dict[str, Any]:
        """A template of the repositories that ECR makes under a prefix."""
        prefix = asked["prefix"]
        if prefix in self.templates:
            raise Refused(
                "TemplateAlreadyExistsException",
                f"The repository creation template with prefix '{prefix}' already exists in the registry with id "
                f"'{self.account_id}'",
            )
        now = utcnow()
        found: dict[str, Any] = {"encryptionConfiguration": {"encryptionType": "AES256"}}
        found |= {"imageTagMutability": "MUTABLE", "createdAt": now}
        self.templates[prefix] = self._template(found, asked)
        return self.templates[prefix]

    def template(self, prefix: str) -> dict[str, Any]:
        """One template."""
        if prefix not in self.templates:
            raise Refused(
                "TemplateNotFoundException",
                f"The Repository Creation Template with prefix '{prefix}' does not exist in the registry with id "
                f"'{self.account_id}'",
            )
        return self.templates[prefix]

    def update_template(self, asked: Parameters) -> dict[str, Any]:
        """Change a template."""
        self.templates[asked["prefix"]] = self._template(self.template(asked["prefix"]), asked)
        return self.templates[asked["prefix"]]

    def put_replication_configuration(self, replication_config: dict[str, Any]) -> dict[str, Any]:
        """Where images are copied to; never to the registry itself."""
        rules = replication_config["rules"]
        places = [place for rule in rules for place in rule["destinations"]]
        if (
            len(rules) > _REPLICATION_RULES
            or len({(one["region"], one["registryId"]) for one in places}) > _DESTINATIONS
        ):
            raise InvalidParameterException(
                "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: at most "
                f"{_REPLICATION_RULES} rules and {_DESTINATIONS} destinations"
            )
        if any(one == {"region": self.region_name, "registryId": self.account_id} for one in places):
            raise InvalidParameterException(
                "Invalid parameter at 'replicationConfiguration' failed to satisfy constraint: "
                "'Replication destination cannot be the same as the source registry'"
            )
        self.replication_config = replication_config
        return {"replicationConfiguration": replication_config}

    def _template(self, present: dict[str, Any], asked: Parameters) -> dict[str, Any]:
        self._check_key(asked.get("encryptionConfiguration") or {})
        if asked.get("resourceTags") and not (asked.get("customRoleArn") or present.get("customRoleArn")):
            raise InvalidParameterException(
                "Invalid parameter at 'customRoleArn': a role is required when resource tags are specified"
            )
        if "KMS" in (asked.get("encryptionConfiguration") or {}).get("encryptionType", "") and not (
            asked.get("customRoleArn") or present.get("customRoleArn")
        ):
            raise InvalidParameterException(
                "Invalid parameter at 'customRoleArn': a role is required when KMS encryption is specified"
            )
        return {**present, **asked, "updatedAt": utcnow()}

    def _check_key(self, encryption: dict[str, str]) -> None:
        if not (key := encryption.get("kmsKey")):
            return
        kms = kms_backends[self.account_id][self.region_name]
        if kms.get_key_id(key) not in kms.keys and not kms.get_key_id_from_alias(key):
            raise Refused("KmsException", f"The operation failed due to a KMS exception: key '{key}' does not exist")

    def _check_secret(self, asked: Parameters) -> None:
        if not (arn := asked.get("credentialArn")):
            return
        region, account = arn.split(":")[3:5]
        if (account, region) != (self.account_id, self.region_name):
            raise Refused(
                "UnableToAccessSecretException", "The secret must be of the account and region of the registry"
            )
        if not any(one.arn == arn for one in secretsmanager_backends[account][region].secrets.values()):
            raise Refused("SecretNotFoundException", f"The secret with ARN {arn} does not exist")


def _upstream(url: str) -> str:
    if known := {**_OPEN, **_CLOSED}.get(url):
        return known
    if _AZURE.fullmatch(url):
        return "azure-container-registry"
    if _PRIVATE.fullmatch(url):
        return "ecr"
    raise Refused("UnsupportedUpstreamRegistryException", f"The upstream registry '{url}' is not supported")


class EcrResponse(ECRResponse):
    """Moto's ECR responses with those of rules and templates."""

    @property
    def registry(self) -> Ecr:
        """The backend of the caller's account and region."""
        backend = self.ecr_backend
        if not isinstance(backend, Ecr):
            raise TypeError("ECR was not installed")
        return backend

    def _asked(self) -> Parameters:
        """The request, valid by the service's model."""
        name = self._get_action()
        operation = get_service_model("ecr").operation_model(name)
        members = operation.input_shape.members if operation.input_shape else {}
        asked: Parameters = {one: self._get_param(one) for one in members if self._get_param(one) is not None}
        if problems := check(operation, asked):
            raise InvalidParameterException("; ".join(problems))
        return asked

    def create_pull_through_cache_rule(self) -> ActionResult:
        """Make a rule."""
        return ActionResult(self.registry.create_rule(self._asked()))

    def update_pull_through_cache_rule(self) -> ActionResult:
        """Change a rule's credentials."""
        return ActionResult(self.registry.update_rule(self._asked()))

    def delete_pull_through_cache_rule(self) -> ActionResult:
        """Take a rule away."""
        found = self.registry.rule(self._asked()["ecrRepositoryPrefix"])
        return ActionResult(self.registry.cache_rules.pop(found["ecrRepositoryPrefix"]))

    def describe_pull_through_cache_rules(self) -> ActionResult:
        """Some rules by their prefixes, or all."""
        asked = self._asked()
        rules = [self.registry.rule(one) for one in asked.get("ecrRepositoryPrefixes") or self.registry.cache_rules]
        return ActionResult(page(((one["ecrRepositoryPrefix"], one) for one in rules), asked, "pullThroughCacheRules"))

    def validate_pull_through_cache_rule(self) -> ActionResult:
        """Whether a rule's upstream lets ECR in: the sandbox has no way out, and says what it can, that the secret is
        there."""
        found = self.registry.rule(self._asked()["ecrRepositoryPrefix"])
        return ActionResult({**found, "isValid": True})

    def create_repository_creation_template(self) -> ActionResult:
        """Make a template."""
        found = self.registry.create_template(self._asked())
        return ActionResult({"registryId": self.registry.account_id, "repositoryCreationTemplate": found})

    def update_repository_creation_template(self) -> ActionResult:
        """Change a template."""
        found = self.registry.update_template(self._asked())
        return ActionResult({"registryId": self.registry.account_id, "repositoryCreationTemplate": found})

    def delete_repository_creation_template(self) -> ActionResult:
        """Take a template away."""
        found = self.registry.template(self._asked()["prefix"])
        del self.registry.templates[found["prefix"]]
        return ActionResult({"registryId": self.registry.account_id, "repositoryCreationTemplate": found})

    def describe_repository_creation_templates(self) -> ActionResult:
        """Some templates by their prefixes, or all; prefixes without a template are passed over."""
        asked = self._asked()
        wanted = asked.get("prefixes")
        found = [one for prefix, one in self.registry.templates.items() if not wanted or prefix in wanted]
        answer = page(((one["prefix"], one) for one in found), asked, "repositoryCreationTemplates")
        return ActionResult({"registryId": self.registry.account_id, **answer})


def install() -> None:
    """Serve ECR from these classes."""
    extend.use("ecr", ecr_backends, backend=Ecr, response=EcrResponse)
