"""The address of a demonstration that a phone can open: what `LAN=` means on this machine or that."""

import pytest

from demo import network
from demo.network import NoAddress, address_of


def on(*addresses: str) -> dict[str, object]:
    """A machine with these addresses."""
    return {"found": lambda: list(addresses), "has": lambda address: address in addresses}


@pytest.mark.parametrize("wanted", ["", "0"])
def test_without_it_the_demonstration_stays_on_its_machine(wanted):
    assert address_of(wanted, **on("192.168.1.5")) == ""


@pytest.mark.parametrize(
    ("wanted", "addresses"), [("1", ["192.168.1.5"]), ("10.8.0.2", ["192.168.1.5", "10.8.0.2"]), ("127.0.0.2", [])]
)
def test_it_is_the_only_address_or_the_one_that_is_named(wanted, addresses):
    own = on(*addresses, *([wanted] if wanted != "1" else []))

    assert address_of(wanted, **own) == (addresses[0] if wanted == "1" else wanted)


@pytest.mark.parametrize(
    ("wanted", "addresses", "sentence"),
    [
        ("1", [], "has no address that another device could reach"),
        ("1", ["192.168.1.5", "10.8.0.2"], "several addresses: 192.168.1.5, 10.8.0.2. Choose"),
        ("1", ["8.8.8.8"], "is a public address"),
        ("8.8.8.8", ["8.8.8.8"], "is a public address"),
        ("192.168.1.7", ["192.168.1.5"], "does not have this address. Its addresses: 192.168.1.5"),
        ("192.168.1.7", [], "Its addresses: none that another device could reach"),
        ("yes", ["192.168.1.5"], "must be 1, or an IPv4 address"),
        ("0.0.0.0", ["192.168.1.5"], "must be 1, or an IPv4 address"),
        ("127.0.0.1", ["127.0.0.1"], "must be 1, or an IPv4 address"),
        ("localhost", ["192.168.1.5"], "must be 1, or an IPv4 address"),
        ("fe80::1", ["192.168.1.5"], "must be 1, or an IPv4 address"),
        ("192.168.1.5:8000", ["192.168.1.5"], "must be 1, or an IPv4 address"),
    ],
)
def test_a_sentence_says_what_to_do_instead(wanted, addresses, sentence):
    with pytest.raises(NoAddress, match=sentence):
        address_of(wanted, **on(*addresses))


def test_this_machine_has_the_addresses_that_it_finds():
    found = network.own_addresses()

    assert "127.0.0.1" not in found
    assert all(network.is_own(address) for address in found)
    assert network.own_addresses(["127.0.0.1"]) == []


@pytest.mark.parametrize(
    ("remote", "is_here"),
    [("127.0.0.1", True), ("192.168.1.5", True), ("192.168.1.8", False), (None, False)],
)
def test_a_request_comes_from_this_machine_or_from_another(remote, is_here):
    assert network.is_this_machine(remote, "http://192.168.1.5:8000") is is_here


@pytest.mark.parametrize(
    ("shop", "sandbox", "command"),
    [
        ("http://localhost:8000", "http://localhost:8001", "make demo LAN=1"),
        ("http://localhost:8360", "http://localhost:8460", "make demo LAN=1 PORT=8360 SANDBOX_PORT=8460"),
    ],
)
def test_the_command_for_phones_keeps_the_ports(shop, sandbox, command):
    assert network.command_for_phones(shop, sandbox) == command
