"""Keys of the simulated world: made at first start, kept in one private file, never committed."""

import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from quanyu.modules.payments.providers.alipay.config import AlipayConfig
from quanyu.modules.payments.providers.rsa_keys import certificate_serial, load_private_key
from quanyu.modules.payments.providers.wechatpay.config import WechatPayConfig

FILE_NAME = "payment-simulator-keys.json"
MERCHANT_ID = "1900000001"
MINI_PROGRAM_APP_ID = "wx0000000000000001"
OFFICIAL_ACCOUNT_APP_ID = "wx0000000000000002"
ALIPAY_APP_ID = "2021000000000001"
ALIPAY_SELLER_ID = "2088000000000001"


@dataclass(frozen=True, slots=True)
class PlatformKey:
    """One signing key of the simulated WeChat Pay, with its certificate."""

    serial: str
    private_key: str = field(repr=False)
    certificate: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatorKeys:
    """All secrets of both sides. The last platform key is the one that signs."""

    merchant_serial: str
    merchant_private_key: str = field(repr=False)
    platform: tuple[PlatformKey, ...]
    apiv3_key: str = field(repr=False)
    apiv2_key: str = field(repr=False)
    alipay_app_private_key: str = field(repr=False)
    alipay_private_key: str = field(repr=False)

    def rotated(self) -> "SimulatorKeys":
        """The same world after WeChat Pay has issued itself a new certificate."""
        return replace(self, platform=(*self.platform, _platform_key()))


def load_or_create(directory: Path) -> SimulatorKeys:
    """Read the key file of this directory, or make it (mode 0600). Safe for two starters at once."""
    path = directory / FILE_NAME
    if not path.exists():
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        _write(path, generate(), overwrite=False)
    document = json.loads(path.read_text())
    platform = tuple(PlatformKey(**entry) for entry in document.pop("platform"))
    return SimulatorKeys(platform=platform, **document)


def save(directory: Path, keys: SimulatorKeys) -> None:
    """Replace the key file, after a rotation."""
    _write(directory / FILE_NAME, keys, overwrite=True)


def generate() -> SimulatorKeys:
    """A fresh set of keys."""
    merchant_key = _private_pem()
    return SimulatorKeys(
        merchant_serial=certificate_serial(_certificate(merchant_key, "Simulated merchant")),
        merchant_private_key=merchant_key,
        platform=(_platform_key(),),
        apiv3_key=secrets.token_hex(16),
        apiv2_key=secrets.token_hex(16),
        alipay_app_private_key=_private_pem(),
        alipay_private_key=_private_pem(),
    )


def wechatpay_config(keys: SimulatorKeys, base_url: str, *, public_url: str = "") -> WechatPayConfig:
    """What the product needs to talk to the simulator at `base_url`.

    `public_url` is the simulator's address as a shopper's phone sees it, where that differs.
    """
    return WechatPayConfig(
        merchant_id=MERCHANT_ID,
        app_ids=(MINI_PROGRAM_APP_ID, OFFICIAL_ACCOUNT_APP_ID),
        merchant_serial=keys.merchant_serial,
        merchant_private_key=keys.merchant_private_key,
        platform_keys={key.serial: key.certificate for key in keys.platform},
        apiv3_key=keys.apiv3_key,
        apiv2_key=keys.apiv2_key,
        base_url=base_url,
        cashier_url=f"{public_url or base_url}/cashier/wechatpay",
    )


def alipay_config(keys: SimulatorKeys, base_url: str, *, public_url: str = "") -> AlipayConfig:
    """What the product needs to talk to the simulated Alipay at `base_url`."""
    return AlipayConfig(
        app_id=ALIPAY_APP_ID,
        seller_id=ALIPAY_SELLER_ID,
        app_private_key=keys.alipay_app_private_key,
        alipay_public_key=_public_pem(keys.alipay_private_key),
        base_url=f"{base_url}/gateway.do",
        page_url=f"{public_url or base_url}/gateway.do",
        cashier_url=f"{public_url or base_url}/cashier/alipay",
    )


def _write(path: Path, keys: SimulatorKeys, *, overwrite: bool) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent)  # 0600 from the start
    try:
        with os.fdopen(handle, "w") as file:
            json.dump(asdict(keys), file, indent=1)
        if overwrite:
            Path(temporary).replace(path)
        else:
            os.link(temporary, path)  # fails where another starter was faster: its keys count
    except FileExistsError:
        pass
    finally:
        Path(temporary).unlink(missing_ok=True)


def _private_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public_pem(private_pem: str) -> str:
    return (
        load_private_key(private_pem)
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _platform_key() -> PlatformKey:
    private_key = _private_pem()
    certificate = _certificate(private_key, "Simulated WeChat Pay platform")
    return PlatformKey(certificate_serial(certificate), private_key, certificate)


def _certificate(private_pem: str, common_name: str) -> str:
    key = load_private_key(private_pem)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return built.public_bytes(serialization.Encoding.PEM).decode()
