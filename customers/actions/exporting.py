"""A copy of everything we hold about a customer: asked for, made by a job, handed out, deleted after a week."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction
from django.template.loader import render_to_string
from django.utils.translation import gettext_noop

from customers.actions.people import person_of
from customers.models import Customer, ExportState, PersonalExport
from customers.privacy import Holding, Person, holdings
from ordermgmt.changes import field_title
from ordermgmt.history import record
from ordermgmt.jobs import ring
from ordermgmt.leases import LeaseLost, finish
from ordermgmt.models import User
from ordermgmt.spreadsheets import guarded

JOB = "personal_exports"
FOLDER = "exports"
KEPT = timedelta(days=7)
# Of the machine, not of the person.
TECHNICAL = frozenset({"due_at", "attempts", "fence", "lease_until", "dead_at", "last_error", "id"})


@transaction.atomic(durable=True)
def ask_export(*, customer: Customer, by: User, now: datetime) -> PersonalExport:
    """Let a copy be made; one that is under way is not made twice."""
    # Closes the race of a double click.
    Customer.objects.select_for_update(of=("self",)).get(pk=customer.pk)
    known = PersonalExport.objects.filter(customer=customer, state=ExportState.WAITING).first()
    if known is not None:
        return known
    row = PersonalExport.objects.create(customer=customer, asked_by=by, asked_at=now, due_at=now, total=len(holdings()))
    record("personal_data.asked", gettext_noop("Asked for a copy of all data"), subject=customer.number, by=by, now=now)
    ring(JOB, row.pk)
    return row


def make_export(row: PersonalExport, *, now: datetime) -> None:
    """Write the archive and name it; a worker that died leaves nothing that counts."""
    content = archive(row, now=now)
    name = default_storage.save(f"{FOLDER}/{row.customer.number}-{now:%Y%m%d%H%M%S}.zip", ContentFile(content))
    try:
        with transaction.atomic(durable=True):
            finish(row, state=ExportState.DONE, file=name, size=len(content), expires_at=now + KEPT)
    except LeaseLost:
        default_storage.delete(name)
        raise


def archive(row: PersonalExport, *, now: datetime) -> bytes:
    """data.json with everything, read-me.html to read, and one table per kind of record."""
    person = person_of(row.customer)
    found: list[tuple[Holding, list[dict[str, Any]]]] = []
    for done, one in enumerate(holdings(), start=1):
        found.append((one, list(rows_of(one, person))))
        PersonalExport.objects.filter(pk=row.pk, fence=row.fence).update(done=done)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        data = {one.name: rows for one, rows in found}
        bundle.writestr("data.json", json.dumps(data, cls=DjangoJSONEncoder, ensure_ascii=False, indent=2))
        bundle.writestr("read-me.html", _page(row.customer, found, now))
        for one, rows in found:
            if rows:
                bundle.writestr(f"tables/{one.name}.csv", _table(rows))
    return packed.getvalue()


def rows_of(one: Holding, person: Person) -> Iterator[dict[str, Any]]:
    """Every field that is not secret and not of the machine."""
    left_out = {*one.hidden, *TECHNICAL}
    names = [field.attname for field in one.model._meta.concrete_fields if field.name not in left_out]
    yield from one.find(person).order_by("pk").values(*names).iterator(chunk_size=500)


def _table(rows: list[dict[str, Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(rows[0])
    for row in rows:
        writer.writerow([guarded(_word(value)) for value in row.values()])
    return text.getvalue()


def _word(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, cls=DjangoJSONEncoder, ensure_ascii=False)
    return "" if value is None else str(value)


def _page(customer: Customer, found: list[tuple[Holding, list[dict[str, Any]]]], now: datetime) -> str:
    parts = [
        {
            "title": one.title,
            "kept": one.kept,
            "rows": [[(_title(one, name), _word(value)) for name, value in row.items() if value not in (None, "")] for row in rows],
        }
        for one, rows in found
        if rows
    ]  # fmt: skip
    return render_to_string("documents/personal_data.html", {"customer": customer, "parts": parts, "made_at": now})


def _title(one: Holding, name: str) -> str:
    field = next(field for field in one.model._meta.concrete_fields if field.attname == name)
    return field_title(one.model, field.name)


@transaction.atomic(durable=True)
def note_download(row: PersonalExport, *, by: User, now: datetime) -> None:
    """Write down who took the copy."""
    record("personal_data.taken", gettext_noop("Took a copy of all data"), subject=row.customer.number, by=by, now=now)


def delete_expired(*, now: datetime) -> int:
    """Copies whose week is over; the row stays as a proof that there was one."""
    ended = 0
    for row in PersonalExport.objects.filter(state=ExportState.DONE, expires_at__lte=now).order_by("pk"):
        default_storage.delete(row.file)
        ended += PersonalExport.objects.filter(pk=row.pk, state=ExportState.DONE).update(
            state=ExportState.ENDED, file=""
        )
    return ended + _delete_strays(now)


def _delete_strays(now: datetime) -> int:
    """Files that a worker wrote and died before it could name them."""
    if not default_storage.exists(FOLDER):
        return 0
    written = {f"{FOLDER}/{name}" for name in default_storage.listdir(FOLDER)[1]}
    strays = written - set(PersonalExport.objects.exclude(file="").values_list("file", flat=True))
    old = [name for name in strays if default_storage.get_modified_time(name) < now - timedelta(days=1)]
    for name in old:
        default_storage.delete(name)
    return len(old)
