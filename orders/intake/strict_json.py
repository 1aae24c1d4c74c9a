"""JSON as strictly as money deserves, without losing what is wrong with it.

`read` refuses what is not JSON at all. What Python's parser would let pass (NaN, double keys,
endless integers) survives as a mark in the tree, so that `faults` can name its exact place and
`write` can give the text back unchanged in meaning: one bad order does not take its file with it.
"""

import codecs
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from orders.intake.document import UNSTORABLE, Finding

LARGEST_SOURCE = 32 * 1024 * 1024
LARGEST_DOCUMENT = 2 * 1024 * 1024
DEEPEST = 64
LONGEST_NUMBER = 40
Json = Any


class Unreadable(Exception):
    """The text is no JSON; `finding` says why and where."""

    def __init__(self, code: str, place: str, message: str, value: str = "") -> None:
        super().__init__(message)
        self.finding = Finding(code, "error", place, message, value[:80])


@dataclass(frozen=True, slots=True)
class Refused:
    """A literal JSON does not have or nobody means: NaN, Infinity, an integer of 4,000 digits."""

    literal: str


class Doubled(dict[str, Any]):
    """An object in which keys stand twice; `pairs` keeps all of them."""

    pairs: list[tuple[str, Any]]


def read(data: bytes | str, *, limit: int = LARGEST_SOURCE) -> Json:
    """The tree of a JSON text. Decimal, never float."""
    text = decoded(data, limit)
    try:
        tree = json.loads(
            text,
            parse_constant=Refused,
            parse_float=_fraction,
            parse_int=_integer,
            object_pairs_hook=_object,
        )
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, character {error.colno}"
        message = _("This is not valid JSON at %(place)s: %(reason)s.") % {
            "place": place,
            "reason": error.msg,
        }
        raise Unreadable("not_json", place, message, text[error.pos : error.pos + 40]) from None
    except RecursionError:
        raise _too_deep("") from None
    for place, _node, depth in walk(tree):
        if depth > DEEPEST:
            raise _too_deep(place)
    return tree


def decoded(data: bytes | str, limit: int) -> str:
    size = len(data)
    if size > limit:
        message = _("The document is too big: %(size)d bytes, at most %(limit)d are read.")
        raise Unreadable("too_big", "", message % {"size": size, "limit": limit})
    if isinstance(data, bytes):
        data = _utf8(data)
    if not data.strip():
        raise Unreadable("empty", "", _("The document is empty."))
    return data


def _utf8(data: bytes) -> str:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        message = _("The document is written in UTF-16; JSON has to be UTF-8. Save it as UTF-8.")
        raise Unreadable("wrong_encoding", "", message)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        place = f"byte {error.start}"
        message = _("The document is not UTF-8 at %(place)s. Save it as UTF-8.") % {"place": place}
        found = data[error.start : error.start + 8].hex(" ")
        raise Unreadable("wrong_encoding", place, message, found) from None


def _too_deep(place: str) -> Unreadable:
    message = _("The document nests more than %(depth)d levels deep.") % {"depth": DEEPEST}
    return Unreadable("too_deep", place[:200], message)


def _fraction(literal: str) -> Decimal | Refused:
    try:
        value = Decimal(literal)
    except InvalidOperation:
        return Refused(literal)
    sane = len(literal) <= LONGEST_NUMBER and abs(value.adjusted()) <= 30
    return value if sane else Refused(literal)


def _integer(literal: str) -> int | Refused:
    return int(literal) if len(literal) <= LONGEST_NUMBER else Refused(literal)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len(found := dict(pairs)) == len(pairs):
        return found
    doubled = Doubled(pairs)
    doubled.pairs = pairs
    return doubled


def pointer(place: str, key: str | int) -> str:
    """One step further down (RFC 6901)."""
    return f"{place}/{str(key).replace('~', '~0').replace('/', '~1')}"


def walk(tree: Json) -> Iterator[tuple[str, Json, int]]:
    """Every node with its JSON pointer and depth, without recursion."""
    waiting: list[tuple[str, Json, int]] = [("", tree, 0)]
    while waiting:
        place, node, depth = waiting.pop()
        yield place, node, depth
        if depth > DEEPEST:
            continue
        if isinstance(node, dict):
            pairs = node.pairs if isinstance(node, Doubled) else list(node.items())
            waiting += [(pointer(place, key), value, depth + 1) for key, value in reversed(pairs)]
        elif isinstance(node, list):
            below = [(pointer(place, at), value, depth + 1) for at, value in enumerate(node)]
            waiting += reversed(below)


def faults(tree: Json) -> list[Finding]:
    """Everything in the tree that no order may carry, each at its place."""
    found = []
    for place, node, _depth in walk(tree):
        if isinstance(node, Refused):
            found.append(_not_a_number(place, node.literal))
        elif isinstance(node, dict):
            found += _bad_keys(place, node)
        elif isinstance(node, str) and (bad := unfit(node)):
            found.append(bad_character(place, bad))
    return found


def unfit(text: str) -> str:
    """The first character no database stores (NUL, half a surrogate pair), or nothing."""
    found = UNSTORABLE.search(text)
    return found.group() if found else ""


def bad_character(place: str, character: str) -> Finding:
    message = _("%(place)s contains the character U+%(code)04X, which no text may hold.")
    message %= {"place": place or "/", "code": ord(character)}
    return Finding("bad_character", "error", place, message, f"U+{ord(character):04X}")


def _not_a_number(place: str, literal: str) -> Finding:
    message = _("%(place)s is “%(value)s”, which is not a number that can be used.")
    message %= {"place": place, "value": literal[:40]}
    return Finding("not_a_number", "error", place, message, literal[:80])


def _bad_keys(place: str, node: dict[str, Any]) -> list[Finding]:
    unfits = [(pointer(place, key), bad) for key in node if (bad := unfit(key))]
    found = [bad_character(at, bad) for at, bad in unfits[:20]]
    return found + (_doubles(place, node) if isinstance(node, Doubled) else [])


def _doubles(place: str, node: Doubled) -> list[Finding]:
    times = Counter(key for key, _value in node.pairs)
    message = _("%(place)s is written more than once, so nobody can tell which one is meant.")
    doubled = sorted(key for key, count in times.items() if count > 1)
    return [
        Finding("doubled_key", "error", pointer(place, key), message % {"place": pointer(place, key)})
        for key in doubled[:20]
    ]


def write(tree: Json, *, canonical: bool = False) -> str:
    """The text of a tree without spaces; `canonical` sorts keys, so equal content is equal text."""
    if isinstance(tree, dict):
        pairs = tree.pairs if isinstance(tree, Doubled) else list(tree.items())
        pairs = sorted(pairs, key=lambda pair: pair[0]) if canonical else pairs
        inner = (f"{_quoted(key)}:{write(value, canonical=canonical)}" for key, value in pairs)
        return "{" + ",".join(inner) + "}"
    if isinstance(tree, list):
        return "[" + ",".join(write(value, canonical=canonical) for value in tree) + "]"
    if isinstance(tree, Refused):
        return tree.literal
    if isinstance(tree, Decimal):
        return str(tree)
    return _quoted(tree) if isinstance(tree, str) else json.dumps(tree)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=bool(unfit(text)))
