"""Papers: which kinds exist, how they are asked for, rendered and kept.

A kind is registered by the app that owns it (`<app>/documents/`). Asking writes a row; a job renders
it in a child process and stores the bytes once, named by their hash. Stored bytes are never made again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _

from ordermgmt.jobs import Context, job, ring
from ordermgmt.leases import LeaseLost, NoRetry, claim, due, fail, finish
from ordermgmt.models import StoredDocument, User
from ordermgmt.typesetting import Paper, typeset_apart, typeset_many_apart

JOB = "make_documents"
Builder = Callable[..., Paper]


class UnknownDocument(LookupError):
    """No kind of that name, or no record of that number."""


@dataclass(frozen=True)
class DocumentKind:
    name: str
    title: Any
    build: Builder
    is_kept: bool
    permission: str
    shows_time: bool
    may_see: "Callable[[str, User], bool] | None" = None

    def is_open_to(self, number: str, user: User) -> bool:
        """Whether this person may read this paper: by their role, and by whose work it is about."""
        return user.has_perm(self.permission) and (self.may_see is None or self.may_see(number, user))


_KINDS: dict[str, DocumentKind] = {}


def document_kind(
    name: str,
    *,
    title: Any,
    permission: str = "fulfilment.view",
    is_kept: bool = True,
    shows_time: bool = False,
    may_see: Callable[[str, User], bool] | None = None,
) -> Callable[[Builder], Builder]:
    """Register a builder: number in, paper out; it raises UnknownDocument for a number that does not exist.

    `permission` is that of the person who may open it; `is_kept` is false for papers that are printed afresh each
    time; a builder of a kind that `shows_time` is given the time of printing as well. `may_see(number, user)` narrows
    the permission to the records of that person.
    """

    def add(build: Builder) -> Builder:
        _KINDS[name] = DocumentKind(name, title, build, is_kept, permission, shows_time, may_see)
        return build

    return add


def kinds() -> dict[str, DocumentKind]:
    return dict(_KINDS)


def build(kind: str, number: str, *, now: datetime) -> Paper:
    """Raises UnknownDocument for a kind or number that does not exist."""
    if kind not in _KINDS:
        raise UnknownDocument(kind)
    known = _KINDS[kind]
    return known.build(number, now) if known.shows_time else known.build(number)


# More papers than this are made at the next tick: a bell for each would cost the caller a statement for each.
MOST_BELLS = 20


def request_documents(
    kind: str, numbers: Sequence[str], *, thread: str | Mapping[str, str], now: datetime
) -> list[StoredDocument]:
    """Inside the caller's transaction: ask for papers; asking twice is asking once.

    `thread` is the number of the order whose timeline shows them, of all or by the number of each paper.
    """
    asked = {number: thread if isinstance(thread, str) else thread[number] for number in numbers}
    StoredDocument.objects.bulk_create(
        [StoredDocument(kind=kind, number=n, thread=t, requested_at=now, due_at=now) for n, t in asked.items()],
        ignore_conflicts=True,
    )
    rows = StoredDocument.objects.filter(kind=kind, number__in=numbers)
    found = {row.number: row for row in rows}
    waiting = [row for row in found.values() if row.stored_at is None]
    for row in waiting if len(waiting) <= MOST_BELLS else ():
        ring(JOB, row.pk)
    return [found[number] for number in numbers]


def store(document: StoredDocument, content: bytes, *, now: datetime) -> StoredDocument:
    """Keep the bytes under their hash; whoever comes second finds them stored and changes nothing."""
    digest = sha256(content).hexdigest()
    name = keep(content, digest)
    StoredDocument.objects.filter(pk=document.pk, stored_at=None).update(
        file=name, sha256=digest, size=len(content), stored_at=now, due_at=None, lease_until=None
    )
    document.refresh_from_db()
    return document


def keep(content: bytes, digest: str) -> str:
    """Write a content-addressed file once; the name in storage. A torn file of a killed worker is not trusted."""
    name = f"documents/{digest[:2]}/{digest}.pdf"
    if default_storage.exists(name):
        with default_storage.open(name) as file:
            if sha256(file.read()).hexdigest() == digest:
                return name
    return default_storage.save(name, ContentFile(content))


# Starting and warming a child costs as much as setting several papers.
MOST_AT_ONCE = 10


@job(JOB, title=_("Make documents"), every=1, rank=80)
def make_documents(context: Context) -> dict[str, Any]:
    made = 0

    def handle(row: StoredDocument, *, now: datetime) -> None:
        nonlocal made
        others = make_with_others(row, now=now)
        made += 1 + others

    summary = context.work(_waiting(), handle)
    return summary | ({"done": made} if made else {})


def _waiting() -> QuerySet[StoredDocument]:
    return StoredDocument.objects.filter(stored_at=None)


def make_with_others(row: StoredDocument, *, now: datetime) -> int:
    """Set a claimed paper and others that wait, in one child; how many others were made. Raises as `make_one`."""
    waiting = due(_waiting().exclude(pk=row.pk), now=now).values_list("pk", flat=True)[: MOST_AT_ONCE - 1]
    others = [other for pk in list(waiting) if (other := claim(_waiting(), pk, now=now))]
    papers = {each.pk: paper for each in (row, *others) if (paper := _built(each, now))}
    contents = dict(zip(papers, typeset_many_apart(list(papers.values())), strict=True)) if others else {}
    made = 0
    for other in others:
        try:
            make_one(other, now=now, content=contents.get(other.pk, b""))
            made += 1
        except LeaseLost:
            continue
        except Exception as error:
            fail(other, error, now=now)
    make_one(row, now=now, content=contents.get(row.pk, b""))
    return made


def _built(row: StoredDocument, now: datetime) -> Paper | None:
    """None where it cannot be built: alone it says why."""
    try:
        return build(row.kind, row.number, now=now)
    except Exception:
        return None


def make_one(row: StoredDocument, *, now: datetime, content: bytes = b"") -> None:
    """Set a claimed paper in a child process (unless it was set with others) and keep its bytes.

    Raises NoRetry where there is no such record.
    """
    try:
        content = content or typeset_apart(build(row.kind, row.number, now=now))
    except UnknownDocument as problem:
        raise NoRetry(str(problem)) from problem
    digest = sha256(content).hexdigest()
    name = keep(content, digest)
    with transaction.atomic(durable=True):
        finish(row, file=name, sha256=digest, size=len(content), stored_at=now)


def content_of(kind: str, number: str, *, now: datetime) -> bytes:
    """The bytes of a paper: as stored, or made now (and kept, where the kind is kept). Raises UnknownDocument.

    Two who ask at once both make the same bytes and the first to store wins.
    """
    stored = StoredDocument.objects.filter(kind=kind, number=number).first()
    if stored and stored.stored_at:
        with stored.file.open("rb") as file:
            return bytes(file.read())
    content = typeset_apart(build(kind, number, now=now))
    if stored and _KINDS[kind].is_kept:
        store(stored, content, now=now)
    return content
