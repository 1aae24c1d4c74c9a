"""JSON bodies without surprises."""

import codecs
import json
from collections.abc import Mapping
from decimal import Decimal
from typing import IO, Any

from django.http import HttpRequest
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

DEEPEST = 32
LONGEST_NUMBER = 40


class StrictJSONParser(BaseParser):
    """JSON without what Python lets pass: NaN, double keys, endless numbers, deep nesting, NUL."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        return strict_json(body_of(stream))


def body_of(stream: Any) -> bytes:
    """The bytes of a request, kept for whoever reads them next; too many raise RequestDataTooBig."""
    body: bytes = stream.body if isinstance(stream, HttpRequest) else stream.read()
    return body


def strict_json(body: bytes) -> Any:
    """The tree of a small JSON body. Raises ParseError with a sentence that says what is wrong."""
    try:
        tree = json.loads(
            body.removeprefix(codecs.BOM_UTF8).decode(),
            parse_constant=_refuse_constant,
            parse_int=_integer,
            parse_float=_fraction,
            object_pairs_hook=_object,
        )
        _refuse_odd(tree, 0)
    except UnicodeDecodeError as error:
        raise ParseError(f"The body is not UTF-8 at byte {error.start}.") from error
    except json.JSONDecodeError as error:
        raise ParseError(
            f"The body is not valid JSON at line {error.lineno}, character {error.colno}: {error.msg}."
        ) from error
    except RecursionError as error:
        raise ParseError(f"The body nests more than {DEEPEST} levels deep.") from error
    return tree


def _refuse_constant(name: str) -> None:
    raise ParseError(f"{name} is not a number of JSON.")


def _integer(literal: str) -> int:
    if len(literal) > LONGEST_NUMBER:
        raise ParseError(f"The number {literal[:20]}… is too long.")
    return int(literal)


def _fraction(literal: str) -> Decimal:
    number = Decimal(literal) if len(literal) <= LONGEST_NUMBER else Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise ParseError(f"The number {literal[:20]} is out of range.")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        double = next(name for name in names if names.count(name) > 1)
        raise ParseError(f"The key {double[:80]!r} is written more than once.")
    return found


def _refuse_odd(node: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise RecursionError
    if isinstance(node, str) and ("\x00" in node or any("\ud800" <= sign <= "\udfff" for sign in node)):
        raise ParseError("The body holds a character that no text may hold (NUL or half a surrogate pair).")
    children = node if isinstance(node, list) else [*node, *node.values()] if isinstance(node, dict) else []
    for child in children:
        _refuse_odd(child, depth + 1)
