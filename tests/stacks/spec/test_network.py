"""Address ranges and the plan of subnets."""

from __future__ import annotations

from ipaddress import IPv4Network
from itertools import combinations
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from stacks.spec.addresses import LARGEST, PRIVATE, RESERVED, SMALLEST
from stacks.spec.network import NetworkSpec

networks = st.builds(
    lambda address, prefix: IPv4Network((address, prefix), strict=False),
    st.integers(0, 2**32 - 1),
    st.integers(8, 30),
)
private_networks = st.builds(
    lambda block, offset, prefix: IPv4Network((int(block[0]) + offset % block.num_addresses, prefix), strict=False),
    st.sampled_from(PRIVATE),
    st.integers(0, 2**24),
    st.integers(LARGEST, SMALLEST),
)


def is_accepted(cidr: str) -> bool:
    try:
        NetworkSpec.model_validate({"cidr": cidr, "zones": ["a", "b"]})
    except ValidationError:
        return False
    return True


@given(st.one_of(networks, private_networks))
def test_a_range_is_accepted_exactly_where_it_is_private_of_a_good_size_and_free(network: IPv4Network) -> None:
    private = any(network.subnet_of(block) for block in PRIVATE)
    free = not any(network.overlaps(taken) for taken in RESERVED.values())
    assert is_accepted(str(network)) == (private and free and LARGEST <= network.prefixlen <= SMALLEST)


@given(private_networks, st.integers(1, 2**12 - 1))
def test_host_bits_are_refused(network: IPv4Network, bits: int) -> None:
    assert not is_accepted(f"{network[bits]}/{network.prefixlen}")


@pytest.mark.parametrize("text", ["", "10.0.0.0", "10.0.0.0/33", "10.0.0/16", "fd00::/16", "10.0.0.0/16 "])
def test_what_is_no_network_of_a_vpc_is_refused(text: str) -> None:
    assert not is_accepted(text)


@given(private_networks, st.permutations(["a", "b", "c"]), st.integers(2, 3))
def test_the_plan_fits_and_nothing_overlaps(network: IPv4Network, letters: list[str], count: int) -> None:
    assume(is_accepted(str(network)))
    plan = NetworkSpec.model_validate({"cidr": str(network), "zones": letters[:count]}).plan()
    assert [zone.letter for zone in plan] == letters[:count]
    subnets = [IPv4Network(cidr) for zone in plan for cidr in (zone.public, zone.private, zone.data)]
    assert all(subnet.subnet_of(network) for subnet in subnets)
    assert not [pair for pair in combinations(subnets, 2) if pair[0].overlaps(pair[1])]
    assert all(16 <= subnet.prefixlen <= 28 for subnet in subnets)  # AWS: a subnet is /16 to /28


def test_a_further_zone_leaves_the_others_subnets_alone() -> None:
    two, three = (
        NetworkSpec.model_validate({"cidr": "10.20.0.0/16", "zones": zones}).plan()
        for zones in (["a", "b"], ["a", "b", "c"])
    )
    assert three[:2] == two


@pytest.mark.parametrize(
    "zones", [[], ["a"], ["a", "a"], ["a", "b", "c", "d"], ["a", "z"], ["eu-central-1a", "b"], "ab"]
)
def test_zones_are_two_or_three_different_letters(zones: Any) -> None:
    with pytest.raises(ValidationError):
        NetworkSpec.model_validate({"cidr": "10.20.0.0/16", "zones": zones})
