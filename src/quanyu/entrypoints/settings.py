"""Django settings, made from :class:`quanyu.platform.config.Config` and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from django.utils.translation import gettext_lazy as _

from quanyu.entrypoints import serve_faces
from quanyu.entrypoints.console.unfold import UNFOLD  # noqa: F401 - a setting
from quanyu.platform import config as _config
from quanyu.platform import i18n as _i18n

_conf = _config.load()

# Lower modules first: the order of migrations and of the SQL rooms.
MODULES = [
    "organization",
    "identity",
    "catalog",
    "members",
    "inventory",
    "pricing",
    "promotions",
    "points",
    "tiers",
    "payments",
    "coupons",
    "flash",
    "orders",
    "fulfilment",
    "checkout",
    "aftersales",
    "insights",
    "loyalty",
    "mall",
    "pos",
    "partners",
]

SECRET_KEY = _conf.secret_key.get_secret_value()
DEBUG = _conf.debug
ALLOWED_HOSTS = _conf.allowed_hosts
CSRF_TRUSTED_ORIGINS = [_conf.public_origin] if _conf.public_origin else []

INSTALLED_APPS = [
    "quanyu.entrypoints.console.apps.ConsoleConfig",
    "unfold.apps.BasicAppConfig",  # its default one would put its own site in the place of ours
    "quanyu.entrypoints.console.apps.ConsoleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "axes",
    "procrastinate.contrib.django",
    "quanyu.platform",
    *[f"quanyu.modules.{name}" for name in MODULES],
]

MIDDLEWARE = [
    "quanyu.platform.http.browser_rules.BrowserRules",
    "quanyu.platform.http.middleware.RequestContext",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "quanyu.entrypoints.urls"
WSGI_APPLICATION = "quanyu.entrypoints.wsgi.application"
APPEND_SLASH = True

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
            ],
        },
    }
]


def _database(url: str) -> dict[str, Any]:
    """Turn ``postgresql://user:password@host:port/name`` into Django's form."""
    parts = urlsplit(url)
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": parts.path.lstrip("/"),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        # Web threads live long and each keeps its connection; no pool in between to reset it.
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": 5,
            "application_name": "quanyu",
            "options": "-c lock_timeout=5s -c statement_timeout=30s "
            "-c idle_in_transaction_session_timeout=30s -c timezone=UTC",
        },
    }


DATABASES = {"default": _database(_conf.resolved_database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "identity.Staff"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "quanyu.modules.identity.backend.StaffBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
AXES_FAILURE_LIMIT = 6
AXES_COOLOFF_TIME = 0.25  # hours
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_SENSITIVE_PARAMETERS = ["password", "code"]
AXES_VERBOSE = False
AXES_LOCKOUT_TEMPLATE = "console/locked.html"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = _conf.public_url.startswith("https://")
SESSION_COOKIE_NAME = "quanyu_session"
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
CSRF_COOKIE_NAME = "quanyu_csrf"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "quanyu_language"
LANGUAGE_COOKIE_SECURE = SESSION_COOKIE_SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
SECURE_REFERRER_POLICY = "same-origin"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Simplified Chinese")), ("en", _("English"))]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = _conf.home / "static"
# Files are served from where they were installed; the folder only has to exist.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
WHITENOISE_USE_FINDERS = True
# Built front ends (`make mall`) are served from the root: /mall/ is faces/mall/index.html.
WHITENOISE_ROOT = serve_faces.FOLDER if serve_faces.FOLDER.is_dir() else None
WHITENOISE_INDEX_FILE = True
WHITENOISE_IMMUTABLE_FILE_TEST = serve_faces.never_changes
WHITENOISE_ADD_HEADERS_FUNCTION = serve_faces.add_headers
MEDIA_URL = "/media/"
MEDIA_ROOT = _conf.home / "media"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

LOGGING_CONFIG = None  # structlog is set up in quanyu.platform.logs
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

CONFIG = _conf
BASE_DIR = Path(__file__).resolve().parents[1]
_i18n.compile_messages()
