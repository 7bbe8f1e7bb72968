"""The vocabulary of the table: what there is to say about a resource type.

Names of parameters are found by botocore's own model of the operation: ``cidrBlock`` is ``CidrBlock`` because
``CreateVpc`` has a member that differs in its capitals only. The table says what is not mechanical.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sandbox.plugins.aws.operation import Operation


class Form(Enum):
    """How two values of a property are compared."""

    PLAIN = "plain"
    SET = "set"
    """A list whose order and repetitions mean nothing."""
    JSON = "json"
    """JSON text, compared by what it says."""
    POLICY = "policy"
    """An IAM policy document, compared by what it says: ``"s3:*"`` is ``["s3:*"]``."""
    MAP = "map"
    """A map whose keys are the user's own: none may be missing, none too many."""
    PAIRS = "pairs"
    """A map, as above, that AWS writes as a list of Name and Value."""
    DOTLESS = "dotless"
    """Text in which a final ``.`` or ``:*`` means nothing."""
    KEY = "key"
    """An ARN, or its last part."""
    VERSION = "version"
    """A version that may be given in part: ``16`` holds for ``16.9``."""
    NOCASE = "nocase"
    """Text in which capitals mean nothing."""


@dataclass(frozen=True, slots=True)
class Property:
    """A property of a resource type. All are optional in the table: the SDK's own classes know what is required.

    Attributes:
        api: its parameter in the calls, where the name differs by more than capitals; dotted where it is nested;
            ``One|Other`` where operations disagree.
        read: where it is found in the described object: a member's name or a JMESPath expression; the default is the
            last name of the first ``api``. Empty: it cannot be read back, and the state keeps what was asked for.
        default: what the official provider sends where the program says nothing.
        computed: AWS chooses a value where the program says nothing, and then keeps it.
        replace: a change needs a new object; or says so of a live and a wanted value.
        form: how values are compared.
        names: names of nested members, Pulumi's to AWS's, where they differ by more than capitals.
        cleared: what is sent when the program drops the property; the default fits the parameter's type.
        secret: its value is always a secret.
        text: AWS's number or truth value is text in Pulumi.
        asked: kept in the state only where the program gives it, since other resources change it too.
        encode, decode: what is irregular between Pulumi's value and AWS's.
    """

    api: str = ""
    read: str | None = None
    default: Any = None
    computed: bool = False
    replace: bool | Callable[[Any, Any], bool] = False
    form: Form = Form.PLAIN
    names: Mapping[str, str] = field(default_factory=dict)
    cleared: Any = None
    secret: bool = False
    text: bool = False
    asked: bool = False
    encode: Callable[[Any], Any] | None = None
    decode: Callable[[Any], Any] | None = None

    def replaces(self, live: Any, wanted: Any) -> bool:
        """Whether a change of the property from one value to another needs a new object."""
        return self.replace(live, wanted) if callable(self.replace) else self.replace

    @property
    def local(self) -> bool:
        """Whether the state only knows what was asked for."""
        return self.read == ""


@dataclass(frozen=True, slots=True)
class Output:
    """A property that only AWS sets.

    Attributes:
        read: where it is found in the described object, as with a property.
        template: made from other values (``arn:{partition}:ec2:{region}:{account}:vpc/{id}``).
        names: as with a property.
        volatile: any update may change it, so a preview of one does not know it.
        secret: its value is always a secret.
        decode: what is irregular between AWS's value and Pulumi's.
    """

    read: str | None = None
    template: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    volatile: bool = False
    secret: bool = False
    decode: Callable[[Any], Any] | None = None


Parameters = Mapping[str, Any]
"""Parameters of a call. Text with ``{name}`` is filled in from inputs, state, ``id``, ``region``, ``account``, ``arn``;
a parameter whose value is missing is left out."""

