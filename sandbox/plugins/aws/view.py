"""A described object as Pulumi's properties, and back from those to what differs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal

from sandbox.plugins.aws import tags
from sandbox.plugins.aws.compare import holds, is_empty, restricted, settled
from sandbox.plugins.aws.config import Config
from sandbox.plugins.aws.model import Form, Output, Property, Resource
from sandbox.plugins.aws.operation import MISSING, Document, Operation, search
from sandbox.plugins.aws.shapes import from_api, plain
from sandbox.plugins.protocol import UNKNOWN, Change, below, contains_unknown

_NAME: Final = re.compile(r"\w+")


def state(op: Operation, document: Document) -> dict[str, Any]:
    """The properties of a described object; where it is as asked for, in the words in which it was asked for."""
    resource, config = op.resource, op.cloud.config
    found: dict[str, Any] = {}
    for name, prop in resource.properties.items():
        asked = op.inputs.get(name, op.state.get(name))
        if prop.asked and asked is None:
            continue
        value = asked if prop.local else settled(asked, _value(document, name, prop), prop.form)
        if value is not None:
            found[name] = value
    if resource.regional:
        found["region"] = op.region
    if resource.tagging is not None:
        found["tagsAll"] = tags.read(resource.tagging, document, config)
        found["tags"] = tags.own(found["tagsAll"], op.inputs.get("tags") or op.state.get("tags") or {}, config)
    op.state = found
    for name, output in resource.outputs.items():
        value = op.fill(output.template) if output.template else _value(document, name, output)
        if value is not None and value is not MISSING:
            found[name] = value
    return found


def inputs(op: Operation, found: Mapping[str, Any]) -> dict[str, Any]:
    """The inputs that describe an object: of those that there were, what they are now; for an import, all."""
    resource = op.resource
    if op.inputs:
        forms = {name: prop.form for name, prop in resource.properties.items()} | {"tags": Form.MAP}
        return {
            name: restricted(found[name], value, forms[name]) if name in forms else value
            for name, value in op.inputs.items()
            if name in found or name not in forms
        }
    return {
        name: found[name]
        for name, prop in resource.properties.items()
        if name in found and not (is_empty(found[name]) and found[name] is not False) and found[name] != prop.default
    } | ({"tags": found["tags"]} if found.get("tags") else {})


def foretold(op: Operation, config: Config) -> dict[str, Any]:
    """The properties that an object will have, as far as they are known before it exists."""
    resource = op.resource
    found = {
        name: op.inputs.get(name, UNKNOWN if prop.computed and not prop.asked else None)
        for name, prop in resource.properties.items()
    }
    found |= dict.fromkeys(resource.outputs, UNKNOWN)
    found = {name: value for name, value in found.items() if value is not None}
    return found | _tags(op, config) | ({"region": op.region} if resource.regional else {})


def foretold_update(op: Operation, config: Config, changes: Mapping[str, Change]) -> dict[str, Any]:
    """The properties that an object will have after an update."""
    resource = op.resource
    found = dict(op.state)
    for name in {path.partition(".")[0].partition("[")[0] for path in changes}:
        if name in op.inputs:
            found[name] = op.inputs[name]
        else:
            found.pop(name, None)
    if changes:
        found |= {name: UNKNOWN for name, output in resource.outputs.items() if output.volatile}
    return found | _tags(op, config)


def changes(
    resource: Resource, old_inputs: Mapping[str, Any], old_state: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Change]:
    """What of an object is not as the new inputs ask, by property path."""
    found: dict[str, Change] = {}
    for name, prop in resource.properties.items():
        live, wanted = old_state.get(name), news.get(name)
        for path, kind in _differences(prop, name, old_inputs.get(name), live, wanted):
            replace = prop.replaces(live, wanted)
            found[path] = Change(kind, replace=replace, from_inputs=old_inputs.get(name) != wanted)
    return found


def tag_changes(
    old_state: Mapping[str, Any], news: Mapping[str, Any], config: Config, old_inputs: Mapping[str, Any]
) -> dict[str, Change]:
    """What of the tags is not as the new inputs and the provider's defaults ask."""
    before, own = old_state.get("tagsAll") or {}, news.get("tags")
    if own is UNKNOWN or contains_unknown(own):
        return {"tags": Change("update")}
    after = tags.wanted(news, config)
    found: dict[str, Change] = {}
    for key in [*before, *(key for key in after if key not in before)]:
        if before.get(key) == after.get(key):
            continue
        kind: Literal["add", "delete", "update"] = (
            "add" if key not in before else "delete" if key not in after else "update"
        )
        name = "tags" if key in (own or {}) or key in (old_inputs.get("tags") or {}) else "tagsAll"
        found[below(name, key)] = Change(kind, from_inputs=False)
    return found


