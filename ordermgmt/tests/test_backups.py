"""A backup is restored elsewhere, proved and compared; one that lacks anything is told apart."""

import io
import json
import shutil
import tarfile
from datetime import timedelta
from hashlib import sha256

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from pypdf import PdfWriter

from ordermgmt import jobs
from ordermgmt.backups import MANIFEST
from ordermgmt.factories import NOW, ActivityFactory, StoredDocumentFactory
from ordermgmt.models import JobRun, JobState, StoredDocument
from ordermgmt.retention import backups_in, file_name
from ordermgmt.schedules import sync_schedules

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.fixture(autouse=True)
def _tools():
    if connection.vendor == "postgresql" and not shutil.which("pg_dump"):
        pytest.skip("pg_dump is not installed")


@pytest.fixture
def portal(settings, tmp_path):
    """History and three papers."""
    settings.MEDIA_ROOT = str(tmp_path / "files")
    sync_schedules()
    ActivityFactory.create_batch(12)
    for _ in range(3):
        writer, content = PdfWriter(), io.BytesIO()
        writer.add_blank_page(100, 100)
        writer.write(content)
        row = StoredDocumentFactory(sha256=sha256(content.getvalue()).hexdigest(), stored_at=NOW, due_at=None)
        row.file.save(f"{row.number}.pdf", content)
    return tmp_path


def said(capsys):
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def take(portal, capsys):
    call_command("backup", "--to", str(portal / "backups"))
    return said(capsys)["file"]


def test_a_good_backup(portal, capsys):
    file = take(portal, capsys)
    call_command("restore_check", file)
    check = said(capsys)
    assert check["findings"] == []
    assert check["pdfs"] == 3
    assert check["rows"] > 20
    run = JobRun.objects.get(name="restore_check")
    assert (run.state, run.summary["seconds"] > 0) == (JobState.DONE, True)
    assert JobRun.objects.get(name="backup").summary["file"] == file
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT count(*) FROM pg_database WHERE datname LIKE 'restore_check_%'")
            assert cursor.fetchone() == (0,)


def rewritten(file, change):
    """The same backup after `change(folder)`."""
    room = file.parent / "opened"
    with tarfile.open(file) as tar:
        tar.extractall(room, filter="data")
    change(room)
    with tarfile.open(file, "w:gz") as tar:
        for path in room.iterdir():
            tar.add(path, path.name)
    return file


def test_a_backup_that_lacks_a_row_and_a_paper(portal, capsys):
    from pathlib import Path

    def lose(room):
        manifest = json.loads((room / MANIFEST).read_text())
        manifest["facts"]["ordermgmt_activity"][0] = "99"
        (room / MANIFEST).write_text(json.dumps(manifest))
        next((room / "files" / "documents").iterdir()).unlink()

    file = rewritten(Path(take(portal, capsys)), lose)
    with pytest.raises(SystemExit):
        call_command("restore_check", str(file))
    words = "\n".join(said(capsys)["findings"])
    assert "ordermgmt_activity: ['99'" in words
    assert "FileNotFoundError" in words
    assert JobRun.objects.get(name="restore_check").state == JobState.FAILED


def test_books_that_do_not_hold_are_found_in_the_copy(portal, capsys):
    StoredDocument.objects.update(attempts=99)
    file = take(portal, capsys)
    with pytest.raises(SystemExit):
        call_command("restore_check", file)
    assert said(capsys)["findings"] == ["I45 does not hold: 3 rows"]


def test_what_is_no_backup_is_refused(portal, tmp_path):
    (tmp_path / "x.tar.gz").write_bytes(b"nonsense")
    with pytest.raises(CommandError, match="not a backup"):
        call_command("restore_check", str(tmp_path / "x.tar.gz"))
    with pytest.raises(CommandError, match="not a backup"):
        call_command("restore_check", str(tmp_path / "missing.tar.gz"))


def test_each_night_one_is_made_restored_and_old_ones_go(portal, settings):
    settings.BACKUP_DIR = portal / "nightly"
    assert jobs.run_now("restore_check", as_of=NOW).state == JobState.FAILED
    settings.BACKUP_DIR.mkdir()
    (settings.BACKUP_DIR / "notes.tar.gz").write_bytes(b"")
    for days in range(1, 30):
        (settings.BACKUP_DIR / file_name(NOW - timedelta(days=days))).write_bytes(b"")
    run = jobs.run_now("backup", as_of=NOW)
    assert (run.state, run.error) == (JobState.DONE, "")
    kept = backups_in(settings.BACKUP_DIR)
    assert run.summary["deleted"] == 30 - len(kept)
    assert str(kept[NOW]) == run.summary["file"]
    assert (settings.BACKUP_DIR / "notes.tar.gz").exists()
    checked = jobs.run_now("restore_check", as_of=NOW)
    assert (checked.state, checked.summary["pdfs"]) == (JobState.DONE, 3), checked.error
