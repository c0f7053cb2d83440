"""What may stand on an invoice. Pure."""

from __future__ import annotations

import re

from quanyu.modules.orders.contracts import InvoiceInvalid, InvoiceKind, InvoiceWish

TITLE_MAX, EMAIL_MAX = 100, 120
# GB 32100: the alphabet without I, O, S, V, Z; the last character checks the seventeen before it.
_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63})+")


def is_credit_code(text: str) -> bool:
    """Tell whether a text is a unified social credit code with the right check character."""
    if len(text) != 18 or not set(text) <= set(_ALPHABET):
        return False
    total = sum(_ALPHABET.index(one) * pow(3, place, 31) for place, one in enumerate(text[:17]))
    return _ALPHABET[-total % 31] == text[17]


def wanted(wish: InvoiceWish) -> InvoiceWish:
    """Return the wish as it is kept. Raises ``InvoiceInvalid`` with the field that is wrong."""
    title, email = wish.title.strip(), wish.email.strip()
    tax_number = wish.tax_number.strip().upper()
    if not 0 < len(title) <= TITLE_MAX:
        raise InvoiceInvalid(field="title")
    if wish.kind is InvoiceKind.COMPANY and not is_credit_code(tax_number):
        raise InvoiceInvalid(field="tax_number")
    if wish.kind is InvoiceKind.PERSON and tax_number:
        raise InvoiceInvalid(field="tax_number")
    if email and (len(email) > EMAIL_MAX or _EMAIL.fullmatch(email) is None):
        raise InvoiceInvalid(field="email")
    return InvoiceWish(kind=wish.kind, title=title, tax_number=tax_number, email=email)
