"""The address at which a phone in the same network reaches a demonstration: found, or as `LAN=` names it."""

import socket
from collections.abc import Callable, Iterable
from ipaddress import AddressValueError, IPv4Address
from urllib.parse import urlsplit

LOOPBACK = "127.0.0.1"
"""Where console and levers of the sandbox answer, and the demonstration calls them."""
ONLY_HERE = {"localhost", LOOPBACK}
OFF = {"", "0"}

DESTINATIONS = ("192.0.2.1", "10.255.255.254", "172.31.255.254", "192.168.255.254")
"""Somewhere outside, and an end of each private range: a machine with several networks has a route through each."""


class NoAddress(Exception):
    """`LAN=` does not lead to an address; the message says in one sentence what to do."""


def command_for_phones(shop_url: str, sandbox_url: str) -> str:
    """Return the command that starts this demonstration again, on its ports and open to phones."""
    ports = {"PORT": (urlsplit(shop_url).port, 8000), "SANDBOX_PORT": (urlsplit(sandbox_url).port, 8001)}
    changed = [f"{name}={port}" for name, (port, usual) in ports.items() if port not in (None, usual)]
    return " ".join(["make demo LAN=1", *changed])


def own_addresses(destinations: Iterable[str] = DESTINATIONS) -> list[str]:
    """Return the addresses that this machine would send from, except those that only itself reaches.

    Connecting a UDP socket sends nothing: the system only looks up the route.
    """
    found = []
    for destination in destinations:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.connect((destination, 9))
            except OSError:
                continue  # no route leads there
            found.append(str(probe.getsockname()[0]))
    return [address for address in dict.fromkeys(found) if _reaches_others(IPv4Address(address))]


def is_own(address: str) -> bool:
    """Whether this machine has the address: only then can a program listen there."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def address_of(
    wanted: str,
    *,
    found: Callable[[], list[str]] = own_addresses,
    has: Callable[[str], bool] = is_own,
) -> str:
    """Return the address that `LAN=` means: `1` for the only one there is, or one by name. '' when it is off.

    Raises:
        NoAddress: when there is none or more than one, when the text is no address of this machine, or when the
            address is public: anyone on the internet could sign in there.
    """
    if wanted in OFF:
        return ""
    address = _only(found()) if wanted == "1" else _named(wanted, found, has)
    if IPv4Address(address).is_global:
        raise NoAddress(
            f"{address} is a public address: anyone on the internet could use this demonstration. "
            "Name an address in a private network: make demo LAN=192.168.1.5"
        )
    return address


def is_open(public_url: str) -> bool:
    """Whether other devices reach the demonstration: its own address is not one of the loopback's names."""
    return urlsplit(public_url).hostname not in ONLY_HERE


def is_this_machine(remote: str | None, public_url: str) -> bool:
    """Whether a request from the address `remote` comes from the machine that runs the demonstration."""
    return remote in {*ONLY_HERE, urlsplit(public_url).hostname}


def _only(addresses: list[str]) -> str:
    if not addresses:
        raise NoAddress(
            "LAN=1: this machine has no address that another device could reach. Connect it to the phone's network "
            "and try again, or start without the phone: make demo"
        )
    if len(addresses) > 1:
        raise NoAddress(
            f"LAN=1: this machine has several addresses: {', '.join(addresses)}. "
            f"Choose the one in the phone's network: make demo LAN={addresses[0]}"
        )
    return addresses[0]


def _named(wanted: str, found: Callable[[], list[str]], has: Callable[[str], bool]) -> str:
    try:
        address = IPv4Address(wanted)
    except AddressValueError:
        address = IPv4Address(0)
    if address.is_unspecified or address.is_multicast or wanted in ONLY_HERE:
        raise NoAddress(f"LAN must be 1, or an IPv4 address of this machine such as 192.168.1.5, not {wanted!r}")
    if not has(wanted):
        known = ", ".join(found()) or "none that another device could reach"
        raise NoAddress(f"LAN={wanted}: this machine does not have this address. Its addresses: {known}")
    return wanted


def _reaches_others(address: IPv4Address) -> bool:
    return not (address.is_loopback or address.is_link_local or address.is_unspecified)
