"""Settings: secrets are made once, never replaced unseen, never shown."""

from __future__ import annotations

import base64
import os
import stat

import pytest

from quanyu.platform import config, secret_file

KEY = base64.b64encode(bytes(range(32))).decode()
SECRETS = ("QUANYU_SECRET_KEY", "QUANYU_PII_KEYS", "QUANYU_BLIND_INDEX_KEY", "QUANYU_AUDIT_KEY")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home and an environment without a trace of Quanyu."""
    for name in [*os.environ]:
        if name.startswith("QUANYU_") or name in ("DATABASE_URL", "SECRET_KEY"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("QUANYU_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_the_first_start_makes_every_secret_privately(home):
    settings = config.load()
    made = secret_file.read(home / "secrets.env")
    assert sorted(made) == sorted(SECRETS)
    assert stat.S_IMODE((home / "secrets.env").stat().st_mode) == 0o600
    assert [key.kid for key in settings.pii_key_ring] == ["k1"]
    assert len({settings.pii_key_ring[0].value, settings.blind_index_key_bytes, settings.audit_key_bytes}) == 3


def test_later_starts_keep_them(home):
    first, second = config.load(), config.load()
    assert second == first


def test_the_environment_wins_over_the_file(home, monkeypatch):
    config.load()
    monkeypatch.setenv("QUANYU_AUDIT_KEY", KEY)
    monkeypatch.setenv("SECRET_KEY", "given by the environment")
    settings = config.load()
    assert settings.audit_key_bytes == bytes(range(32))
    assert settings.secret_key.get_secret_value() == "given by the environment"


def test_a_ring_of_keys_keeps_its_order(home, monkeypatch):
    monkeypatch.setenv("QUANYU_PII_KEYS", f"new:{KEY}, old:{config.new_key()}")
    ring = config.load().pii_key_ring
    assert [key.kid for key in ring] == ["new", "old"]
    assert ring[0].value == bytes(range(32))


def test_an_own_database_without_secrets_is_refused_and_nothing_is_written(home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hush@db/shop")
    with pytest.raises(config.ConfigError) as refusal:
        config.load()
    assert all(name in str(refusal.value) for name in SECRETS)
    assert "hush" not in str(refusal.value)
    assert not home.exists()


@pytest.mark.parametrize("switch", ["QUANYU_DEMO", "QUANYU_DEBUG"])
def test_a_trial_on_an_own_database_makes_its_secrets(home, monkeypatch, switch):
    monkeypatch.setenv("DATABASE_URL", "postgresql://shop:hush@db/shop")
    monkeypatch.setenv(switch, "1")
    settings = config.load()
    assert settings.resolved_database_url() == "postgresql://shop:hush@db/shop"
    assert not settings.is_embedded


def test_lost_secrets_are_not_replaced_while_a_database_was_written_with_them(home):
    config.load()
    (home / "pg").mkdir()
    (home / "pg" / "PG_VERSION").write_text("18\n")
    (home / "secrets.env").unlink()
    with pytest.raises(config.ConfigError, match="from your backup"):
        config.load()
    assert not (home / "secrets.env").exists()


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("QUANYU_PORT", "eighty", "QUANYU_PORT: Input should be a valid integer"),
        ("QUANYU_PORT", "70000", "QUANYU_PORT: Input should be less than or equal to 65535"),
        ("QUANYU_AUDIT_KEY", "hush-hush", "QUANYU_AUDIT_KEY: Value error, not base64"),
        ("QUANYU_BLIND_INDEX_KEY", "aHVzaA==", "QUANYU_BLIND_INDEX_KEY: Value error, expected 32 bytes"),
        ("QUANYU_PII_KEYS", f"k1:{KEY},k1:{KEY}", "QUANYU_PII_KEYS: Value error, expected 'kid:base64"),
        ("QUANYU_PII_KEYS", KEY, "QUANYU_PII_KEYS: Value error"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(home, monkeypatch, name, value, complaint):
    monkeypatch.setenv(name, value)
    with pytest.raises(config.ConfigError) as refusal:
        config.load()
    assert complaint in str(refusal.value)
    assert value not in str(refusal.value)


def test_secrets_stay_out_of_what_is_printed(home):
    settings = config.load()
    shown = repr(settings) + str(settings)
    for value in secret_file.read(home / "secrets.env").values():
        assert value.removeprefix("k1:") not in shown


def test_before_the_first_start_the_database_is_nowhere(home):
    assert config.load().resolved_database_url() == config.NOWHERE_URL


def test_an_empty_variable_is_no_setting(home, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "")
    monkeypatch.setenv("QUANYU_PG_BINDIR", "")
    settings = config.load()
    assert settings.is_embedded
    assert settings.pg_bindir is None


@pytest.mark.parametrize(
    ("host", "public", "shown"),
    [
        ("127.0.0.1", "", "http://127.0.0.1:8000"),
        ("0.0.0.0", "", "http://127.0.0.1:8000"),
        ("0.0.0.0", "https://shop.example.cn/", "https://shop.example.cn"),
    ],
)
def test_the_address_shown_is_one_that_can_be_opened(home, monkeypatch, host, public, shown):
    monkeypatch.setenv("QUANYU_HOST", host)
    monkeypatch.setenv("QUANYU_PUBLIC_URL", public)
    assert config.load().site_url == shown
