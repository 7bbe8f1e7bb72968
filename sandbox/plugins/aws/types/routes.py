"""Routes and the tables that hold them."""

from __future__ import annotations

import zlib
from typing import Any, Final

from sandbox.plugins.aws.model import Call, Form, Output, Property, Resource, Update
from sandbox.plugins.aws.operation import Operation
from sandbox.plugins.aws.types.ec2_common import arn, pascal, tagging
from sandbox.plugins.protocol import ProviderError

_TARGETS: Final = {
    "carrierGatewayId": Property(),
    "coreNetworkArn": Property(),
    "egressOnlyGatewayId": Property("EgressOnlyInternetGatewayId"),
    "gatewayId": Property(),
    "localGatewayId": Property(),
    "natGatewayId": Property(),
    "networkInterfaceId": Property(computed=True),
    "transitGatewayId": Property(),
    "vpcEndpointId": Property(read="[GatewayId][?starts_with(not_null(@, ''), 'vpce-')] | [0]"),
    "vpcPeeringConnectionId": Property(),
}
_DESTINATIONS: Final = ("destinationCidrBlock", "destinationIpv6CidrBlock", "destinationPrefixListId")


def _destination(op: Operation) -> tuple[str, str]:
    """Which destination a route has: the parameter's name and its value."""
    scope = op.scope()
    for name in _DESTINATIONS:
        if scope.get(name):
            return pascal(name), scope[name]
    destination = scope.get("destination")  # of an imported id: rtb-…_10.0.0.0/16
    if destination:
        name = (
            "DestinationPrefixListId"
            if destination.startswith("pl-")
            else "DestinationIpv6CidrBlock"
            if ":" in destination
            else "DestinationCidrBlock"
        )
        return name, destination
    raise ProviderError(f"one of {', '.join(_DESTINATIONS)} is needed")


def _find_route(op: Operation) -> dict[str, Any] | None:
    name, destination = _destination(op)
    table = op.scope().get("routeTableId")
    answer = op.call("DescribeRouteTables", {"RouteTableIds": [table]})
    route = next((one for one in answer["RouteTables"][0]["Routes"] if one.get(name) == destination), None)
    if route is None:
        return None
    return {**route, "RouteTableId": table, "_id": f"r-{table}{zlib.crc32(destination.encode())}"}


def _delete_route(op: Operation) -> None:
    name, destination = _destination(op)
    op.call("DeleteRoute", {"RouteTableId": op.scope().get("routeTableId"), name: destination})


def _create_route(op: Operation) -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for name in ROUTE.properties:
        if op.inputs.get(name) is not None:
            op.put(parameters, Call("CreateRoute"), name)
    op.call("CreateRoute", parameters)
    _, destination = _destination(op)
    return {"_id": f"r-{op.inputs['routeTableId']}{zlib.crc32(destination.encode())}"}


ROUTE: Final = Resource(
    type="aws:ec2/route:Route",
    service="ec2",
    identity="_id",
    parse=("{routeTableId}_{destination}",),
    properties={
        **_TARGETS,
        **{name: Property(replace=True) for name in _DESTINATIONS},
        "routeTableId": Property(replace=True),
    },
    outputs={
        "instanceId": Output(),
        "instanceOwnerId": Output(),
        "origin": Output(),
        "state": Output(volatile=True),
    },
    create=_create_route,
    read=(_find_route,),
    update=(
        Update(
            tuple(_TARGETS),
            Call(
                "ReplaceRoute",
                {"RouteTableId": "{routeTableId}", **{pascal(name): f"{{{name}}}" for name in _DESTINATIONS}},
            ),
        ),
    ),
    delete=_delete_route,
    minutes=(5, 5),
    delete_first=True,
)


def _live_routes(table: dict[str, Any]) -> list[dict[str, Any]]:
    """Inline routes: not those that AWS made (local, and of gateway endpoints)."""
    return [
        route
        for route in table.get("Routes") or []
        if route.get("Origin", "CreateRoute") == "CreateRoute" and not str(route.get("GatewayId")).startswith("vpce-")
    ]


