"""Reading a resource's properties without ever raising: present, absent or unknown at any path.

At preview a property may depend on something that does not exist yet. The policy SDK hands properties over as
proxies that raise when such a value is touched, and the raise turns a mandatory policy into an advisory note.
A :class:`Node` therefore catches it, per property, and carries *unknown* as a state of its own.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pulumi_policy.proxy import UnknownValueError

Step = str | int
EACH: Final = "*"
"""In a path of :meth:`Node.every`: all elements of the list here."""

Read = Callable[[], object]


class State(enum.Enum):
    """What is known of a property."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"


class Node:
    """A property, the path that leads to it, and what is known of it.

    A null counts as absent. Going down from an absent node gives absent nodes, from an unknown node unknown ones,
    and into a value of another shape (a key of a string) absent ones.
    """

    __slots__ = ("path", "state", "value")

    def __init__(self, path: str, state: State, value: object = None) -> None:
        self.path: Final = path
        self.state: Final = state
        self.value: Final = value

    @classmethod
    def of(cls, value: object, path: str = "") -> Node:
        """A node of a known value, as the SDK gives it or plain."""
        return cls(path, State.ABSENT if value is None else State.PRESENT, value)

    @classmethod
    def read(cls, path: str, read: Read) -> Node:
        """The node of what ``read`` returns: unknown where the SDK says so, absent where there is nothing."""
        try:
            return cls.of(read(), path)
        except UnknownValueError:
            return cls(path, State.UNKNOWN)
        except (KeyError, IndexError):
            return cls(path, State.ABSENT)

    @property
    def present(self) -> bool:
        """There is a value and it is known."""
        return self.state is State.PRESENT

    @property
    def absent(self) -> bool:
        """There is no value."""
        return self.state is State.ABSENT

    @property
    def unknown(self) -> bool:
        """There will be a value, known only once something else has been made."""
        return self.state is State.UNKNOWN

    def at(self, *steps: Step) -> Node:
        """The node some keys and indexes below this one."""
        node = self
        for step in steps:
            node = node._down(step)
        return node

    def _down(self, step: Step) -> Node:
        path = f"{self.path}[{step}]" if isinstance(step, int) else f"{self.path}.{step}" if self.path else step
        if self.state is not State.PRESENT:
            return Node(path, self.state)
        value = self.value
        if isinstance(step, int):
            if not isinstance(value, Sequence) or isinstance(value, str):
                return Node(path, State.ABSENT)
            return Node.read(path, lambda: value[step])
        if not isinstance(value, Mapping):
            return Node(path, State.ABSENT)
        return Node.read(path, lambda: value[step])

    def each(self) -> list[Node]:
        """The elements of a list; of an unknown list one unknown element; of anything else the thing itself."""
        if self.state is State.ABSENT:
            return []
        if self.state is State.UNKNOWN:
            return [Node(f"{self.path}[*]", State.UNKNOWN)]
        if isinstance(self.value, Sequence) and not isinstance(self.value, str):
            return [self._down(index) for index in range(len(self.value))]
        return [self]

    def every(self, *steps: Step) -> list[Node]:
        """The nodes below by a path in which :data:`EACH` fans out over a list."""
        found = [self]
        for step in steps:
            if step == EACH:
                found = [below for node in found for below in node.each()]
            else:
                found = [node.at(step) for node in found]
        return found

    def entries(self) -> list[tuple[str, Node]]:
        """Keys and nodes of a map; empty for anything else, unknown maps included."""
        if self.state is State.PRESENT and isinstance(self.value, Mapping):
            return [(str(key), self._down(str(key))) for key in self.value]
        return []

    def leaves(self) -> Iterator[Node]:
        """Every scalar and every unknown below (or at) this node."""
        if self.state is State.ABSENT:
            return
        if self.state is State.UNKNOWN:
            yield self
        elif isinstance(self.value, Mapping):
            for _, node in self.entries():
                yield from node.leaves()
        elif isinstance(self.value, Sequence) and not isinstance(self.value, str):
            for node in self.each():
                yield from node.leaves()
        else:
            yield self

    @property
    def text(self) -> str | None:
        """The value when it is a string."""
        return self.value if isinstance(self.value, str) else None

    @property
    def number(self) -> float | None:
        """The value when it is a number, or a string that holds one (the wire carries numbers as floats)."""
        if isinstance(self.value, bool):
            return None
        if isinstance(self.value, int | float):
            return float(self.value)
        try:
            return float(self.text) if self.text is not None else None
        except ValueError:
            return None

    @property
    def true(self) -> bool:
        """The value is true, also where a provider carries booleans as text."""
        return self.value is True or self.value == "true"

    @property
    def false(self) -> bool:
        """The value is false, also where a provider carries booleans as text."""
        return self.value is False or self.value == "false"

    def json(self) -> Node:
        """The document in a JSON text (or the value itself, where it is not text); absent when it is no JSON.

        Providers' settings and IAM policies travel as JSON text.
        """
        if self.text is None:
            return self
        try:
            return Node.of(json.loads(self.text), self.path)
        except ValueError:
            return Node(self.path, State.ABSENT)

    def shown(self, limit: int = 100) -> str:
        """The value for people: at most ``limit`` characters, ``(unset)`` and ``(unknown)`` where there is none."""
        if self.state is not State.PRESENT:
            return "(unset)" if self.state is State.ABSENT else "(unknown)"
        text = json.dumps(plain(self), ensure_ascii=False, default=str)
        return text if len(text) <= limit else text[: limit - 1] + "…"


def plain(node: Node) -> object:
    """The value as plain dicts, lists and scalars, with ``(unknown)`` for what is not known."""
    if node.state is State.UNKNOWN:
        return "(unknown)"
    if isinstance(node.value, Mapping):
        return {key: plain(below) for key, below in node.entries()}
    if isinstance(node.value, Sequence) and not isinstance(node.value, str):
        return [plain(below) for below in node.each()]
    if isinstance(node.value, float) and node.value.is_integer():
        return int(node.value)
    return node.value
