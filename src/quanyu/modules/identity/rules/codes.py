"""What people type: enrolment codes, PINs, sign-in names, six-digit codes."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Callable

from quanyu.kernel.problem import N_, Invalid

# Crockford's base 32: no I, L, O, U, so that nothing is misread; what is typed instead is understood.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
ENROLMENT_LENGTH = 8
_MISREAD = str.maketrans({"O": "0", "I": "1", "L": "1", "-": None, " ": None})
_PIN = re.compile(r"^[0-9]{4,8}$", re.ASCII)
_USERNAME = re.compile(r"^[\w.@+-]{2,60}\Z")
_CODE = re.compile(r"^[0-9]{6}$", re.ASCII)


def enrolment_code(choice: Callable[[str], str]) -> str:
    """Return eight characters picked by ``choice`` (a secure random choice): 40 bits."""
    return "".join(choice(ALPHABET) for _ in range(ENROLMENT_LENGTH))


def read_enrolment_code(typed: str) -> str | None:
    """Return the code that was meant, or ``None`` when it cannot be one."""
    code = typed.strip().upper().translate(_MISREAD)
    return code if len(code) == ENROLMENT_LENGTH and set(code) <= set(ALPHABET) else None


def check_pin(pin: str) -> str:
    """Return the PIN. Raises ``Invalid`` unless it has four to eight digits that are no plain row."""
    if not _PIN.match(pin):
        raise Invalid(field="pin", reason=N_("four to eight digits"))
    steps = {(int(after) - int(before)) % 10 for before, after in itertools.pairwise(pin)}
    if steps <= {0} or steps <= {1} or steps <= {9}:
        raise Invalid(field="pin", reason=N_("not the same digit, nor digits in a row"))
    return pin


def username(typed: str) -> str:
    """Return a sign-in name in its one form: compatible characters, lower case. Raises ``Invalid``."""
    name = folded(typed)
    if not _USERNAME.match(name):
        raise Invalid(field="username", reason=N_("2 to 60 letters, digits and . @ + - _"))
    return name


def phone_digits(typed: str) -> str:
    """Return the digits of a Chinese phone number, without blanks, dashes and +86."""
    return "".join(typed.split()).removeprefix("+86").replace("-", "")


def folded(typed: str) -> str:
    """Return what was typed as a sign-in name, in the form in which names are compared."""
    return unicodedata.normalize("NFKC", typed).strip().lower()


def is_code(typed: str) -> bool:
    """Tell whether a text can be a six-digit code."""
    return bool(_CODE.match(typed))
