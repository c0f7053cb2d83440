"""What one Alipay application needs. Secrets never show in a repr."""

from dataclasses import dataclass, field

LIVE_BASE_URL = "https://openapi.alipay.com/gateway.do"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlipayConfig:
    """Keys are PEM or the bare base64 of Alipay's key tool.

    `seller_id` is the merchant's 2088… number. `cashier_url` exists only at a simulator.
    """

    app_id: str
    seller_id: str
    app_private_key: str = field(repr=False)
    alipay_public_key: str = field(repr=False)
    base_url: str = LIVE_BASE_URL
    page_url: str = ""  # the same as the payer's browser sees it, where that differs
    cashier_url: str = ""
