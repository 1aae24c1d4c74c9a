"""Every setting, read from the environment; machines differ in values, not in code."""

from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

BASE_DIR = Path(__file__).resolve().parent.parent
env: Any = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

# Environment -----------------------------------------------------------------------------------
DEBUG = env.bool("DEBUG", default=False)
ENVIRONMENT = env.str("ENVIRONMENT", default="development" if DEBUG else "production")
SECRET_KEY = env.str("SECRET_KEY", default="")
if not DEBUG and (len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or "insecure" in SECRET_KEY):
    raise ImproperlyConfigured("SECRET_KEY is missing or weak: set 50 or more random characters")
SECRET_KEY = SECRET_KEY or "insecure-development-only-key-never-used-when-debug-is-off"
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BASE_URL = env.str("BASE_URL", default="http://localhost:8000")
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var")))
DATA_DIR.mkdir(parents=True, exist_ok=True)

# Applications ----------------------------------------------------------------------------------
INSTALLED_APPS = [
    "ordermgmt.apps.OrdermgmtConfig",
    "customers",
    "inventory",
    "orders",
    "fulfilment",
    "ordermgmt.apps.PortalAdminConfig",
    "django.forms",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_q",
    "django_filters",
    "django_htmx",
    "rest_framework",
    "drf_spectacular",
    "auditlog",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_structlog",
    "django_prometheus",
]
if DEBUG and find_spec("django_migration_linter"):
    INSTALLED_APPS.append("django_migration_linter")
MIDDLEWARE = [
    "django_prometheus.middleware.PrometheusBeforeMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "auditlog.middleware.AuditlogMiddleware",
    "ordermgmt.middleware.BadInputMiddleware",
    "django_prometheus.middleware.PrometheusAfterMiddleware",
]
ROOT_URLCONF = "ordermgmt.urls"
WSGI_APPLICATION = "ordermgmt.wsgi.application"
ASGI_APPLICATION = "ordermgmt.asgi.application"
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
                "ordermgmt.context_processors.shell",
            ],
            "builtins": ["ordermgmt.templatetags.portal"],
        },
    }
]

# Forms and their widgets may be restyled in templates/.
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# Database --------------------------------------------------------------------------------------
DATABASES: dict[str, Any] = {
    "default": env.db_url("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'ordermgmt.sqlite3'}")
}
_database = DATABASES["default"]
_database["CONN_MAX_AGE"] = 600
_database["CONN_HEALTH_CHECKS"] = True
if _database["ENGINE"].endswith("sqlite3"):
    # IMMEDIATE: read-then-write transactions fail at once otherwise; FULL: no lost commit at power loss.
    _database["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA busy_timeout=20000;",
    }
    SILENCED_SYSTEM_CHECKS = ["models.W040"]  # indexes that carry more columns are for PostgreSQL
else:
    _statement_timeout = env.int("STATEMENT_TIMEOUT_MS", default=30_000)
    _database["OPTIONS"] = {
        "connect_timeout": 5,
        "keepalives_idle": 5,
        "keepalives_interval": 2,
        "keepalives_count": 3,
        "tcp_user_timeout": 5000,
        # Pages read a few rows by an index: starting parallel workers takes longer than that and starves the others.
        "options": f"-c statement_timeout={_statement_timeout} -c idle_in_transaction_session_timeout=60000"
        # Compiling a statement of many sub-questions takes longer than answering it.
        " -c max_parallel_workers_per_gather=0 -c jit=off",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="")
CACHES: dict[str, Any] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
    if REDIS_URL
    else {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "cache_entry",
        # Django's default of 300 would forget tries that were counted (limits.py).
        "OPTIONS": {"MAX_ENTRIES": 50_000},
    }
}

# Background work (settings measured: see docs/operations.md) -------------------------------------
Q_CLUSTER = {
    "name": "ordermgmt",
    "orm": "default",
    "workers": env.int("WORKERS", default=2),
    "queue_limit": env.int("WORKERS", default=2),
    "bulk": 2,
    "timeout": 60,
    "retry": 300,
    "ack_failures": True,
    "max_attempts": 1,
    "catch_up": False,
    "poll": 0.5,
    "recycle": 500,
    "save_limit": 1000,
    "guard_cycle": 0.5,
}

