"""Fixtures every test may use."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db.backends.sqlite3.base import DatabaseOperations

from ordermgmt.guards import APPEND_ONLY, guard_sql, unguard_sql
from ordermgmt.listing import counting


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
