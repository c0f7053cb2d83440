"""Personal data: encrypted per field, found by a keyed hash, shown masked, revealed with a reason.

A stored value is ``version | length of key id | key id | nonce (12) | ciphertext and tag`` under
AES-256-GCM. The additional data is ``table|column|row id``, so a value copied to another row,
column or table does not open. The first key of the ring encrypts, all of them decrypt.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
import os
from datetime import datetime

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.db import transaction

from quanyu.kernel.actor import Actor
from quanyu.kernel.clock import system_clock
from quanyu.kernel.problem import N_, Forbidden, Invalid, Problem
from quanyu.platform import audit, rate, settings_tree
from quanyu.platform.masking import (
    last4,
    mask_address,
    mask_card,
    mask_email,
    mask_id,
    mask_name,
    mask_openid,
    mask_phone,
    mask_plate,
)

__all__ = [
    "CannotDecrypt", "RevealBudgetSpent", "blind_index", "decrypt", "encrypt", "is_current", "last4",
    "mask_address", "mask_card", "mask_email", "mask_id", "mask_name", "mask_openid", "mask_phone",
    "mask_plate", "open_sealed", "reveal", "rewrap", "seal",
]  # fmt: skip

_VERSION = 1
_NONCE_BYTES = 12
_PURPOSE_LENGTH_MIN = 4
_DAY_S = 86_400

REVEALS_PER_DAY = settings_tree.define(
    settings_tree.Setting(
        key="platform.reveals_per_day",
        kind=settings_tree.Kind.INTEGER,
        default=20,
        levels=(settings_tree.Level.BRAND,),
        title=N_("Personal data a person may uncover per day"),
        minimum=0,
        maximum=10_000,
        is_sensitive=True,
    )
)


class CannotDecrypt(Exception):
    """The value was altered, belongs to another place, or its key is not in the ring."""


class RevealBudgetSpent(Problem):
    """The person uncovered as much personal data today as is allowed."""

    code = "pii.budget_spent"
    status = 429
    title = N_("You have uncovered as much personal data today as is allowed.")
    remedy = N_("Continue tomorrow, or ask for an approved export.")


def seal(content: bytes, aad: str) -> bytes:
    """Encrypt bytes for the place named by ``aad``."""
    kid, cipher = next(iter(_ring().items()))
    head = bytes((_VERSION, len(kid))) + kid.encode()
    nonce = os.urandom(_NONCE_BYTES)
    return head + nonce + cipher.encrypt(nonce, content, head + aad.encode())


def open_sealed(blob: bytes, aad: str) -> bytes:
    """Decrypt what :func:`seal` made for the same place. Raises ``CannotDecrypt``."""
    blob = bytes(blob)
    kid = _kid_of(blob)
    cipher = _ring().get(kid)
    if cipher is None:
        raise CannotDecrypt(f"the key {kid!r} is not in the ring")
    head_length = 2 + len(kid)
    head, rest = blob[:head_length], blob[head_length:]
    try:
        return cipher.decrypt(rest[:_NONCE_BYTES], rest[_NONCE_BYTES:], head + aad.encode())
    except (InvalidTag, ValueError) as failure:
        raise CannotDecrypt(f"the value does not belong to {aad}, or was altered") from failure


def encrypt(text: str, aad: str) -> bytes:
    """Encrypt a text for the place named by ``aad`` (``table|column|row id``)."""
    return seal(text.encode(), aad)


def decrypt(blob: bytes, aad: str) -> str:
    """Return the text encrypted for the same place. Raises ``CannotDecrypt``.

    For the machine's own use (a label, a message). What a person gets to see goes through
    :func:`reveal` or a mask.
    """
    return open_sealed(blob, aad).decode()


def is_current(blob: bytes) -> bool:
    """Tell whether the value was encrypted with the ring's first key."""
    return _kid_of(bytes(blob)) == next(iter(_ring()))


def rewrap(blob: bytes, aad: str) -> bytes:
    """Return the value under the ring's first key; one that already is comes back unchanged."""
    return bytes(blob) if is_current(blob) else seal(open_sealed(blob, aad), aad)


def blind_index(text: str, purpose: str) -> bytes:
    """Return 32 bytes by which an exact text can be found without storing it.

    ``purpose`` (``"member.phone"``) separates the indexes: the same text gives another value for
    another purpose. Bring the text into one form before (a phone without spaces or +86).
    """
    key: bytes = settings.CONFIG.blind_index_key_bytes
    return hmac.new(key, f"{purpose}\0{text}".encode(), hashlib.sha256).digest()


def reveal(
    actor: Actor,
    purpose: str,
    subject_kind: str,
    subject_id: object,
    field: str,
    blob: bytes,
    aad: str,
    *,
    now: datetime | None = None,
) -> str:
    """Return a personal value in clear to a person who says why, and write down that it was shown.

    Needs the permission ``pii.reveal``, a purpose of a few words and something left of the day's
    budget. Raises ``Forbidden``, ``Invalid`` or ``RevealBudgetSpent``; nothing is shown then. Call
    it outside of transactions (the budget keeps count whatever happens later).
    """
    now = now or system_clock.now()
    if not actor.reaches("pii.reveal"):
        raise Forbidden(permission="pii.reveal")
    if len(purpose.strip()) < _PURPOSE_LENGTH_MIN:
        raise Invalid(field="purpose", reason=N_("say in a few words why you need to see it"))
    text = decrypt(blob, aad)
    budget = int(settings_tree.get(REVEALS_PER_DAY.key, ["brand"]))
    try:
        rate.hit("pii.reveal", f"{actor.kind}:{actor.id}", budget, _DAY_S, now)
    except rate.RateLimited as failure:
        raise RevealBudgetSpent(**failure.params) from failure
    with transaction.atomic():
        audit.record(
            actor=actor,
            action="pii.reveal",
            subject_kind=subject_kind,
            subject_id=subject_id,
            reason=purpose.strip(),
            detail={"field": field},
            now=now,
        )
    return text


def _ring() -> dict[str, AESGCM]:
    return _ciphers(settings.CONFIG.pii_key_ring)


@functools.lru_cache(maxsize=4)
def _ciphers(ring: tuple[tuple[str, bytes], ...]) -> dict[str, AESGCM]:
    return {kid: AESGCM(key) for kid, key in ring}


def _kid_of(blob: bytes) -> str:
    if len(blob) < 2 or blob[0] != _VERSION or len(blob) < 2 + blob[1] + _NONCE_BYTES:
        raise CannotDecrypt("this is not a value that was encrypted here")
    return blob[2 : 2 + blob[1]].decode("utf-8", "replace")
