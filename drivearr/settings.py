"""All settings; whatever may differ between homes is read through drivearr.env."""

import hashlib
import os
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ
from django.conf.locale import LANG_INFO

from drivearr.env import (
    env_base,
    env_bool,
    env_choice,
    env_endpoint,
    env_int,
    env_list,
    env_networks,
    env_path,
    env_paths,
    env_secret,
    env_str,
    env_url,
    load_page_settings,
)
from drivearr.lib.catalogues import languages_in

BASE_DIR = Path(__file__).resolve().parent.parent

# --- Data folder -----------------------------------------------------------------
DATA_DIR = env_path("DATA_DIR", BASE_DIR / ".data")
PAGE_SETTINGS_FILE = DATA_DIR / "settings.json"
"""What owners set on the settings page."""
load_page_settings(PAGE_SETTINGS_FILE)
SECRET_KEY = env_secret("SECRET_KEY", file=DATA_DIR / "secret.key")
DEBUG = env_bool("DEBUG")
COMPACT = env_bool("COMPACT")


def _runtime_dir() -> Path:
    """Return a short folder for sockets: their paths end at 107 bytes."""
    mark = hashlib.sha256(os.fsencode(DATA_DIR)).hexdigest()[:12]
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"drivearr-{os.getuid()}-{mark}"


RUNTIME_DIR = env_path("RUNTIME_DIR", _runtime_dir())
ARTWORK_DIR = DATA_DIR / "artwork"
LOG_DIR = DATA_DIR / "logs"

# --- Web -------------------------------------------------------------------------
HOST = env_str("HOST", "127.0.0.1")
PORT = env_int("PORT", 8484, least=1, most=65535)
PUBLIC_URL = env_url("URL")
_public = urlsplit(PUBLIC_URL)
BASE_URL = env_base("BASE_URL") or _public.path.rstrip("/")
"""Path under which the pages live, behind a proxy that serves more: `/drivearr`."""
ALLOWED_HOSTS = env_list(
    "ALLOWED_HOSTS",
    # Whoever names the public address means that one, and this machine itself.
    [_public.hostname, "localhost", "127.0.0.1", "[::1]"]
    if _public.hostname
    else ["*"],
)
CSRF_TRUSTED_ORIGINS = (
    [f"{_public.scheme}://{_public.netloc}"] if _public.netloc else []
)
TRUSTED_PROXIES = env_networks("TRUSTED_PROXIES")
"""Who may say from where a request came, and who the person is."""
FORWARD_AUTH_HEADER = (
    "HTTP_" + _forward.upper().replace("-", "_")
    if (_forward := env_str("FORWARD_AUTH_HEADER"))
    else ""
)
OPEN_NETWORKS = env_networks("OPEN_NETWORKS")
"""Networks from which nobody needs to sign in; none unless named."""
OPEN_AS = env_str("OPEN_AS")
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_NAME, CSRF_COOKIE_NAME = "drivearr_session", "drivearr_csrf"
SESSION_COOKIE_PATH = CSRF_COOKIE_PATH = f"{BASE_URL}/"
MESSAGE_STORAGE = "drivearr.web.saying.KeptMessages"
SECURE_REFERRER_POLICY = "same-origin"
# At home the pages are often served without TLS; who puts a proxy in front lets that
# redirect and pin to https.
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008"]
X_FRAME_OPTIONS = "DENY"
LOGIN_URL, LOGIN_REDIRECT_URL, LOGOUT_REDIRECT_URL = "sign_in", "dashboard", "sign_in"
CSRF_FAILURE_VIEW = "drivearr.web.views.csrf_failure"
ROOT_URLCONF = "drivearr.urls"
WSGI_APPLICATION = "drivearr.wsgi.application"
POLL_SECONDS = env_int("POLL_SECONDS", 1, least=1, most=60)

