"""The few settings a process needs before anything else: where it lives, its database, its secrets.

Everything comes from the environment (prefix QUANYU_; DATABASE_URL and SECRET_KEY also without it). With the
embedded database, missing secrets are made once and kept in `secrets.env` in the home folder; with a database of
your own they must be given, because several hosts have to agree on them. Business settings live in the database.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from pydantic import AliasChoices, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from quanyu.platform import postgres, secret_file

KEY_BYTES = 32
# Where a command that needs no database (export of the spec, type checks) points to: nothing listens there.
NOWHERE_URL = "postgresql://quanyu@127.0.0.1:1/quanyu"
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
EVERYWHERE = ("", "0.0.0.0", "::")  # noqa: S104 (compared, not bound)


class ConfigError(Exception):
    """A setting is missing or wrong. The message names it and how to give it, never a secret value."""


class Key(NamedTuple):
    """One AES-256 key of a ring; `kid` stands in the prefix of what it encrypted."""

    kid: str
    value: bytes


class Config(BaseSettings):
    """The settings of one process. `load` is the way to get one; secrets stay out of `repr`."""

    model_config = SettingsConfigDict(
        env_prefix="QUANYU_", env_ignore_empty=True, populate_by_name=True, extra="ignore", frozen=True
    )

    home: Path
    database_url: SecretStr | None = Field(
        default=None, validation_alias=AliasChoices("DATABASE_URL", "QUANYU_DATABASE_URL")
    )
    secret_key: SecretStr = Field(validation_alias=AliasChoices("SECRET_KEY", "QUANYU_SECRET_KEY"))
    pii_keys: SecretStr
    blind_index_key: SecretStr
    audit_key: SecretStr
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""
    trusted_proxies: str = ""
    metrics_token: SecretStr | None = None
    demo: bool = False
    demo_days: int = Field(default=90, ge=1, le=400)
    debug: bool = False
    language: Literal["zh-hans", "en"] = "zh-hans"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    pg_bindir: Path | None = None
    # The order path of each process: orders of one transaction, places in the waiting room, transactions at a time.
    orders_together: int = Field(default=64, ge=1, le=1000)
    orders_waiting: int = Field(default=1024, ge=1, le=100_000)
    orders_in_flight: int = Field(default=2, ge=1, le=16)

    @field_validator("pii_keys")
    @classmethod
    def _ring_is_readable(cls, value: SecretStr) -> SecretStr:
        _key_ring(value.get_secret_value())
        return value

    @field_validator("blind_index_key", "audit_key")
    @classmethod
    def _key_is_readable(cls, value: SecretStr) -> SecretStr:
        _key_bytes(value.get_secret_value())
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies_are_networks(cls, value: str) -> str:
        _networks(value)
        return value

    @property
    def is_embedded(self) -> bool:
        """Whether the database is our own, in the home folder."""
        return self.database_url is None

    @property
    def is_trial(self) -> bool:
        """Whether this is a demo or a developer's machine: only then do simulated parts come to life."""
        return self.demo or self.debug

    @property
    def is_exposed(self) -> bool:
        """Whether others than this machine reach it."""
        return self.host not in ("127.0.0.1", "localhost", "::1") or bool(self.public_url)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """The proxies whose word on who asks is believed."""
        return _networks(self.trusted_proxies)

    @property
    def pii_key_ring(self) -> tuple[Key, ...]:
        """The keys for personal data; the first encrypts, all decrypt."""
        return _key_ring(self.pii_keys.get_secret_value())

    @property
    def blind_index_key_bytes(self) -> bytes:
        return _key_bytes(self.blind_index_key.get_secret_value())

    @property
    def audit_key_bytes(self) -> bytes:
        return _key_bytes(self.audit_key.get_secret_value())

    @property
    def site_url(self) -> str:
        """Where people reach the site, without a slash at the end."""
        return (self.public_url or f"http://{_shown_host(self.host)}:{self.port}").rstrip("/")

    @property
    def public_origin(self) -> str:
        """Scheme, host and port of the public address; empty without one."""
        parts = urlsplit(self.public_url)
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    @property
    def allowed_hosts(self) -> list[str]:
        """The names under which this installation answers; a name of somebody else's in a request is refused.

        Serving on every address without a public one leaves no name to compare with.
        """
        given = urlsplit(self.public_url).hostname
        if given is None and self.host in EVERYWHERE:
            return ["*"]
        return [*([given] if given else []), self.host, *LOOPBACK_NAMES]

    @property
    def postgres_dir(self) -> Path:
        return self.home / "pg"

    @property
    def media_dir(self) -> Path:
        return self.home / "media"

    @property
    def run_dir(self) -> Path:
        return self.home / "run"

    @property
    def log_dir(self) -> Path:
        return self.home / "log"

    @property
    def backup_dir(self) -> Path:
        return self.home / "backup"

    @property
    def secrets_path(self) -> Path:
        return self.home / "secrets.env"

    def resolved_database_url(self) -> str:
        """The libpq URL of the database: the given one, or that of the embedded server as it last started.

        It holds a password: not for logs. Before the first start it leads nowhere, so that commands which need
        no database still run.
        """
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        address = postgres.locate(self.home)
        return address.url() if address else NOWHERE_URL


