"""Finding the orders in whatever a shop sends: one, a page of them, a webhook, an envelope."""

import base64
import binascii
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from orders.intake.document import Document, Finding
from orders.intake.strict_json import (
    LARGEST_DOCUMENT,
    Json,
    Refused,
    Unreadable,
    faults,
    pointer,
    read,
    unfit,
    write,
)

RAW = "base64:"
LONGEST_ID = 64
ENVELOPES = frozenset({"body", "data", "payload", "result", "results", "create", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Dialect:
    """How one channel tells an order from its other records.

    `judge` returns "order", another kind, or nothing when the record does not say. `kinds` gives
    the words for records of another kind by the key they come under.
    """

    judge: Callable[[dict[str, Any]], str]
    kinds: dict[str, str]
    identify: Callable[[dict[str, Any]], str | None]

    def kind_under(self, key: str) -> str:
        """The kind a key promises: "orders" and "order" promise an order."""
        single = key if key in self.kinds or key == "order" else key.removesuffix("s")
        return single if single in self.kinds or single == "order" else ""


@dataclass(frozen=True, slots=True)
class Found:
    """One record: its tree, where it lay, what it is, and the key that says so if only that does."""

    tree: Json
    place: str
    kind: str
    wrapper: str = ""


def records(tree: Json, dialect: Dialect, place: str = "", key: str = "") -> Iterator[Found]:
    """The orders in a tree; what holds none is one record of another kind."""
    promised = dialect.kind_under(key)
    if isinstance(tree, list) and tree:
        inside = [found for at, entry in enumerate(tree) for found in records(entry, dialect, pointer(place, at), key)]
        if any(found.kind == "order" for found in inside):
            yield from inside
        else:
            yield Found(tree, place, promised or _one_kind(inside), key)
        return
    if not isinstance(tree, dict):
        yield Found(tree, place, promised if promised != "order" else "", key)
        return
    judged = dialect.judge(tree)
    if judged or promised:
        yield Found(tree, place, judged or promised, "" if judged else key)
        return
    yield from _opened(tree, dialect, place, key)


def _opened(tree: dict[str, Any], dialect: Dialect, place: str, key: str) -> Iterator[Found]:
    """The records in an envelope: an object that is no record itself and holds some."""
    inside = [
        found
        for name, value in tree.items()
        if isinstance(value, dict | list) and not name.startswith("_")
        for found in records(value, dialect, pointer(place, name), name)
        if found.kind == "order" or name in ENVELOPES or dialect.kind_under(name)
    ]
    yield from inside or [Found(tree, place, "", key)]


def _one_kind(inside: list[Found]) -> str:
    kinds = {found.kind for found in inside}
    return kinds.pop() if len(kinds) == 1 else ""


def split(data: bytes, dialect: Dialect) -> Iterator[Document]:
    """Cut a JSON source into documents; what is no JSON at all is kept whole."""
    try:
        tree = read(data)
    except Unreadable as error:
        yield Document(None, kept(data), findings=(error.finding,))
        return
    for found in records(tree, dialect):
        own = {found.wrapper: found.tree} if found.wrapper else found.tree
        order = found.kind == "order" and isinstance(found.tree, dict)
        yield Document(dialect.identify(found.tree) if order else None, write(own), found.place)


def order_in(document: Document, dialect: Dialect) -> tuple[dict[str, Any], str, list[Finding]]:
    """The one order of a document with the pointer to it, or an empty one with the reason."""
    try:
        tree = read(raw(document.payload_text), limit=LARGEST_DOCUMENT)
    except Unreadable as error:
        return {}, "", [error.finding]
    found = list(records(tree, dialect))
    if len(found) != 1:
        return {}, "", [_several(len(found))]
    if found[0].kind != "order" or not isinstance(found[0].tree, dict):
        return {}, "", [_another_kind(found[0], dialect)]
    return found[0].tree, found[0].place, faults(tree)


def usable_id(raw: object) -> str | None:
    """An id as text when it can be one: neither empty nor too long nor with characters no text holds."""
    if isinstance(raw, bool) or not isinstance(raw, int | str):
        return None
    text = str(raw).strip()
    return text if 0 < len(text) <= LONGEST_ID and not unfit(text) else None


def _several(count: int) -> Finding:
    message = _("This document holds %(count)d orders; each has to be a document of its own.")
    return Finding("several_orders", "error", "/", message % {"count": count})


def _another_kind(found: Found, dialect: Dialect) -> Finding:
    words = dialect.kinds.get(found.kind) or _("something we do not know")
    listed = isinstance(found.tree, list)
    code, place = "not_an_order", found.place or "/"
    if not found.tree or isinstance(found.tree, Refused):
        message = _("There is no order at %(place)s: it is empty.")
        return Finding("no_order", "error", place, message % {"place": place})
    if listed:
        message = _("There is no order at %(place)s: it is a list of %(count)d entries, each %(kind)s.")
        facts = {"place": place, "count": len(found.tree), "kind": words}
    else:
        message = _("There is no order at %(place)s: it is %(kind)s.")
        facts = {"place": place, "kind": words}
    return Finding(code, "error", place, message % facts, found.kind)


def kept(data: bytes) -> str:
    """Any bytes as a text every database stores, without loss."""
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        text = "\0"
    return RAW + base64.b64encode(data).decode() if "\0" in text or text.startswith(RAW) else text


def raw(text: str) -> bytes:
    """The bytes a kept text stands for."""
    if text.startswith(RAW):
        try:
            return base64.b64decode(text[len(RAW) :], validate=True)
        except binascii.Error:
            return text.encode()
    return text.encode("utf-8", "surrogatepass")


def fingerprint(text: str) -> str:
    """SHA-256 of what a document says: the order of keys and spaces do not change it."""
    with contextlib.suppress(Unreadable):
        text = write(read(text), canonical=True)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