INSTALLED_APPS = [
    # The admin is discovered by drivearr.urls: only the web part needs it.
    "django.contrib.admin.apps.SimpleAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "heroicons",
    "django_celery_beat",
    "drivearr.web",
    "drivearr.jobs",
    "library",
    "drives",
    "plexlink",
    "syncqueue",
    "drivearr.system",
]

MIDDLEWARE = [
    "drivearr.web.proxies.TrustedProxyMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "drivearr.web.headers.SecurityHeadersMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "drivearr.web.proxies.ForwardAuthMiddleware",
    "drivearr.web.auditing.AuditMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "drivearr.web.access.SignInRequiredMiddleware",
]

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "drivearr.web.navigation.shell",
            ],
        },
    },
]

STATIC_URL = f"{BASE_URL}/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "drivearr.web.static_storage.PageStaticFilesStorage"
        if not DEBUG
        else "django.contrib.staticfiles.storage.StaticFilesStorage",
    },
}

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation." + name}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LOCALE_PATHS = [BASE_DIR / "locale", DATA_DIR / "locale"]
"""Catalogues as people write them, and compiled as `drivearr up` leaves them."""
LANGUAGES = [
    (code, LANG_INFO.get(code, {}).get("name_local", code))
    for code in sorted({"en", *languages_in(LOCALE_PATHS[0])})
]
LANGUAGE_CODE = env_choice("LANGUAGE", "en", [code for code, _ in LANGUAGES])
"""What is said where nobody's browser asks: commands, background work, notices."""
LANGUAGE_COOKIE_NAME, LANGUAGE_COOKIE_PATH = "drivearr_language", f"{BASE_URL}/"
LANGUAGE_COOKIE_HTTPONLY = True
TIME_ZONE = env_str("TIME_ZONE", "UTC")
USE_I18N = True
USE_TZ = True

# --- Database --------------------------------------------------------------------
DATABASE_URL = env_str("DATABASE_URL")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"


def _database() -> dict[str, Any]:
    if DATABASE_URL:
        config: dict[str, Any] = environ.Env.db_url_config(DATABASE_URL)
        return config | {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": DATA_DIR / "drivearr.sqlite3",
        "OPTIONS": {
            # Deferred transactions that upgrade do not wait for the time-out.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
            "PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;",
        },
    }


DATABASES = {"default": _database()}

# --- Broker, cache, background work ----------------------------------------------
REDIS_URL = env_str("REDIS_URL")
BROKER_SOCKET = RUNTIME_DIR / "broker.sock"
COPY_THREADS = env_int("COPY_THREADS", 4, least=1, most=16)
WORKER_THREADS = env_int("WORKER_THREADS", 2 if COMPACT else 4, least=1, most=64)

CELERY_BROKER_URL = REDIS_URL or f"redis+socket://{BROKER_SOCKET}?virtual_host=0"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": env_int("BROKER_VISIBILITY_SECONDS", 3600, least=1),
    # A deed on a page waits for nobody: unsent jobs are sent later by the sweep. Without
    # these, each one waits six seconds while the broker is away.
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.1,
}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = TIME_ZONE
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

JOB_HEARTBEAT_SECONDS = env_int("JOB_HEARTBEAT_SECONDS", 5, least=1)
JOB_SILENT_SECONDS = env_int("JOB_SILENT_SECONDS", 25, least=2)
JOB_SWEEP_SECONDS = env_int("JOB_SWEEP_SECONDS", 10, least=1)
DRIVE_REST_MINUTES = env_int("DRIVE_REST_MINUTES", 0, least=0, most=1440)
"""How long a drive rests after five failed runs in a row; 0: five minutes at most."""

