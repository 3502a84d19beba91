"""Recognise link-local addresses, to which the sandbox sends nothing.

A cloud machine's metadata service, which hands out its credentials, answers there, and a page of any origin may choose
the `notice_url` of a payment. Every other address is allowed, because shops run on this machine and in its networks.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

EMBEDDING = (IPv6Network("::/96"), IPv6Network("::ffff:0:0/96"), IPv6Network("64:ff9b::/96"))
"""Networks whose addresses end with an IPv4 address to which a router may translate them (RFC 4291, RFC 6052)."""

METADATA = IPv6Address("fd00:ec2::254")
"""The metadata service of AWS in IPv6. It counts as link-local, although its address is not."""


def is_link_local(host: str) -> bool:
    """Whether `host` is a link-local address, however it is spelt (`0xa9fea9fe`, `::ffff:a9fe:1`); False for a name."""
    address = host.partition("%")[0]  # without the interface: `fe80::1%eth0`
    try:
        found = socket.getaddrinfo(address, None, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except (OSError, ValueError):  # a name, or not even that
        return False
    return any(_is_link_local(str(sockaddr[0])) for *_, sockaddr in found)


def _is_link_local(text: str) -> bool:
    address = ip_address(text)
    if isinstance(address, IPv6Address):
        embedded = address.sixtofour
        if any(address in network for network in EMBEDDING):
            embedded = IPv4Address(int(address) & 0xFFFFFFFF)
        if embedded and embedded.is_link_local:
            return True
    return address.is_link_local or address == METADATA
