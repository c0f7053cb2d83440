"""What one WeChat Pay merchant account needs. Secrets never show in a repr."""

from collections.abc import Mapping
from dataclasses import dataclass, field

LIVE_BASE_URL = "https://api.mch.weixin.qq.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class WechatPayConfig:
    """Keys are PEM texts; `platform_keys` maps a serial or PUB_KEY_ID to a key or certificate.

    `apiv3_key` has 32 bytes. `client_certificate` names the two PEM files (certificate, key)
    that WeChat demands for reversing a code payment. `cashier_url` exists only at a simulator.
    """

    merchant_id: str
    app_ids: tuple[str, ...]
    merchant_serial: str
    merchant_private_key: str = field(repr=False)
    platform_keys: Mapping[str, str] = field(repr=False)
    apiv3_key: str = field(repr=False)
    apiv2_key: str = field(repr=False)
    client_certificate: tuple[str, str] | None = None
    base_url: str = LIVE_BASE_URL
    cashier_url: str = ""

    def __post_init__(self) -> None:
        if len(self.apiv3_key.encode()) != 32:
            raise ValueError("the APIv3 key has 32 bytes")
        if not self.app_ids:
            raise ValueError("at least one app id is needed")
