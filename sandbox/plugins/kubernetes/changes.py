"""Whether a resource has changed, and whether the change needs a new object."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sandbox.plugins.kubernetes import kinds
from sandbox.plugins.kubernetes.diff import Difference, Path, compare, lookup, mark_replacing, without_ignored
from sandbox.plugins.kubernetes.errors import ApiError
from sandbox.plugins.kubernetes.lifecycle import Lifecycle, Options
from sandbox.plugins.kubernetes.manifest import as_properties
from sandbox.plugins.kubernetes.naming import is_autonamed


@dataclass(frozen=True, slots=True)
class Changes:
    """What differs, and whether the old object must go before the new one comes."""

    differences: tuple[Difference, ...]
    delete_first: bool = False

    @property
    def replaces(self) -> list[str]:
        """Paths that need a new object."""
        return [difference.text for difference in self.differences if difference.replace]


def judge(
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    before: Mapping[str, Any],
    options: Options,
    *,
    ignored: Collection[str] = (),
    server: Lifecycle | None = None,
    manager: str = "",
) -> Changes:
    """Compare old with new inputs; where they differ in something that could go in place, ask the server.

    Args:
        before: the object as the last create, update or refresh saw it.
        ignored: property paths of ``ignoreChanges``.
        server: the cluster to ask by a dry run; ``None`` where there is none, or the new inputs are not all known.
        manager: the resource's field manager.
    """
    differences = without_ignored(compare(old, new), ignored)
    if not differences:
        return Changes(())
    kind = kinds.of(old)
    fields = kinds.replacing_fields(
        kind, old, config_map_mutable=options.config_map_mutable, secret_mutable=options.secret_mutable
    )
    if kinds.of(new).group != kind.group:
        fields.add("apiVersion")
    differences = mark_replacing(differences, fields)
    if server is not None and not any(difference.replace for difference in differences):
        opinion = server.try_update(kinds.of(new), new, manager)
        if isinstance(opinion, ApiError):
            differences = _refused(differences, opinion)
        elif opinion is not None:
            after = as_properties(opinion)
            differences = [found for found in differences if _real(found.path, before, after)]
    same_place = all(lookup(old, ("metadata", key)) == lookup(new, ("metadata", key)) for key in ("name", "namespace"))
    replaced = any(difference.replace for difference in differences)
    return Changes(tuple(differences), replaced and same_place and not is_autonamed(new))


def _refused(differences: Sequence[Difference], error: ApiError) -> list[Difference]:
    """The server says which fields cannot change; without a field it knows, everything that changed is meant."""
    if not error.immutable:
        return list(differences)
    fields = {_plain(cause.field) for cause in error.causes if cause.field} - {""}
    marked = mark_replacing(differences, fields)
    if not any(difference.replace for difference in marked):
        marked = mark_replacing(differences, {str(difference.path[0]) for difference in differences})
    return marked


def _plain(field: str) -> str:
    """A field of the server's without indices: ``spec.clusterIPs[0]`` gives ``spec.clusterIPs``."""
    return field.partition("[")[0].strip(".")


def _real(path: Path, before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    """Whether a declared change changes the object (``1000m`` to ``1`` does not, nor does writing out a default).

    Lists are compared whole, since the server may order them; what it never shows (``stringData``) counts as changed.
    """
    steps = path[: next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))]
    was, will_be = lookup(before, steps), lookup(after, steps)
    return steps[0] == "stringData" or was != will_be
