"""Tags: the provider's defaults, each service's way to write them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.plugins.aws.config import Config
from sandbox.plugins.aws.model import Tagging
from sandbox.plugins.aws.operation import MISSING, Operation, search

Tags = dict[str, str]


def wanted(inputs: Mapping[str, Any], config: Config) -> Tags:
    """All tags that an object is to have: the provider's and its own, which win."""
    own = {key: value if isinstance(value, str) else str(value) for key, value in (inputs.get("tags") or {}).items()}
    return {**config.default_tags, **own}


def read(tagging: Tagging, document: Mapping[str, Any], config: Config) -> Tags:
    """The tags of a described object, without AWS's own and those that the provider ignores."""
    found = search(tagging.read, document) or {}
    if not isinstance(found, Mapping):
        found = {_field(one, "key"): _field(one, "value") for one in found}
    return {
        key: value
        for key, value in found.items()
        if not key.startswith(("aws:", *config.ignored_tag_prefixes)) and key not in config.ignored_tags
    }


def own(all_tags: Tags, asked: Mapping[str, Any], config: Config) -> Tags:
    """Of all tags those that are the object's own: the provider's are not, unless the program says them too."""
    return {key: value for key, value in all_tags.items() if key in asked or config.default_tags.get(key) != value}


def written(tagging: Tagging, tags: Tags) -> Any:
    """Tags as the creating call takes them."""
    match tagging.style:
        case "map":
            return tags
        case "kms":
            return [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        case "ec2":
            return [{"ResourceType": tagging.kind, "Tags": _pairs(tags)}]
        case _:
            return _pairs(tags)


def change(op: Operation, before: Tags, after: Tags) -> bool:
    """Change an object's tags; returns whether there was anything to change."""
    tagging = op.resource.tagging
    if tagging is None or before == after:
        return False
    name, template = tagging.target
    target = op.fill(template)
    if target is MISSING:
        raise RuntimeError(f"{op.resource.type}: its tags need {template}, which is not known")
    if tagging.style == "whole":
        _rewrite(op, tagging, {name: target}, before, after)
        return True
    gone = [key for key in before if key not in after]
    new = {key: value for key, value in after.items() if before.get(key) != value}
    if gone:
        pairs = tagging.style == "ec2" or tagging.keys == tagging.param
        keys = [{"Key": key} for key in gone] if pairs else gone
        op.call(tagging.remove, {name: target, tagging.keys: keys})
    if new:
        value = _pairs(new) if tagging.style == "ec2" else written(tagging, new)
        small = tagging.param == "tags"
        param = tagging.param if tagging.keys == tagging.param else "tags" if small else "Tags"
        op.call(tagging.add, {name: target, param: value})
    return True


def _rewrite(op: Operation, tagging: Tagging, target: dict[str, Any], before: Tags, after: Tags) -> None:
    """Write all tags at once, where a service knows no other way; those of AWS and of others stay as they are."""
    found = {_field(one, "key"): _field(one, "value") for one in search(tagging.read, op.document) or ()}
    all_tags = {key: value for key, value in found.items() if key not in before} | after
    if all_tags:
        op.call(tagging.add, {**target, "Tagging": {"TagSet": _pairs(all_tags)}})
    else:
        op.call(tagging.remove, target)


def _pairs(tags: Tags) -> list[Tags]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _field(pair: Mapping[str, str], name: str) -> str:
    """``Key`` of a pair that may call it ``TagKey`` or ``key``."""
    return next((value for key, value in pair.items() if key.lower().endswith(name)), "")