# People and security ---------------------------------------------------------------------------
AUTH_USER_MODEL = "ordermgmt.User"
AUTHENTICATION_BACKENDS = [
    "ordermgmt.access.RoleBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_ADAPTER = "ordermgmt.access.StaffAccountAdapter"
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_RATE_LIMITS = {"login_failed": "10/m/ip,5/15m/key", "reset_password": "20/m/ip,5/m/key"}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes", "webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not DEBUG
SESSION_ENGINE = "ordermgmt.sessions"
SESSION_COOKIE_AGE = 60 * 60 * 12
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 0 if DEBUG else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEBUG
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^metrics$"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", default=False) else None
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "ordermgmt.views.errors.csrf_refused"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
PERMISSIONS_POLICY: dict[str, Any] = {"camera": "self", "geolocation": [], "microphone": [], "payment": []}
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Files -----------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles"))
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "ordermgmt.bundles.Bundles",
]
MEDIA_ROOT = env.str("MEDIA_ROOT", default=str(DATA_DIR / "files"))
BACKUP_DIR = Path(env.str("BACKUP_DIR", default=str(DATA_DIR / "backups")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage" if DEBUG else "ordermgmt.storage.StaticFiles"
    },
}

# E-mail (EMAIL_TIMEOUT: Django's default waits for ever) -----------------------------------------
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
EMAIL_TIMEOUT = 10
EMAIL_DEADLINE = 30
if vars()["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
    EMAIL_BACKEND = "ordermgmt.smtp.DeadlineEmailBackend"
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="Nordic Pantry <hello@nordicpantry.example>")
SERVER_EMAIL = env.str("SERVER_EMAIL", default="ops@nordicpantry.example")
# The mail provider whose events are taken at /hooks/mail-events/NAME/, and its secrets (names as django-anymail has
# them, such as WEBHOOK_SECRET=name:password,POSTMARK_SERVER_TOKEN=…). MAIL_API: send through its API instead of SMTP.
MAIL_PROVIDER = env.str("MAIL_PROVIDER", default="")
ANYMAIL = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, **env.dict("ANYMAIL", default={})}
if MAIL_PROVIDER and env.bool("MAIL_API", default=False):
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
ALERT_EMAILS = env.list("ALERT_EMAILS", default=[])
# Each queue of exceptions: a digest at 08:00, and a mail when items pass their target.
EXCEPTION_MAILS = env.bool("EXCEPTION_MAILS", default=True)
MAIL_DELAY_SECONDS = env.int("MAIL_DELAY_SECONDS", default=60)
# Where customers write to: answers of support come from here and replies go to name+token@domain. Mail to it is posted
# to /hooks/mail/ as it came, signed with the secret (docs/operations.md).
SUPPORT_EMAIL = env.str("SUPPORT_EMAIL", default="hello@nordicpantry.example")
INBOUND_MAIL_SECRET = env.str("INBOUND_MAIL_SECRET", default="")
# Mail providers post to /hooks/mail/NAME/ with this user:password and, where they sign, the signing key of theirs, as
# django-anymail names it: MAILGUN_WEBHOOK_SIGNING_KEY=…,POSTAL_WEBHOOK_KEY=…
INBOUND_MAIL_LOGIN = env.str("INBOUND_MAIL_LOGIN", default="")
INBOUND_MAIL_KEYS = env.dict("INBOUND_MAIL_KEYS", default={})
ANYMAIL = {**INBOUND_MAIL_KEYS, **({"WEBHOOK_SECRET": INBOUND_MAIL_LOGIN} if INBOUND_MAIL_LOGIN else {})}
INBOUND_MAIL_MAX_BYTES = env.int("INBOUND_MAIL_MAX_BYTES", default=15 * 1024 * 1024)
# When support is there (1 is Monday), and targets in those hours: first answer/later answers/solution.
SUPPORT_HOURS = env.str("SUPPORT_HOURS", default="1-5 09:00-17:00")
SUPPORT_TARGETS = env.dict("SUPPORT_TARGETS", default={})

# Time and language -----------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
FILTERS_EMPTY_CHOICE_LABEL = _("Any")
TIME_ZONE = "UTC"
USE_TZ = USE_I18N = True
BUSINESS_TIME_ZONE = env.str("BUSINESS_TIME_ZONE", default="Europe/Stockholm")
# Sums of money in reports are in one currency at a time; this one unless another is asked for.
REPORT_CURRENCY = env.str("REPORT_CURRENCY", default="EUR")
# Renewals are spread over so many seconds after the cut-off.
RENEWAL_WINDOW_SECONDS = env.int("RENEWAL_WINDOW_SECONDS", default=6 * 3600)

