"""Verbs of imports: take a file in, apply it, forget it. The work is done by a job."""

from datetime import datetime

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from ordermgmt.history import record
from ordermgmt.importing.kinds import KINDS
from ordermgmt.importing.reading import read_table
from ordermgmt.jobs import ring
from ordermgmt.models import ImportRun, ImportState, User

JOB = "imports"


class ImportRefused(Exception):
    """The run cannot do this now; the sentence says why."""


@transaction.atomic(durable=True)
def take_file(*, kind: str, file: "UploadedFile[bytes]", by: User, now: datetime) -> ImportRun:
    """Store a file and have it checked. Raises Unreadable for a file that is no such table."""
    name = (file.name or "file")[-200:]
    table = read_table(file, file.size or 0)
    KINDS[kind].match(table.head)
    file.seek(0)
    run = ImportRun(kind=kind, file_name=name, by=by, created_at=now, due_at=now)
    run.file.save(f"{kind}-{now:%Y%m%d-%H%M%S}", file, save=False)
    run.save(force_insert=True)
    record("take_file", "{file} uploaded ({kind})", subject=f"IMP-{run.pk}", by=by, now=now, file=name,
           kind=str(KINDS[kind].title))  # fmt: skip
    ring(JOB, run.pk)
    return run


@transaction.atomic(durable=True)
def apply_run(*, run: ImportRun, by: User, now: datetime) -> ImportRun:
    """Write what the preview showed; rows with errors are left out. Pressing twice applies once."""
    # Closes the race of two people pressing Apply.
    run = ImportRun.objects.select_for_update(of=("self",)).get(pk=run.pk)
    if run.state in (ImportState.APPLYING, ImportState.DONE):
        return run
    if run.state != ImportState.CHECKED:
        raise ImportRefused(_("This file is not checked yet."))
    if not run.to_create and not run.to_change:
        raise ImportRefused(_("Nothing in this file would change anything."))
    run.state, run.done, run.due_at, run.by = ImportState.APPLYING, 0, now, by
    run.attempts, run.lease_until = 0, None
    run.save(update_fields=["state", "done", "due_at", "by", "attempts", "lease_until"])
    record("apply_run", "Import of {file} started", subject=f"IMP-{run.pk}", by=by, now=now, file=run.file_name)
    ring(JOB, run.pk)
    return run
