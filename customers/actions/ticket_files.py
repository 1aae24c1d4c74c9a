"""Files that come with messages: kept under their hash, within limits, never shown as a page."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils.translation import gettext as _

from customers.actions.ticket_work import TicketRefused
from customers.models import TicketFile, TicketMessage

LARGEST = 10 * 1024 * 1024
MOST_FILES = 10
# What people send to show something. Programs, pages and archives are not among them.
KINDS = {
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "webp": "image/webp",
    "heic": "image/heic",
    "pdf": "application/pdf",
    "txt": "text/plain",
    "csv": "text/csv",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
}


@dataclass(frozen=True)
class Stored:
    """A file whose bytes are kept."""

    name: str
    content_type: str
    size: int
    sha256: str
    file: str


def kind_of(name: str) -> str:
    """The type by the ending of the name, never by what the sender says; nothing for a kind we do not take."""
    return KINDS.get(name.rpartition(".")[2].lower(), "") if "." in name else ""


def tidy_name(name: str) -> str:
    """The last part of a path, without what a file system or a header could stumble over."""
    last = re.split(r"[\\/]", name)[-1]
    plain = re.sub(r"[^\w .()\-]+", "_", last).strip(" .")
    return plain[-120:] or "file"


def store(name: str, content: bytes) -> Stored:
    """Keep the bytes before they are named by a row; the same bytes are kept once. Raises TicketRefused."""
    name = tidy_name(name)
    kind = kind_of(name)
    if not kind:
        raise TicketRefused(_("Send a picture, a PDF or a text; %(name)s is none") % {"name": name}, "files")
    if len(content) > LARGEST:
        raise TicketRefused(_("%(name)s is too large. Send one under 10 MB") % {"name": name}, "files")
    digest = sha256(content).hexdigest()
    return Stored(name, kind, len(content), digest, keep_bytes("tickets", digest, content))


def keep_bytes(folder: str, digest: str, content: bytes) -> str:
    """Write a content-addressed file once; the name in storage. A torn file of a killed worker is not trusted."""
    path = f"{folder}/{digest[:2]}/{digest}"
    if default_storage.exists(path):
        with default_storage.open(path) as file:
            if sha256(file.read()).hexdigest() == digest:
                return path
        default_storage.delete(path)
    return str(default_storage.save(path, ContentFile(content)))


def attach(message: TicketMessage, files: Iterable[Stored]) -> Sequence[TicketFile]:
    """Inside the caller's transaction: name kept files in a message. Raises TicketRefused for too many."""
    kept = list({(one.sha256, one.name): one for one in files}.values())
    if len(kept) > MOST_FILES:
        raise TicketRefused(_("Send 10 files at most"), "files")
    return TicketFile.objects.bulk_create(
        TicketFile(message=message, name=one.name, content_type=one.content_type, size=one.size, sha256=one.sha256, file=one.file)
        for one in kept
    )  # fmt: skip
