"""Backups that count: one file with the database, the stored papers and a manifest of the moment.

A backup exists only when it was restored elsewhere, proved and compared (reliability.md 7.6).
"""

import hashlib
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import psycopg
from django.apps import apps
from django.conf import settings
from django.db import connection, models
from psycopg import sql
from pypdf import PdfReader

from ordermgmt.retention import file_name

SQLITE_FILE, POSTGRES_FILE, MANIFEST, FILES = "database.sqlite3", "database.dump", "manifest.json", "files"
LATEST_PAPERS = (
    "SELECT file, sha256 FROM ordermgmt_storeddocument "
    "WHERE media_type = 'application/pdf' AND file <> '' ORDER BY id DESC LIMIT 3"
)
Facts = dict[str, list[str]]


class BackupFailed(Exception):
    """A tool of the database refused; the sentence is its own."""


class Copy(NamedTuple):
    """A restored database: how to ask it, and the DATABASE_URL of other processes."""

    execute: Callable[[str], list[tuple[Any, ...]]]
    url: str


@dataclass
class Check:
    """What a restore showed. `findings` empty means the backup is good."""

    file: str
    taken_at: str
    tables: int = 0
    rows: int = 0
    pdfs: int = 0
    seconds: float = 0
    findings: list[str] = field(default_factory=list)


