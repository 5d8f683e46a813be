"""Every setting, read from the environment; `.env.example` lists the variables with their defaults.

One file for development, tests, the demo and production. What differs comes in through variables, never
through a second settings module. Readers and their error messages live in ``config.env``.
"""

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.templatetags.static import static

from config import env, local

BASE_DIR = local.BASE_DIR
VAR_DIR = local.VAR_DIR

# --- Which machine is this ---------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
SANDBOX = env.flag("SANDBOX")
TESTING = env.flag("SUBSTATION_TESTING")  # set by tests/servers.py alone
EMBEDDED = not env.text("DATABASE_URL") and local.has_embedded_servers()
LOCAL = DEBUG or SANDBOX or TESTING or EMBEDDED  # may use keys made for this checkout, and file e-mail

PORT = env.whole("PORT", 8000, least=1, most=65535)
BASE_URL = env.address("BASE_URL", f"http://127.0.0.1:{PORT}")
HTTPS = BASE_URL.startswith("https:")
ALLOWED_HOSTS = [
    *env.words("ALLOWED_HOSTS", urlsplit(BASE_URL).hostname or ""),
    *(["127.0.0.1", "localhost", "[::1]"] if LOCAL else []),
]
CSRF_TRUSTED_ORIGINS = [BASE_URL] if HTTPS else []
PROXY_COUNT = env.whole("PROXY_COUNT", 0)  # reverse proxies of ours in front; 0 = reached directly

SECRET_KEY = (
    local.secret_key(VAR_DIR)
    if LOCAL and not env.text("SECRET_KEY")
    else env.required("SECRET_KEY", cure="set 50 random characters, the same for web, worker and beat")
)
FIELD_KEYS = env.field_keys(
    "FIELD_KEYS",
    local.field_key(VAR_DIR)
    if LOCAL and not env.text("FIELD_KEYS")
    else env.required("FIELD_KEYS", cure="one Fernet key (newest first, comma between), kept with backups"),
)

# --- Delivery ----------------------------------------------------------------------------------------
HTTP_READ_TIMEOUT_S = env.number("HTTP_READ_TIMEOUT_S", 20, least=0.1)
LEASE_S = env.number("LEASE_S", 60, least=1)
RECONCILE_AFTER_S = env.numbers("RECONCILE_AFTER_S", "30,300,900")
if LEASE_S <= HTTP_READ_TIMEOUT_S:
    raise env.SettingError(
        "LEASE_S",
        f"{LEASE_S:g} is not longer than HTTP_READ_TIMEOUT_S={HTTP_READ_TIMEOUT_S:g}",
        "a call must end before its claim lapses: LEASE_S at three times HTTP_READ_TIMEOUT_S",
    )
OUTBOUND_ALLOW = env.host_ports("OUTBOUND_ALLOW")  # private addresses that connectors may reach
SANDBOX_URL = env.address("SANDBOX_URL", local.sandbox_url(VAR_DIR))
SANDBOX_STATE = VAR_DIR / "sandbox"
DEMO_PASSWORD = env.text("DEMO_PASSWORD", local.DEMO_PASSWORD)  # of the demo's made-up people, in SANDBOX only

# --- Django ------------------------------------------------------------------------------------------
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
AUTH_USER_MODEL = "divisions.User"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
LANGUAGE_CODE = "en-us"
TIME_ZONE = "UTC"  # the department's own zone is data (Department.zone), never this
USE_TZ = True
USE_I18N = True
FORMAT_MODULE_PATH = "config.formats"  # times are read by officers: 24 hours

INSTALLED_APPS = [
    "records",
    "divisions",
    "posts",
    "moderation",
    "config",
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.guardian",
    "unfold.contrib.import_export",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "guardian",
    "import_export",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "config.middleware.AdminPolicyMiddleware",  # after CSPMiddleware: it hands that one its exceptions
    "config.middleware.AdminClockMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "divisions.middleware.RightsMiddleware",
    "divisions.middleware.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",  # last: it replaces the answer of a locked sign-in
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
                "config.context.navigation",
            ],
        },
    }
]

# --- Database, cache, jobs ---------------------------------------------------------------------------
DATABASE_URL = env.text("DATABASE_URL") or (
    local.database_url(VAR_DIR)
    if EMBEDDED
    else env.required("DATABASE_URL", cure="DATABASE_URL=postgresql://user:password@host:5432/substation")
)
DATABASES: dict[str, dict[str, Any]] = {"default": env.database(DATABASE_URL)}
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # else a restarted PostgreSQL costs three 500s
DATABASES["default"]["OPTIONS"].setdefault("connect_timeout", "2")
# A process that was frozen inside a transaction must not keep its row locks until it thaws. What is worked on is in
# memory or on a disk without heads: PostgreSQL's default price of 4 makes it read whole tables where an index is there.
DATABASES["default"]["OPTIONS"].setdefault(
    "options", "-c idle_in_transaction_session_timeout=60s -c random_page_cost=1.1"
)
if DATABASE_POOL := env.whole("DATABASE_POOL", 8):
    # At least the threads of the process (web 4; what sends widens it to 72); opened when needed. 0: no pool.
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": DATABASE_POOL, "timeout": 5}

REDIS_URL = env.redis(
    local.redis_url(VAR_DIR)
    if LOCAL and not env.text("REDIS_URL")
    else env.required("REDIS_URL", cure="REDIS_URL=redis://host:6379/0")
)
# Never Redis: sign-in reads its limits here, and a cache that is down would make signing in a 500.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())