# --- Library ---------------------------------------------------------------------
BROWSE_ROOTS = env_paths(
    "BROWSE_ROOTS", [Path("/media"), Path("/mnt"), Path("/srv"), Path.home()]
)
"""Folders the pages' folder picker may show; nothing above them."""
MISSING_KEPT_DAYS = env_int("MISSING_KEPT_DAYS", 365, least=0, most=36500)
"""A file missing for longer is forgotten with its match; 0: never."""
MISSING_SHARE_PERCENT = env_int("MISSING_SHARE_PERCENT", 30, least=1, most=100)
"""A scan that would mark more than this share of a root missing stops and asks."""
TMDB_URL = env_str("TMDB_URL", "https://api.themoviedb.org/3").rstrip("/")
TMDB_IMAGE_URL = env_str("TMDB_IMAGE_URL", "https://image.tmdb.org/t/p").rstrip("/")
TMDB_KEY = env_str("TMDB_KEY")
TVDB_URL = env_str("TVDB_URL", "https://api4.thetvdb.com/v4").rstrip("/")
TVDB_KEY = env_str("TVDB_KEY")
TVDB_PIN = env_str("TVDB_PIN")
METADATA_LANGUAGE = env_str("METADATA_LANGUAGE", "en-US")

# --- Plex ------------------------------------------------------------------------
PLEXTV_URL = env_str("PLEXTV_URL", "https://plex.tv").rstrip("/")
PLEX_AUTH_URL = env_str(
    "PLEX_AUTH_URL",
    "https://clients.plex.tv" if PLEXTV_URL == "https://plex.tv" else "",
).rstrip("/")
"""Where tokens are renewed; empty: at PLEXTV_URL."""
PLEX_EXPIRING_TOKENS = env_bool("PLEX_EXPIRING_TOKENS", default=False)
"""Whether a sign-in asks for a token that expires and is renewed."""
PLEX_APP_URL = env_str("PLEX_APP_URL", "https://app.plex.tv").rstrip("/")
PLEX_CONNECT_SECONDS = env_int("PLEX_CONNECT_SECONDS", 5, least=1, most=60)
"""How long each address of a server may take to answer who it is."""
PLEX_RETRIES = env_int("PLEX_RETRIES", 3, most=10)
PLEX_RETRY_WAIT_MS = env_int("PLEX_RETRY_WAIT_MS", 500, least=10, most=60_000)
"""Before the second try; doubles with each one."""
PLEX_PAGE_ROWS = env_int("PLEX_PAGE_ROWS", 1000, least=10, most=5000)
PLEX_SEARCH_ADDRESS = env_endpoint("PLEX_SEARCH_ADDRESS", "239.0.0.250:32414")
"""Where servers in the network are called."""
PLEX_GONE_SHARE_PERCENT = env_int("PLEX_GONE_SHARE_PERCENT", 30, least=1, most=100)
"""A listing that lacks more than this share of what is known stops and asks."""
PLEX_GONE_KEPT_DAYS = env_int("PLEX_GONE_KEPT_DAYS", 30, least=1)
PLEX_RECORDS_KEPT_DAYS = env_int("PLEX_RECORDS_KEPT_DAYS", 90, least=1)

# --- Logs ------------------------------------------------------------------------
LOG_LEVEL = env_str("LOG_LEVEL", "INFO").upper()
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"job": {"()": "drivearr.logging.JobFilter"}},
    "formatters": {
        "plain": {
            "()": "drivearr.logging.SafeFormatter",
            "format": "%(asctime)s %(levelname)-7s [%(job)s] %(name)s: %(message)s",
        }
    },
    "handlers": {
        # Standard error: standard output belongs to --json.
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "plain",
            "filters": ["job"],
        },
        "file": {
            "()": "drivearr.logging.PartHandler",
            "folder": LOG_DIR,
            "most_bytes": 2_000_000,
            "kept": 3,
            "formatter": "plain",
            "filters": ["job"],
        },
    },
    "root": {"handlers": ["stderr", "file"], "level": "WARNING"},
    "loggers": {
        name: {"level": LOG_LEVEL}
        for name in ("drivearr", "library", "drives", "plexlink", "syncqueue")
    },
}
# --- Our own data ----------------------------------------------------------------
BACKUP_DIR = DATA_DIR / "backups"
BACKUPS_KEPT = env_int("BACKUPS_KEPT", 7, least=1, most=1000)
"""Older ones of the schedule's own making go."""
