"""Papers: which kinds exist, how they are asked for, rendered and kept.

A kind is registered by the app that owns it (`<app>/documents/`). Asking writes a row; a job renders
it in a child process and stores the bytes once, named by their hash. Stored bytes are never made again.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models import F

from ordermgmt.models import StoredDocument
from ordermgmt.typesetting import Paper

Builder = Callable[[str], Paper]


class UnknownDocument(LookupError):
    """No kind of that name, or no record of that number."""


@dataclass(frozen=True)
class DocumentKind:
    name: str
    title: str
    build: Builder
    is_kept: bool


_KINDS: dict[str, DocumentKind] = {}


def document_kind(name: str, *, title: str, is_kept: bool = True) -> Callable[[Builder], Builder]:
    """Register a builder: number in, paper out; it raises UnknownDocument for a number that does not exist.

    `is_kept` is false for papers that show a moment (a pick list) and are printed afresh.
    """

    def add(build: Builder) -> Builder:
        _KINDS[name] = DocumentKind(name, title, build, is_kept)
        return build

    return add


def kinds() -> dict[str, DocumentKind]:
    return dict(_KINDS)


def build(kind: str, number: str) -> Paper:
    if kind not in _KINDS:
        raise UnknownDocument(kind)
    return _KINDS[kind].build(number)


def request_documents(kind: str, numbers: Sequence[str], *, thread: str, now: datetime) -> list[StoredDocument]:
    """Inside the caller's transaction: ask for papers; asking twice is asking once."""
    StoredDocument.objects.bulk_create(
        [StoredDocument(kind=kind, number=number, thread=thread, requested_at=now, due_at=now) for number in numbers],
        ignore_conflicts=True,
    )
    found = {row.number: row for row in StoredDocument.objects.filter(kind=kind, number__in=numbers)}
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
    """Write a content-addressed file once; the name in storage."""
    name = f"documents/{digest[:2]}/{digest}.pdf"
    if not default_storage.exists(name):
        default_storage.save(name, ContentFile(content))
    return name


def waiting() -> Iterable[StoredDocument]:
    return StoredDocument.objects.filter(due_at__isnull=False, stored_at=None).order_by(F("due_at"), "pk")