def load() -> Config:
    """Read the settings; on the first start with the embedded database make and keep the missing secrets.

    The environment wins over `secrets.env`. Raises ConfigError.
    """
    home = Path.cwd() / Path(os.environ.get("QUANYU_HOME") or default_home()).expanduser()
    path = home / "secrets.env"
    found = secret_file.read(path)
    missing = [name for name in MAKERS if not (_given(name) or found.get(name))]
    if missing:
        _check_may_make(home, missing)
        secret_file.ensure(path, {name: MAKERS[name] for name in missing})
    try:
        return Config(_env_file=path, home=home)
    except ValidationError as error:
        # Only the names and the reasons: pydantic's own text would show the values, and some are secrets.
        reasons = [f"{_setting_name(part['loc'][0])}: {part['msg']}" for part in error.errors()]
        raise ConfigError("Wrong settings:\n" + "\n".join(f"  -> {reason}" for reason in reasons)) from None


def default_home() -> Path:
    """`var` in a checkout, else the user's data folder."""
    checkout = Path(__file__).resolve().parents[3]
    if (checkout / "pyproject.toml").exists() and (checkout / "src" / "quanyu").is_dir():
        return checkout / "var"
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share") / "quanyu"


def new_key() -> str:
    """A fresh 256-bit key in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


MAKERS: Mapping[str, Callable[[], str]] = {
    "QUANYU_SECRET_KEY": lambda: secrets.token_urlsafe(50),
    "QUANYU_PII_KEYS": lambda: f"k1:{new_key()}",
    "QUANYU_BLIND_INDEX_KEY": new_key,
    "QUANYU_AUDIT_KEY": new_key,
}
# A trial keeps its secrets in the home folder even when it uses somebody's server.
TRIAL_SWITCHES = ("QUANYU_DEMO", "QUANYU_DEBUG")


def _given(name: str) -> str | None:
    """A variable of the environment; two are also known by the names that other tools use."""
    short = name.removeprefix("QUANYU_")
    return os.environ.get(name) or (os.environ.get(short) if short in ("SECRET_KEY", "DATABASE_URL") else None)


def _setting_name(location: int | str) -> str:
    name = str(location).upper()
    return name if name.startswith("QUANYU_") or name in ("SECRET_KEY", "DATABASE_URL") else f"QUANYU_{name}"


def _check_may_make(home: Path, missing: list[str]) -> None:
    """Making secrets is right on a first start only: later it would make stored personal data unreadable."""
    names = ", ".join(missing)
    trial = any(os.environ.get(name, "").lower() in ("1", "true", "yes", "on") for name in TRIAL_SWITCHES)
    if _given("QUANYU_DATABASE_URL") and not trial:
        raise ConfigError(
            f"DATABASE_URL is set, but these secrets are not: {names}.\n"
            "  -> Every host of the installation needs the same ones. Make each once with\n"
            "     python -c 'import base64, secrets; print(base64.b64encode(secrets.token_bytes(32)).decode())'\n"
            "     (QUANYU_PII_KEYS is 'k1:' and such a key), and give them in the environment."
        )
    if (home / "pg" / "PG_VERSION").exists():
        raise ConfigError(
            f"{home / 'secrets.env'} lacks {names}, but the database in {home / 'pg'} was written with them.\n"
            "  -> Bring the file back from your backup. To start from nothing, remove both the file and the database."
        )


def _key_ring(text: str) -> tuple[Key, ...]:
    pairs = [part.strip().partition(":") for part in text.split(",") if part.strip()]
    ring = tuple(Key(kid, _key_bytes(value)) for kid, _, value in pairs)
    if not ring or any(not key.kid for key in ring) or len({key.kid for key in ring}) < len(ring):
        raise ValueError("expected 'kid:base64,kid:base64' with distinct kids")
    return ring


def _key_bytes(text: str) -> bytes:
    try:
        value = base64.b64decode(text, validate=True)
    except ValueError:
        raise ValueError("not base64") from None
    if len(value) != KEY_BYTES:
        raise ValueError(f"expected {KEY_BYTES} bytes in base64, got {len(value)}")
    return value


def _networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError:
        raise ValueError("expected addresses or networks like '127.0.0.1, 10.0.0.0/8'") from None


def _shown_host(host: str) -> str:
    return "127.0.0.1" if host in EVERYWHERE else host
