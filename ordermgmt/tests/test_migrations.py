"""`migrate` makes the database that the tests run on: they make theirs from the models (conftest)."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from ordermgmt.guards import guard_names
from ordermgmt.tests.schemas import Lines, of_postgresql, of_sqlite

pytestmark = [pytest.mark.django_db, pytest.mark.slow]


def migrate(url: str, folder: Path) -> None:
    """In a process of its own, as when the portal is set up."""
    environment = {**os.environ, "DATABASE_URL": url, "DATA_DIR": str(folder), "DEBUG": "1", "LOG_LEVEL": "ERROR"}
    command = [sys.executable, "manage.py", "migrate", "--verbosity", "0"]
    subprocess.run(command, cwd=settings.BASE_DIR, env=environment, check=True, timeout=300)


@pytest.fixture
def migrated(tmp_path: Path) -> Iterator[Lines]:
    """What a migrated database is made of."""
    if connection.vendor == "postgresql":
        yield from _on_postgresql(tmp_path)
    else:
        file = tmp_path / "migrated.sqlite3"
        migrate(f"sqlite:///{file}", tmp_path)
        database = sqlite3.connect(file)
        yield of_sqlite(database.cursor())
        database.close()


def _on_postgresql(folder: Path) -> Iterator[Lines]:
    facts: dict[str, Any] = connection.settings_dict
    name = f"{facts['NAME']}_migrated"
    where = {"host": facts["HOST"], "port": facts["PORT"] or 5432, "user": facts["USER"], "password": facts["PASSWORD"]}
    account = f"{where['user']}:{where['password']}@{where['host']}:{where['port']}"
    with psycopg.connect(**where, dbname="postgres", autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        try:
            migrate(f"postgres://{account}/{name}", folder)
            with psycopg.connect(**where, dbname=name) as database:
                yield of_postgresql(database.cursor())
        finally:
            server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


def of_this_run() -> Lines:
    with connection.cursor() as cursor:
        return (of_postgresql if connection.vendor == "postgresql" else of_sqlite)(cursor)


def test_a_difference_is_seen() -> None:
    before = of_this_run()
    statements = [
        "CREATE INDEX odd ON orders_order (number, id)",
        "ALTER TABLE orders_order ADD COLUMN odd integer NULL",
        f"DROP TRIGGER {sorted(guard_names('ordermgmt_activity', connection.vendor))[0]}"
        + (" ON ordermgmt_activity" if connection.vendor == "postgresql" else ""),
    ]
    if connection.vendor == "postgresql":
        statements += ["DROP SEQUENCE number_so", "ALTER TABLE orders_orderline DROP CONSTRAINT line_units_add_up"]
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
            assert of_this_run() != before, statement
            before = of_this_run()


def test_migrations_and_models_make_the_same_database(migrated: Lines) -> None:
    made = of_this_run()
    assert len(made) > 1000
    assert sorted(migrated - made) == []
    assert sorted(made - migrated) == []