# -- parts ------------------------------------------------------------------------------------------------------------


def _tags(op: Operation, config: Config) -> dict[str, Any]:
    if op.resource.tagging is None:
        return {}
    own = op.inputs.get("tags")
    if contains_unknown(own):
        return {"tags": own, "tagsAll": UNKNOWN}
    return {"tags": own or {}, "tagsAll": tags.wanted(op.inputs, config)}


def _value(document: Document, name: str, prop: Property | Output) -> Any:
    where = prop.read if prop.read is not None else name
    if isinstance(prop, Property) and prop.read is None and prop.api:
        where = prop.api.partition("|")[0].rpartition(".")[2]
    if _NAME.fullmatch(where) and where not in document:
        wanted = plain(where)
        value = next((value for key, value in document.items() if plain(key) == wanted), None)
    else:
        value = search(where, document)
    if prop.decode is not None:
        return None if value is None else prop.decode(value)
    if isinstance(prop, Property) and prop.form in {Form.JSON, Form.POLICY}:
        return json.dumps(value) if isinstance(value, dict | list) else value
    if isinstance(prop, Property) and prop.form is Form.MAP:
        return value
    if isinstance(prop, Property) and prop.form is Form.PAIRS:
        return {pair["Name"]: pair["Value"] for pair in value or []}
    value = from_api(value, prop.names)
    if isinstance(prop, Property) and prop.text and value is not None:
        return str(value).lower() if isinstance(value, bool) else str(value)
    return value


def _differences(
    prop: Property, name: str, asked: Any, live: Any, wanted: Any
) -> Iterator[tuple[str, Literal["add", "delete", "update"]]]:
    if wanted is None:
        if prop.computed or is_empty(live):
            return
        yield name, "delete"
    elif contains_unknown(wanted):
        yield name, "update" if live is not None else "add"
    else:
        yield from _unlike(wanted, live, prop.form, name)
        if not prop.computed:
            yield from _dropped(asked, wanted, live, name)


def _unlike(wanted: Any, live: Any, form: Form, path: str) -> Iterator[tuple[str, Literal["add", "delete", "update"]]]:
    """Paths at which a live value is not what is wanted."""
    if holds(wanted, live, form):
        return
    if isinstance(wanted, Mapping) and isinstance(live, Mapping) and live:
        for key, value in wanted.items():
            yield from _unlike(value, live.get(key), form, below(path, key))
    elif is_empty(live):
        yield path, "add" if live is None else "update"
    elif is_empty(wanted) and wanted is not False:
        yield path, "delete"
    else:
        yield path, "update"


def _dropped(asked: Any, wanted: Any, live: Any, path: str) -> Iterator[tuple[str, Literal["add", "delete", "update"]]]:
    """Paths of nested members that were asked for before, are asked for no more, and are still there."""
    if not isinstance(asked, Mapping) or not isinstance(wanted, Mapping) or not isinstance(live, Mapping):
        return
    for key, value in asked.items():
        if value is None:
            continue
        if wanted.get(key) is None:
            if not is_empty(live.get(key)):
                yield below(path, key), "delete"
        else:
            yield from _dropped(value, wanted[key], live.get(key), below(path, key))
