"""Recognise link-local addresses, to which the sandbox sends nothing.

A cloud machine's metadata service, which hands out its credentials, answers there, and a page of any origin may choose
the `notice_url` of a payment. Every other address is allowed, because shops run on this machine and in its networks.

Source: https://cheatsheetseries.owasp.org/cheatsheets/Server_Side_Request_Forgery_Prevention_Cheat_Sheet.html
"""

import socket
from ipaddress import IPv6Address, ip_address


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
    if isinstance(address, IPv6Address) and address.ipv4_mapped:
        return address.ipv4_mapped.is_link_local
    return address.is_link_local