# Taking ------------------------------------------------------------------------------------------
def back_up(folder: Path, *, now: datetime) -> Path:
    """Write a backup into `folder` and return its path; it appears there only when whole."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file_name(now)
    with tempfile.TemporaryDirectory(dir=folder) as inside:
        room = Path(inside)
        take = _take_postgres if connection.vendor == "postgresql" else _take_sqlite
        facts = take(room)
        manifest = {"taken_at": now.isoformat(), "vendor": connection.vendor, "facts": facts}
        (room / MANIFEST).write_text(json.dumps(manifest))
        _pack(room, room / "whole")
        (room / "whole").rename(target)
    target.chmod(0o600)
    return target


def _take_sqlite(room: Path) -> Facts:
    """The backup API inside one read transaction: copy and manifest see the same moment."""
    name = str(settings.DATABASES["default"]["NAME"])
    source = sqlite3.connect(name, uri=name.startswith("file:"), isolation_level=None)
    target = sqlite3.connect(room / SQLITE_FILE)
    try:
        source.execute("BEGIN")
        facts = facts_of(lambda question: source.execute(question).fetchall())
        source.backup(target)
    finally:
        source.close()
        target.close()
    return facts


def _take_postgres(room: Path) -> Facts:
    """pg_dump of the snapshot in which the manifest is counted."""
    with psycopg.connect(**_dsn()) as source:
        source.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        snapshot = source.execute("SELECT pg_export_snapshot()").fetchone()
        facts = facts_of(lambda question: source.execute(question).fetchall())
        command = ["pg_dump", "--format=custom", f"--snapshot={snapshot[0] if snapshot else ''}"]
        _tool([*command, f"--file={room / POSTGRES_FILE}"])
    return facts


def _pack(room: Path, target: Path) -> None:
    with tarfile.open(target, "w:gz") as tar:
        for name in (MANIFEST, SQLITE_FILE, POSTGRES_FILE):
            if (room / name).exists():
                tar.add(room / name, name)
        if Path(settings.MEDIA_ROOT).is_dir():
            tar.add(settings.MEDIA_ROOT, FILES)


def facts_of(ask: Callable[[str], list[tuple[Any, ...]]]) -> Facts:
    """Per table its number of rows and the sum of every amount and quantity, as text."""
    return {model._meta.db_table: [str(value) for value in ask(_sums(model))[0]] for model in _models()}


def _models() -> list[type[models.Model]]:
    return [model for model in apps.get_models() if model._meta.managed and not model._meta.proxy]


def _sums(model: type[models.Model]) -> str:
    summed = [
        f'coalesce(sum("{f.column}"), 0)'
        for f in model._meta.concrete_fields
        if isinstance(f, models.DecimalField | models.IntegerField) and not f.primary_key
    ]
    return f'SELECT {", ".join(["count(*)", *summed])} FROM "{model._meta.db_table}"'  # noqa: S608  (names of our own tables)


# Checking ----------------------------------------------------------------------------------------
def check_restore(file: Path, *, now: datetime) -> Check:
    """Restore a backup elsewhere, prove its books, compare it with its manifest, open three papers."""
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as inside:
        room = Path(inside)
        with tarfile.open(file) as tar:
            tar.extractall(room, filter="data")
        manifest = json.loads((room / MANIFEST).read_text())
        check = Check(str(file), manifest["taken_at"])
        with _restored(room) as copy:
            _compare(check, manifest["facts"], facts_of(copy.execute))
            _open_papers(check, copy, room / FILES)
            _prove(check, copy, room)
    check.seconds = round(time.perf_counter() - began, 2)
    return check


@contextmanager
def _restored(room: Path) -> Iterator[Copy]:
    if (room / SQLITE_FILE).exists():
        with _restored_sqlite(room / SQLITE_FILE) as copy:
            yield copy
    else:
        with _restored_postgres(room / POSTGRES_FILE) as copy:
            yield copy


@contextmanager
def _restored_sqlite(file: Path) -> Iterator[Copy]:
    database = sqlite3.connect(file)
    try:
        yield Copy(lambda question: database.execute(question).fetchall(), f"sqlite:///{file}")
    finally:
        database.close()


@contextmanager
def _restored_postgres(file: Path) -> Iterator[Copy]:
    """A scratch database on the same server, dropped afterwards."""
    name, dsn = f"restore_check_{uuid4().hex[:12]}", _dsn()
    with psycopg.connect(**{**dsn, "dbname": "postgres"}, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            _tool(["pg_restore", "--no-owner", "--exit-on-error", f"--dbname={name}", str(file)])
            with psycopg.connect(**{**dsn, "dbname": name}, autocommit=True) as database:
                yield Copy(lambda question: database.execute(question).fetchall(), _url(name))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _compare(check: Check, taken: Facts, restored: Facts) -> None:
    for table in sorted(taken.keys() | restored.keys()):
        before, after = taken.get(table), restored.get(table)
        if before != after:
            check.findings.append(f"{table}: {before} when taken, {after} when restored")
    check.tables, check.rows = len(restored), sum(int(values[0]) for values in restored.values())


def _open_papers(check: Check, copy: Copy, files: Path) -> None:
    for name, digest in copy.execute(LATEST_PAPERS):
        try:
            content = (files / name).read_bytes()
            pages = len(PdfReader(files / name).pages)
        except Exception as error:
            check.findings.append(f"paper {name}: {type(error).__name__}: {error}")
            continue
        if not pages or hashlib.sha256(content).hexdigest() != digest:
            check.findings.append(f"paper {name}: its bytes are not those that were stored")
        check.pdfs += 1


def _prove(check: Check, copy: Copy, room: Path) -> None:
    """check_books in a process of its own, on the copy."""
    environment = {**os.environ, "DATABASE_URL": copy.url, "DATA_DIR": str(room), "MEDIA_ROOT": str(room / FILES)}
    command = [sys.executable, "-m", "django", "check_books", "--json", f"--as-of={check.taken_at}"]
    done = subprocess.run(command, cwd=settings.BASE_DIR, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    try:
        proofs = json.loads(done.stdout)["invariants"]
    except (ValueError, KeyError):
        check.findings.append(f"the books could not be proved: {done.stderr.strip()[-500:]}")
        return
    check.findings += [f"{p['code']} does not hold: {p['count']} rows" for p in proofs if not p["holds"]]


# PostgreSQL --------------------------------------------------------------------------------------
def _dsn() -> dict[str, Any]:
    facts = connection.get_connection_params()
    wanted = ("dbname", "user", "password", "host", "port")
    return {name: facts[name] for name in wanted if facts.get(name)}


def _tool(command: list[str]) -> None:
    names = {"dbname": "PGDATABASE", "user": "PGUSER", "password": "PGPASSWORD", "host": "PGHOST", "port": "PGPORT"}
    environment = {**os.environ, **{names[name]: str(value) for name, value in _dsn().items()}}
    program = shutil.which(command[0])
    if program is None:
        raise BackupFailed(f"{command[0]} is not installed; on Debian it is in postgresql-client")
    done = subprocess.run([program, *command[1:]], env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        raise BackupFailed(f"{command[0]}: {done.stderr.strip()[-500:]}")


def _url(name: str) -> str:
    parts = _dsn()
    user, password = parts.get("user", ""), parts.get("password", "")
    login = f"{_quoted(user)}:{_quoted(password)}@" if password else f"{_quoted(user)}@" if user else ""
    return f"postgres://{login}{_quoted(parts.get('host', ''))}:{parts.get('port') or 5432}/{name}"


def _quoted(part: str) -> str:
    """For an address: a password may hold any character, and a host may be the folder of a socket."""
    return quote(part, safe="")
