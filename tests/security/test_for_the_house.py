"""Figures and faults are for the house; simulated parts live in a demo only."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.test import Client, override_settings
from pydantic import SecretStr

from quanyu.entrypoints import wiring
from quanyu.modules.members import api as members
from quanyu.modules.members.ops import code_sending
from quanyu.modules.payments.ops import gateways
from quanyu.platform.config import ConfigError

STRANGER = {"REMOTE_ADDR": "203.0.113.9"}
TOKEN = "t0ken-of-the-house"


def ask(path: str, *, token: str | None = None, headers: dict[str, str] | None = None, **environ: str):
    sent = {**(headers or {}), **({"Authorization": f"Bearer {token}"} if token else {})}
    return Client().get(path, headers=sent, **environ)


def test_strangers_read_no_figures():
    assert ask("/metrics").status_code == 200
    refused = ask("/metrics", **STRANGER)
    assert (refused.status_code, refused.content) == (404, b"")


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
def test_who_comes_through_a_proxy_on_this_machine_is_a_stranger(header):
    assert ask("/metrics", headers={header: "127.0.0.1"}).status_code == 404


def test_strangers_learn_whether_it_is_ready_and_not_why():
    assert set(ask("/readyz", **STRANGER).json()) == {"status"}
    assert set(ask("/readyz").json()) == {"status", "checks"}


def test_the_token_opens_the_figures_from_anywhere():
    with override_settings(CONFIG=settings.CONFIG.model_copy(update={"metrics_token": SecretStr(TOKEN)})):
        assert ask("/metrics", token=TOKEN, **STRANGER).status_code == 200
        assert "checks" in ask("/readyz", token=TOKEN, **STRANGER).json()
        for wrong in (TOKEN[:-1], TOKEN + "x", "é"):
            assert ask("/metrics", token=wrong, **STRANGER).status_code == 404
    assert ask("/metrics", token=TOKEN, **STRANGER).status_code == 404


def test_no_simulated_payer_outside_of_a_demo(monkeypatch):
    monkeypatch.setenv(wiring.SIMULATOR_URL, "http://127.0.0.1:1")
    assert not settings.CONFIG.is_trial
    with pytest.raises(ConfigError):
        wiring.connect_gateways()


def test_the_parts_are_joined_once_however_often_they_are_joined():
    # A worker joins them when Django is set up and when it starts: told twice, checkout would take a payment and
    # then give it back as a duplicate.
    before = gateways.listeners()
    wiring.connect()
    wiring.connect()
    assert gateways.listeners() == before
    assert len(before) == 1


def test_login_codes_reach_no_log_outside_of_a_demo(monkeypatch):
    monkeypatch.setattr(code_sending, "_sender", None)
    wiring.connect()
    assert code_sending._sender is None
    with override_settings(CONFIG=settings.CONFIG.model_copy(update={"demo": True})):
        wiring.connect()
    assert isinstance(code_sending._sender, members.LoggedCodes)


@pytest.mark.parametrize(("given", "exposed"), [
    ({}, False), ({"host": "::1"}, False), ({"host": "0.0.0.0"}, True), ({"host": "192.168.1.7"}, True),
    ({"public_url": "https://shop.example"}, True),
])  # fmt: skip
def test_a_demo_that_others_reach_says_that_its_passwords_are_public(given, exposed):
    assert settings.CONFIG.model_copy(update={"host": "127.0.0.1", "public_url": "", **given}).is_exposed is exposed
