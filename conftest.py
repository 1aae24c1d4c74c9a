"""Fixtures every test may use."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from django.apps import apps as registry
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseOperations
from django.db.migrations import RunPython

from ordermgmt import exception_badge, installation, known_problems, navigation
from ordermgmt.guards import APPEND_ONLY, guard_sql, unguard_sql
from ordermgmt.listing import counting
from ordermgmt.models import RoleGrant, User

# How long an example takes depends on what else the machine does; speed is shown in bench/.
hypothesis.settings.register_profile("ours", deadline=None)
hypothesis.settings.load_profile("ours")


ROOT = Path(__file__).parent
SHOWN_ONCE = ("page", "papers", "mails", "emails", "admin", "fixes", "form", "words", "desk", "styleguide", "backups")
NEEDS_DATABASE = {"db", "transactional_db", "live_server", "django_db_setup"}


def pytest_configure() -> None:
    """A quick hash for the passwords of some thousand people; the portal itself keeps them with Argon2."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher", *settings.PASSWORD_HASHERS]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """`once`: what says the same beside every database, without one or through a browser, is left out by the second pass.

    So are pages, papers and mails: what they ask a database is asked there by the walk over all pages (test_access).
    """
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "browser" in fixtures or any(word in item.path.stem for word in SHOWN_ONCE):
            item.add_marker("once")
        if not item.get_closest_marker("django_db") and not fixtures & NEEDS_DATABASE:
            item.add_marker("once")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as in production: threads of a live server get connections of their own and wait for each other.

    In memory they would share one cache, whose locks nobody waits for. No test survives a power cut.
    """
    database = settings.DATABASES["default"]
    if database["ENGINE"].endswith("sqlite3"):
        database["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        options = database["OPTIONS"]
        options["init_command"] = options["init_command"].replace("synchronous=FULL", "synchronous=OFF")


@pytest.fixture(scope="session")
def django_db_use_migrations() -> bool:
    """Tables are made from the models: a third of a minute less for each worker. That migrations make the same
    database is shown by test_migrations.
    """
    return False


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """What migrations written by hand add to the tables: sequences, guards, indexes."""
    apps = ["customers", "inventory", "ordermgmt", "orders", "fulfilment"]
    with django_db_blocker.unblock(), connection.schema_editor() as editor:
        for path in sorted(path for app in apps for path in (ROOT / app / "migrations").glob("0*.py")):
            for step in import_module(f"{path.parts[-3]}.migrations.{path.stem}").Migration.operations:
                if isinstance(step, RunPython):
                    step.code(registry, editor)


@pytest.fixture(autouse=True, scope="session")
def _flush_append_only_tables() -> Iterator[None]:
    """Tests with real transactions empty all tables; on SQLite that needs the guards lifted."""
    flush = DatabaseOperations.sql_flush

    def sql_flush(self, style, tables, **options):  # type: ignore[no-untyped-def]
        guarded = [table for table in APPEND_ONLY.values() if table in tables]
        before = [sql for table in guarded for sql in unguard_sql(table, "sqlite")]
        after = [sql for table in guarded for sql in guard_sql(table, "sqlite")]
        return [*before, *flush(self, style, tables, **options), *after]

    DatabaseOperations.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    DatabaseOperations.sql_flush = flush  # type: ignore[method-assign]


@pytest.fixture
def samples() -> Path:
    """Real payloads from elsewhere, beside the project; skipped where they are not."""
    folder = settings.BASE_DIR.parent / "shared" / "samples"
    if not folder.is_dir():
        pytest.skip("the samples folder is not beside this checkout")
    return folder


@pytest.fixture(autouse=True)
def _counts_are_never_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts of list views are kept for some seconds; in tests each page counts anew."""
    monkeypatch.setattr(counting, "FRESH", timedelta(0))


@pytest.fixture(autouse=True)
def _nothing_waits_in_the_rail(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The number beside Exceptions and known problems are asked for now and then; tests of them say `counts_exceptions`."""
    monkeypatch.setattr(exception_badge, "_seen", {})
    if not request.node.get_closest_marker("counts_exceptions"):
        monkeypatch.setitem(navigation.COUNTS_BY_ENTRY, "exception_list", lambda _request: 0)
        monkeypatch.setattr(known_problems, "lately_open", list)
    known_problems.forget()


# A real browser -----------------------------------------------------------------------------------
CHROMIUM_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """The system's Chromium; tests that need a browser are skipped where there is none."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if not found:
        pytest.skip("needs Chromium (Debian: apt install chromium)")
    # Playwright's event loop stands in this thread; the ORM would refuse to work beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    return {**browser_type_launch_args, "executable_path": found, "args": CHROMIUM_SWITCHES}


@pytest.fixture
def sign_in(live_server: Any, context: Any, client: Any) -> Callable[..., Any]:
    """`sign_in(Role.LEAD)` makes a person with these roles and signs the browser in as them."""

    def signed_in(*roles: str, name: str = "Ana Berg") -> User:
        user = User.objects.create_user(f"{name.split()[0].lower()}@example.com", name=name)
        RoleGrant.objects.bulk_create(RoleGrant(user=user, role=role) for role in roles)
        client.force_login(user, backend="ordermgmt.access.RoleBackend")
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": live_server.url}])
        return user

    return signed_in


@pytest.fixture(autouse=True)
def _every_test_is_on_the_live_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages ask every half minute whether they are; what a machine remembers is not shared by tests."""
    monkeypatch.setattr(installation, "lately_not_live", str)
    monkeypatch.setattr("ordermgmt.context_processors.lately_not_live", str)
    monkeypatch.setattr(installation, "_highest_epoch", lambda: 0)
    monkeypatch.setattr(installation, "_remember", lambda _epoch: None)