# API -------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["ordermgmt.api.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["ordermgmt.api.HasScope"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["ordermgmt.api.StrictJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["ordermgmt.api.ClientThrottle"],
    "DEFAULT_THROTTLE_RATES": {"client": env.str("API_RATE", default="1200/min")},
    "EXCEPTION_HANDLER": "ordermgmt.api.errors.explain",
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "ordermgmt API",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_PUBLIC": True,
    "ENUM_NAME_OVERRIDES": {
        "OrderStatusEnum": "orders.states.OrderStatus",
        "ShipmentStatusEnum": "fulfilment.states.ShipmentStatus",
        "SkuStatusEnum": "inventory.states.SkuStatus",
    },
}

# Changes to master data (orders and stock keep their own history and ledger) ----------------------
AUDITLOG_INCLUDE_TRACKING_MODELS = (
    *(
        {"model": f"inventory.{name}"}
        for name in (
            "Product",
            "Sku",
            "SkuPrice",
            "SkuCode",
            "BundleComponent",
            "Lot",
            "Warehouse",
            "Closure",
            "ServedZone",
            "Membership",
        )
    ),
    {"model": "inventory.Bin", "exclude_fields": ["is_suspect"]},
    {"model": "customers.Customer", "exclude_fields": ["version"]},
    {"model": "customers.Address"},
    {"model": "customers.ChannelIdentity"},
)

# The shop (who sells; printed on documents) ------------------------------------------------------
SHOP = {
    "name": env.str("SHOP_NAME", default="Nordic Pantry AB"),
    "brand": env.str("SHOP_BRAND", default="Nordic Pantry"),
    "street": env.str("SHOP_STREET", default="Storgatan 1"),
    "postcode": env.str("SHOP_POSTCODE", default="211 42"),
    "city": env.str("SHOP_CITY", default="Malmö"),
    "country": env.str("SHOP_COUNTRY", default="SE"),
    "vat_id": env.str("SHOP_VAT_ID", default="SE556677889901"),
    "iban": env.str("SHOP_IBAN", default="SE45 5000 0000 0583 9825 7466"),
    "phone": env.str("SHOP_PHONE", default="+46 40 12 34 56"),
    "email": env.str("SHOP_EMAIL", default="hello@nordicpantry.example"),
    "hours": env.str("SHOP_HOURS", default="Mon–Fri 9–17"),
}
# When a picker scans the place before the item: always, same_item (it lies in two bins of the walk), off.
SCAN_LOCATION = env.str("SCAN_LOCATION", default="always")
GS1_COMPANY_PREFIX = env.str("GS1_COMPANY_PREFIX", default="7350012")
# Carrier code to HMAC secret: house=…,other=…
CARRIER_WEBHOOK_SECRETS = env.dict("CARRIER_WEBHOOK_SECRETS", default={})

# Revenue is earned when the carrier says that a parcel arrived. With a number of days, a parcel of which nothing
# was heard counts as arrived so many days after it was handed over (carriers without tracking).
REVENUE_DAYS_AFTER_DISPATCH = env.int("REVENUE_DAYS_AFTER_DISPATCH", default=0)

# Numbers of our accounts in the accountant's chart: receivable=1510,bank=1930 (see orders/journal/accounts.py).
JOURNAL_ACCOUNTS = env.dict("JOURNAL_ACCOUNTS", default={})

# Payments: without a key nothing is charged, customers pay by bank transfer. No card data ever comes here.
STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_WEBHOOK_SECRET = env.str("STRIPE_WEBHOOK_SECRET", default="")
STRIPE_API_BASE = env.str("STRIPE_API_BASE", default="https://api.stripe.com")
# Where the provider's own pages are: the pay page may send its form there.
STRIPE_PAGES = env.str("STRIPE_PAGES", default="https://checkout.stripe.com")
# A pretended card network instead, for a demo shop: with DEBUG only, and refused by `check --deploy`.
DEMO_CARDS = env.bool("DEMO_CARDS", default=False)

# A customer who orders by phone and is sent a link to pay has so many days; then the order is cancelled by itself.
PAY_LINK_DAYS = env.int("PAY_LINK_DAYS", default=3)
# What support may pay back of one order a day without anybody's approval, in REPORT_CURRENCY.
REFUND_LIMIT = Decimal(env.str("REFUND_LIMIT", default="50"))

# Logs ------------------------------------------------------------------------------------------
LOG_LEVEL = env.str("LOG_LEVEL", default="INFO")
LOGGING_CONFIG = "ordermgmt.logs.configure"
# Django calls it only when this is not empty.
LOGGING = {"version": 1}