def _inline_routes(op: Operation) -> dict[str, Any]:
    names = {"CidrBlock": "DestinationCidrBlock", "Ipv6CidrBlock": "DestinationIpv6CidrBlock"}
    ignored = {"Origin", "State", "InstanceOwnerId", *names.values()}
    found = []
    for route in _live_routes(op.document):
        one = {key: value for key, value in route.items() if key not in ignored}
        one |= {ours: route[theirs] for ours, theirs in names.items() if theirs in route}
        found.append(one)
    return {"InlineRoutes": found}


def _set_routes(op: Operation) -> None:
    """Bring a table's inline routes about; one whose target changed is replaced."""
    wanted = {str(one.get("cidrBlock") or one.get("ipv6CidrBlock")): one for one in op.inputs.get("routes") or []}
    names = {**{name: pascal(name) for name in _TARGETS}, "egressOnlyGatewayId": "EgressOnlyInternetGatewayId"}
    there = {_live_destination(one) for one in _live_routes(op.document)}
    for destination in there - wanted.keys():
        op.call("DeleteRoute", {"RouteTableId": op.id, _cidr_name(destination): destination})
    for destination, route in wanted.items():
        target = {names[key]: value for key, value in route.items() if key in names and value}
        verb = "ReplaceRoute" if destination in there else "CreateRoute"
        op.call(verb, {"RouteTableId": op.id, _cidr_name(destination): destination, **target})


def _live_destination(route: dict[str, Any]) -> str:
    return str(route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock"))


def _cidr_name(destination: str) -> str:
    return "DestinationIpv6CidrBlock" if ":" in destination else "DestinationCidrBlock"


ROUTE_TABLE: Final = Resource(
    type="aws:ec2/routeTable:RouteTable",
    service="ec2",
    identity="RouteTableId",
    properties={
        "routes": Property(
            read="InlineRoutes",
            form=Form.SET,
            computed=True,
            asked=True,
            names={"egressOnlyGatewayId": "EgressOnlyInternetGatewayId"},
        ),
        "vpcId": Property(replace=True),
    },
    outputs={"arn": arn("route-table"), "ownerId": Output()},
    create=Call("CreateRouteTable", answer="RouteTable"),
    read=(Call("DescribeRouteTables", {"RouteTableIds": ["{id}"]}, "RouteTables[0]"), _inline_routes),
    update=(Update(("routes",), _set_routes),),
    delete=Call("DeleteRouteTable", {"RouteTableId": "{id}"}),
    minutes=(5, 5),
    tagging=tagging("route-table"),
)


def _find_association(op: Operation) -> dict[str, Any] | None:
    """An association by its id, or, imported, by what it ties to which table (``subnet-…/rtb-…``)."""
    one, slash, table = op.id.partition("/")
    by = ("route-table-id", table) if slash else ("association.route-table-association-id", op.id)
    answer = op.call("DescribeRouteTables", {"Filters": [{"Name": by[0], "Values": [by[1]]}]})
    for found in answer["RouteTables"]:
        for association in found.get("Associations") or []:
            tied = {association.get("SubnetId"), association.get("GatewayId")}
            if association["RouteTableAssociationId"] == op.id or (slash and one in tied):
                return {**association, "AssociationId": association["RouteTableAssociationId"]}
    return None


ROUTE_TABLE_ASSOCIATION: Final = Resource(
    type="aws:ec2/routeTableAssociation:RouteTableAssociation",
    service="ec2",
    identity="AssociationId",
    properties={
        "gatewayId": Property(replace=True),
        "routeTableId": Property(replace=True),
        "subnetId": Property(replace=True),
    },
    create=Call("AssociateRouteTable"),
    read=(_find_association,),
    delete=Call("DisassociateRouteTable", {"AssociationId": "{id}"}),
    delete_first=True,
    minutes=(5, 5),
)

ROUTES: Final = (ROUTE, ROUTE_TABLE, ROUTE_TABLE_ASSOCIATION)
