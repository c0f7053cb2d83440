"""Who is at the other end: the peer itself, or whom a trusted proxy names.

``X-Forwarded-For`` is written by anybody, so it is believed only where the peer is a proxy of ours
(``QUANYU_TRUSTED_PROXIES``), and then from its end: each proxy of ours appended whom it saw. Everything
that limits or writes down an address reads what stands in the scope afterwards.
"""

from __future__ import annotations

from collections.abc import MutableMapping, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any

Network = IPv4Network | IPv6Network
Address = IPv4Address | IPv6Address
_HOPS_MAX = 20


def settle(scope: MutableMapping[str, Any], trusted: Sequence[Network]) -> None:
    """Put the true client and scheme into an ASGI scope whose peer is a trusted proxy; leave any other alone."""
    client = scope.get("client")
    peer = _address(client[0]) if client else None
    if peer is None or not _is_trusted(peer, trusted):
        return
    scope["client"] = (str(_first_stranger(_hops(scope), peer, trusted)), 0)
    if _last(scope, b"x-forwarded-proto") in ("http", "https"):
        scope["scheme"] = _last(scope, b"x-forwarded-proto")


def _first_stranger(hops: Sequence[str], peer: Address, trusted: Sequence[Network]) -> Address:
    """Walk back from the peer to the first address that is no proxy of ours."""
    found = peer
    for hop in reversed(hops[-_HOPS_MAX:]):
        address = _address(hop)
        if address is None:
            # What stands before an unreadable hop was written by a stranger.
            return found
        found = address
        if not _is_trusted(address, trusted):
            return found
    return found


def _hops(scope: MutableMapping[str, Any]) -> list[str]:
    sent = [value for name, value in scope["headers"] if name.lower() == b"x-forwarded-for"]
    return [hop.strip() for hop in b",".join(sent).decode("latin-1").split(",") if hop.strip()]


def _last(scope: MutableMapping[str, Any], wanted: bytes) -> str:
    sent = [value for name, value in scope["headers"] if name.lower() == wanted]
    return sent[-1].decode("latin-1").rpartition(",")[2].strip().lower() if sent else ""


def _address(text: str) -> Address | None:
    bare = text.strip("[]")
    try:
        found = ip_address(bare)
    except ValueError:
        return None
    mapped = found.ipv4_mapped if isinstance(found, IPv6Address) else None
    return mapped or found


def _is_trusted(address: Address, trusted: Sequence[Network]) -> bool:
    return any(address.version == network.version and address in network for network in trusted)