Hook = Callable[["Operation"], Any]
"""What the table cannot say in data."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        operation: its name in AWS (``CreateVpc``).
        parameters: beside those that come from the properties.
        answer: JMESPath of what is wanted of the answer.
        into: member of the described object that takes the answer; empty: the answer is the object.
        optional: error codes that mean «there is none».
        service: another service than the type's.
    """

    operation: str
    parameters: Parameters = field(default_factory=dict)
    answer: str = "@"
    into: str = ""
    optional: Sequence[str] = ()
    service: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """A request that brings changes of some properties about.

    Attributes:
        on: the properties; one changed is reason enough.
        call: the request. Changed properties that the operation takes are added to its parameters.
        when: values that new inputs must have (``{"isEnabled": True}``) for the request to be made.
        whole: send all inputs that the operation takes, not the changed ones only.
        wait: wait until the object is ready before the next request.
    """

    on: Sequence[str]
    call: Call | Hook
    when: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Ready:
    """When an object is ready.

    Attributes:
        status: JMESPath of its status in the described object.
        good: the statuses that mean ready.
        bad: those that mean it never will be.
        reason: JMESPath of the cause of a bad status.
    """

    status: str
    good: Sequence[str]
    bad: Sequence[str] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Tagging:
    """How a service takes and gives tags.

    Attributes:
        add, remove: the operations.
        target: their parameter that names the object, and its value.
        param: the parameter of the creating call; empty: tags are added after creation.
        style: ``list`` (Key, Value), ``map``, ``kms`` (TagKey, TagValue), ``ec2`` (a list within TagSpecifications) or
            ``whole`` (``add`` writes all tags at once, as a TagSet, ``remove`` takes all away).
        keys: the parameter of ``remove`` that lists the keys; if it is that of creation (``TagsList``), pairs that
            leave out the value, and the parameter of ``add`` as well.
        read: JMESPath of the tags in the described object.
        kind: the resource type within ``TagSpecifications``.
    """

    add: str
    remove: str
    target: tuple[str, Any]
    param: str = "Tags"
    style: str = "list"
    keys: str = "TagKeys"
    read: str = "Tags"
    kind: str = ""


@dataclass(frozen=True, slots=True)
class Naming:
    """A property that is given a name where the program gives none.

    Attributes:
        property: the property.
        limit: the longest name, in characters.
        prefix_property: the input that asks for a name with a prefix.
        lower: only small letters.
        lead: what every name begins with.
    """

    property: str = "name"
    limit: int = 255
    prefix_property: str = ""
    lower: bool = False
    lead: str = ""


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource type.

    Attributes:
        type: its type token in Pulumi.
        service: botocore's name of the service.
        properties, outputs: by their names in Pulumi.
        create, read, update, delete: the calls. ``read``'s first call finds the object, the others add to it.
        identity: id of a new object: JMESPath in the creating call's answer, or a template.
        born: what else belongs to creation, once there is an id.
        parse: how an id on its own (an import) is taken apart: templates, of which the first that fits gives the
            values of properties.
        absent: JMESPath that is true of an object that counts as gone.
        ready: when it is ready, after creation and after updates; ``None``: at once.
        gone: whether deletion takes time and is to be waited for.
        minutes: the longest waits for creation or update, and for deletion.
        delete_first: on replacement, delete the old object before the new one is made.
        naming: which property is given a name where the program gives none.
        tagging: how it is tagged; ``None``: it cannot be.
        regional: whether it takes ``region``.
    """

    type: str
    service: str
    properties: Mapping[str, Property]
    create: Call | Hook
    read: Sequence[Call | Hook]
    delete: Call | Hook | None
    identity: str
    born: Hook | None = None
    outputs: Mapping[str, Output] = field(default_factory=dict)
    update: Sequence[Update] = ()
    parse: Sequence[str] = ()
    absent: str = ""
    ready: Ready | None = None
    gone: bool = False
    minutes: tuple[float, float] = (10, 10)
    naming: Naming | None = None
    tagging: Tagging | None = None
    delete_first: bool = False
    regional: bool = True