# --- Files -------------------------------------------------------------------------------------------
MEDIA_ROOT = env.folder("STORAGE", VAR_DIR / "media")  # private: views check rights, no server maps it
MEDIA_URL = env.text("MEDIA_URL", "/media/")
STATIC_URL = "/static/"
STATIC_ROOT = local.BUILT_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static", local.BUILT_DIR / "assets"]
HASHED_STATIC = not (DEBUG or TESTING)  # live servers in tests know only the plain names
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if HASHED_STATIC
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = not HASHED_STATIC
local.make_folders(STATIC_ROOT, *STATICFILES_DIRS)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024  # form fields; files are limited where they are taken in
VIDEO_MAX_BYTES = env.whole("VIDEO_MAX_MB", 500) * 1024 * 1024
VIDEO_MAX_S = env.whole("VIDEO_MAX_S", 20 * 60)
VIDEO_WORK_S = env.whole("VIDEO_WORK_S", 60 * 60)  # how long making one clean copy may take
FILE_UPLOAD_HANDLERS = [
    "config.uploads.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700

# --- E-mail ------------------------------------------------------------------------------------------
globals().update(
    env.email(
        env.text("EMAIL_URL")
        or (
            f"file:{VAR_DIR / 'mail'}"
            if LOCAL
            else env.required("EMAIL_URL", cure="EMAIL_URL=smtp+tls://user:password@host:587")
        )
    )
)
DEFAULT_FROM_EMAIL = env.text("EMAIL_FROM", f"no-reply@{urlsplit(BASE_URL).hostname}")
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# Told when nothing is sent any more, beside the administrators (config.alarm). Never tracebacks: see LOGGING.
ADMINS = [("Administrator", address) for address in env.words("ADMINS")]

# --- Signing in --------------------------------------------------------------------------------------
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in (
        ("UserAttributeSimilarityValidator", {}),
        ("MinimumLengthValidator", {"min_length": 12}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "config.adapters.AccountAdapter"
ACCOUNT_FORMS = {"login": "config.adapters.SignInForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"  # people are entered by an administrator, never by themselves
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_PREVENT_ENUMERATION = True
# A whole station sits behind one address, so the limit by address is wide; axes locks the pair below.
ACCOUNT_RATE_LIMITS = {"login": "120/m/ip", "login_failed": "60/m/ip,10/5m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = PROXY_COUNT
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # never the address alone: it locks out the station
AXES_USERNAME_FORM_FIELD = "login"
AXES_RESET_ON_SUCCESS = True
AXES_CLIENT_IP_CALLABLE = "config.adapters.client_ip"
AXES_LOCKOUT_TEMPLATE = "account/locked.html"
AXES_VERBOSE = False
AXES_ENABLE_ACCESS_FAILURE_LOG = False

GUARDIAN_MONKEY_PATCH_USER = False
ANONYMOUS_USER_NAME = None  # no made-up user row; ``access`` answers for people who are not signed in
GUARDIAN_RAISE_403 = True

# --- What a browser is told --------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'"],
        "font-src": ["'self'", "data:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_SSL_REDIRECT = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^health/(tick/)?$"]  # load balancers ask in the clear
SECURE_HSTS_SECONDS = int(timedelta(days=365).total_seconds()) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None

if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    MEDIA_ROOT = env.folder("STORAGE", VAR_DIR / "test-media")

# --- Admin -------------------------------------------------------------------------------------------
UNFOLD = {
    "SITE_TITLE": "Substation",
    "SITE_HEADER": "Substation",
    "SITE_SUBHEADER": "Administration",
    "SITE_URL": "/desk/",
    "SITE_ICON": lambda request: static("img/favicon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("img/favicon.svg")},
    ],
    "STYLES": [lambda request: static("css/admin.css")],
    "ENVIRONMENT": "config.admin.place",
    "THEME": "light",
    "BORDER_RADIUS": "4px",
    "SHOW_VIEW_ON_SITE": True,
    "SHOW_HISTORY": True,
    "COLORS": {  # the tokens of static/css/tokens.css: paper and ink, one blue
        "base": {
            "50": "#f7f9fa", "100": "#edeff0", "200": "#dfe1e2", "300": "#c6cace", "400": "#a9aeb1", "500": "#71767a",
            "600": "#565c65", "700": "#3d4551", "800": "#2d2e2f", "900": "#1c1d1f", "950": "#111214",
        },
        "primary": {
            "50": "#edf5ff", "100": "#e1e7f1", "200": "#bbcae4", "300": "#98afd2", "400": "#7292c7", "500": "#4a77b4",
            "600": "#1a4480", "700": "#162e51", "800": "#162e51", "900": "#11243f", "950": "#0c1a2e",
        },
        "font": {
            "subtle-light": "#565c65", "default-light": "#1c1d1f", "important-light": "#1c1d1f",
            "subtle-dark": "#a9aeb1", "default-dark": "#dfe1e2", "important-dark": "#ffffff",
        },
    },
    "SIDEBAR": {"show_search": True, "show_all_applications": False, "navigation": "config.admin.navigation"},
}  # fmt: skip
IMPORT_EXPORT_ESCAPE_FORMULAE_ON_EXPORT = True  # a name that begins with = is words, not a formula

# --- Logging -----------------------------------------------------------------------------------------
LOG_LEVEL = env.text("LOG_LEVEL", "INFO").upper()
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"no_secrets": {"()": "config.logs.NoSecrets"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["no_secrets"],
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django": {"handlers": [], "level": "INFO"},  # instead of Django's own, which mails every traceback to ADMINS
        "django.server": {"handlers": ["console"], "level": "WARNING", "propagate": False},
        # A tick a second: what went wrong is logged, that all went well is not.
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "axes": {"level": "CRITICAL" if TESTING else "WARNING"},
    },
}
