"""What a browser may do with our answers, and what it sends along."""

from __future__ import annotations

import pytest
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.test import Client, RequestFactory, override_settings

from quanyu.platform.config import Config
from tests.harness.database import KEY

SECRETS = {
    "secret_key": "x" * 50,
    "pii_keys": f"k1:{KEY}",
    "blind_index_key": KEY,
    "audit_key": KEY,
}
EVERYWHERE = ("/console/login/", "/api/mall/v1/stores", "/api/mall/v1/nothing", "/media/nothing.html", "/nothing")


def rules(answer) -> dict[str, str]:
    policy = answer.headers["Content-Security-Policy"]
    return {part.strip().partition(" ")[0]: part.strip().partition(" ")[2] for part in policy.split(";")}


def config(**given) -> Config:
    return Config(home=settings.CONFIG.home, _env_file=None, **SECRETS, **given)


@pytest.mark.parametrize("path", EVERYWHERE)
def test_every_answer_forbids_frames_guessing_and_foreign_sources(path):
    answer = Client().get(path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["X-Frame-Options"] == "DENY"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert rules(answer)["frame-ancestors"] == "'none'"
    assert "http" not in answer.headers["Content-Security-Policy"]


def test_pages_run_no_inline_script():
    page = rules(Client().get("/console/login/"))
    assert page["script-src"] == "'self' 'unsafe-eval'"
    assert (page["default-src"], page["object-src"], page["form-action"]) == ("'self'", "'none'", "'self'")


@pytest.mark.parametrize("path", ["/api/mall/v1/stores", "/media/nothing.html"])
def test_what_is_no_page_runs_nothing_at_all(path):
    answer = rules(Client().get(path))
    assert answer["default-src"] == "'none'"
    assert "sandbox" in answer


def test_the_login_page_loads_nothing_from_outside():
    page = Client().get("/console/login/").content.decode()
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    assert 'src="//' not in page


def test_answers_of_apis_are_not_kept_by_anybody():
    assert Client().get("/api/mall/v1/me").headers["Cache-Control"] == "no-store"
    assert Client().get("/api/mall/v1/stores").headers["Cache-Control"] == "private, no-cache"


def test_browsers_are_told_to_stay_with_https_where_it_is_served():
    assert "Strict-Transport-Security" not in Client().get("/nothing").headers
    secure = settings.CONFIG.model_copy(update={"public_url": "https://shop.example"})
    with override_settings(CONFIG=secure):
        assert Client().get("/nothing").headers["Strict-Transport-Security"] == "max-age=31536000"


def test_cookies_stay_out_of_scripts_and_of_other_sites():
    cookies = Client().get("/console/login/").cookies
    assert set(cookies) == {"quanyu_csrf"}
    assert cookies["quanyu_csrf"]["httponly"]
    assert cookies["quanyu_csrf"]["samesite"] == "Lax"
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == "Lax"


def test_a_form_from_elsewhere_is_refused():
    browser = Client(enforce_csrf_checks=True)
    for path in ("/console/login/", "/i18n/setlang/"):
        refused = browser.post(path, {"username": "a", "password": "b", "language": "en"})
        assert refused.status_code == 403, path
        assert "quanyu_session" not in refused.cookies


def test_the_choice_of_a_language_leads_nowhere_else():
    answer = Client().post("/i18n/setlang/", {"language": "en", "next": "https://evil.example/"})
    assert answer.headers["Location"] == "/"


def test_a_host_that_is_not_ours_is_refused():
    with override_settings(ALLOWED_HOSTS=config(public_url="https://shop.example:8443/x").allowed_hosts):
        for named in ("shop.example", "shop.example:8443", "localhost:8000", "127.0.0.1"):
            assert RequestFactory().get("/", headers={"Host": named}).get_host() == named
        for named in ("evil.example", "shop.example.evil.example", "shop.example@evil", "127.0.0.1.nip.io"):
            with pytest.raises(DisallowedHost):
                RequestFactory().get("/", headers={"Host": named}).get_host()
            assert Client().get("/console/login/", headers={"Host": named}).status_code == 400


def test_without_a_public_address_only_this_machines_names_count():
    assert config().allowed_hosts == ["127.0.0.1", "localhost", "127.0.0.1", "[::1]"]
    assert config(demo=True).allowed_hosts == config().allowed_hosts
    assert config(host="0.0.0.0").allowed_hosts == ["*"]
    assert config(public_url="https://shop.example:8443/x/").public_origin == "https://shop.example:8443"


def test_a_failure_shows_nothing_of_the_inside(monkeypatch):
    from quanyu.modules.mall import api as mall

    def fail(**_):
        raise RuntimeError("secret 13800138000")

    monkeypatch.setattr(mall, "stores", fail)
    answer = Client(raise_request_exception=False).get("/api/mall/v1/stores")
    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert b"secret" not in answer.content
    assert b"Traceback" not in answer.content
    assert not settings.DEBUG
