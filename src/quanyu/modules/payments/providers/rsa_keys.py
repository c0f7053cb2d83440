"""RSA keys and SHA256-with-RSA (PKCS#1 v1.5) signatures, which both providers use."""

import base64
import binascii
import re
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey

_CERTIFICATE_MARK = "-----BEGIN CERTIFICATE-----"
_BARE_BASE64 = re.compile(r"[A-Za-z0-9+/=\s]+")


@lru_cache(maxsize=32)
def load_private_key(text: str) -> RSAPrivateKey:
    """Read a PKCS#1 or PKCS#8 key, as PEM or as the bare base64 that Alipay's tools print.

    Cached, because reading checks the primes and takes longer than many signatures.
    """
    key = serialization.load_pem_private_key(_as_pem(text, "PRIVATE KEY"), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA private key")  # noqa: TRY004  # a wrong setting, not a wrong type in code
    return key


def load_public_key(text: str) -> RSAPublicKey:
    """Read a public key from a PEM key, a PEM certificate or bare base64."""
    if _CERTIFICATE_MARK in text:
        key = x509.load_pem_x509_certificate(text.encode()).public_key()
    else:
        loaded = serialization.load_pem_public_key(_as_pem(text, "PUBLIC KEY"))
        if not isinstance(loaded, RSAPublicKey):
            raise ValueError("not an RSA public key")
        key = loaded
    if not isinstance(key, RSAPublicKey):
        raise ValueError("not an RSA certificate")  # noqa: TRY004  # the same
    return key


def certificate_serial(pem: str) -> str:
    """Serial number of a certificate as the providers write it: upper-case hex."""
    return f"{x509.load_pem_x509_certificate(pem.encode()).serial_number:X}"


def sign(key: RSAPrivateKey, message: bytes) -> str:
    """SHA256-with-RSA signature in base64."""
    return base64.b64encode(key.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def verifies(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether the base64 signature fits; anything that is not a signature does not."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key.verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _as_pem(text: str, label: str) -> bytes:
    text = text.strip()
    if "-----BEGIN" not in text and _BARE_BASE64.fullmatch(text):
        text = f"-----BEGIN {label}-----\n{text}\n-----END {label}-----"
    return text.encode()
