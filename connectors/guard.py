"""Which addresses a connector may reach: public ones; private ones only where `OUTBOUND_ALLOW` names them.

A name is resolved once, here, every address it has is judged, and the caller connects to what was judged: a
name that
changes its mind in between (DNS rebinding) reaches nothing. No wire here but the name look-up.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterable

from connectors.errors import Misconfigured, Temporary

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def parse_allowed(entries: Iterable[str]) -> frozenset[tuple[str, int]]:
    """Read `host:port` entries (IPv6 in brackets); raises Misconfigured naming the bad one."""
    allowed = set()
    for entry in entries:
        host, _, port = entry.strip().rpartition(":")
        if not host or not port.isdecimal():
            raise Misconfigured(f"OUTBOUND_ALLOW has {entry!r}; write host:port, for example 127.0.0.1:8025")
        allowed.add((host.strip("[]").lower(), int(port)))
    return frozenset(allowed)


def is_private(address: str) -> bool:
    """Return True unless `address` is one of the public internet (mapped and translated IPv4 unwrapped)."""
    ip = _unwrapped(ipaddress.ip_address(address.partition("%")[0]))
    return not ip.is_global or ip.is_multicast or ip.is_reserved


def checked_addresses(
    host: str, port: int, allowed: frozenset[tuple[str, int]], *, encrypted: bool = True
) -> list[str]:
    """Resolve `host` and return the addresses to connect to.

    Raises Misconfigured when any of them is private and neither it nor the name is allowed, or when an
    unencrypted
    call would leave for a host not named; Temporary when the name does not resolve.
    """
    addresses = _resolve(host, port)
    if (host.lower(), port) in allowed:
        return addresses
    for address in addresses:
        if (address, port) in allowed:
            continue
        if is_private(address):
            raise Misconfigured(
                f"{host}:{port} is the private address {address}; add {host}:{port} to OUTBOUND_ALLOW "
                "if connectors may reach it"
            )
        if not encrypted:
            raise Misconfigured(f"{host}:{port} would be called without encryption; use https")
    return addresses


def _resolve(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Temporary(f"the name {host} does not resolve") from error
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def _unwrapped(ip: Address) -> Address:
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return ip.ipv4_mapped
        if ip.sixtofour is not None:
            return ip.sixtofour
        if ip in _NAT64:
            return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
