"""Encryption of API v3: AES-256-GCM of resources, RSA-OAEP of sensitive request fields."""

import base64
import binascii
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from quanyu.modules.payments.providers.notifications import (
    DecryptionFailed,
    MalformedNotification,
)

ALGORITHM = "AEAD_AES_256_GCM"
# SHA-1 is WeChat's choice for OAEP; its security does not rest on collision resistance.
_OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA1()), algorithm=hashes.SHA1(), label=None)  # noqa: S303


def decrypt(key: bytes, *, nonce: str, associated_data: str, ciphertext: str) -> bytes:
    """Open a base64 ciphertext that ends with its 16-byte tag. Raises `DecryptionFailed`."""
    try:
        sealed = base64.b64decode(ciphertext, validate=True)
        return AESGCM(key).decrypt(nonce.encode(), sealed, associated_data.encode())
    except (InvalidTag, binascii.Error, ValueError) as failure:
        raise DecryptionFailed("the resource does not open with our APIv3 key") from failure


def encrypt(key: bytes, *, nonce: str, associated_data: str, plaintext: bytes) -> str:
    """Seal as WeChat does; base64 of ciphertext and tag."""
    sealed = AESGCM(key).encrypt(nonce.encode(), plaintext, associated_data.encode())
    return base64.b64encode(sealed).decode()


def open_resource(key: bytes, resource: Any) -> bytes:
    """Plain bytes of a `resource` object of a notification or of a certificate."""
    if not isinstance(resource, dict) or resource.get("algorithm") != ALGORITHM:
        raise MalformedNotification("no resource in a known encryption")
    parts = {name: resource.get(name) for name in ("nonce", "ciphertext")}
    associated_data = resource.get("associated_data") or ""
    if not all(isinstance(part, str) for part in (*parts.values(), associated_data)):
        raise MalformedNotification("the resource is incomplete")
    return decrypt(
        key,
        nonce=str(parts["nonce"]),
        associated_data=str(associated_data),
        ciphertext=str(parts["ciphertext"]),
    )


def encrypt_field(key: RSAPublicKey, text: str) -> str:
    """Encrypt a name, phone or account number for WeChat; send its key's serial along."""
    return base64.b64encode(key.encrypt(text.encode(), _OAEP)).decode()


def decrypt_field(key: RSAPrivateKey, sealed: str) -> str:
    """Open a sensitive field that WeChat encrypted for us."""
    return key.decrypt(base64.b64decode(sealed, validate=True), _OAEP).decode()
