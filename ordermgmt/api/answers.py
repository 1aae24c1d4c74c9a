"""Bodies in, pages and answers out."""

from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import ParseError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response

from ordermgmt.api.keys import client_of
from ordermgmt.idempotency import LONGEST_KEY, Answer, once
from ordermgmt.money import round_money


class StrictSerializer(serializers.Serializer[Any]):
    """A body whose unknown fields are refused by name, never ignored."""

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            unknown = sorted(set(map(str, data)) - set(self.fields))
            if unknown:
                raise serializers.ValidationError({name[:80]: ["This field is not known."] for name in unknown[:20]})
        return super().to_internal_value(data)


class NewestFirst(CursorPagination):
    """Pages by key: the thousandth is as fast as the first, and nothing is skipped or doubled."""

    ordering = "-id"
    page_size = 50
    max_page_size = 200
    page_size_query_param = "page_size"


def amount(value: Decimal, currency: str) -> str:
    """Money as a string in the minor unit of its currency: "48.20", "1200" for JPY."""
    return str(round_money(value, currency))


def answer_once(request: Request, effect: Callable[[datetime], Answer]) -> Response:
    """Run a writing request; with an `Idempotency-Key` header, once, and replay its answer later."""
    now = timezone.now()
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        found = effect(now)
        return Response(found.body, status=found.status)
    if len(key) > LONGEST_KEY or not key.isprintable():
        raise ParseError(f"Idempotency-Key must be printable text of at most {LONGEST_KEY} characters.")
    found = once(
        principal=client_of(request).name,
        route=f"{request.method} {request.path}"[:80],
        key=key,
        request=_raw(request),
        effect=lambda: effect(now),
        now=now,
    )
    return Response(found.body, status=found.status, headers={"Idempotent-Replay": "true"} if found.is_replay else None)


def _raw(request: Request) -> bytes:
    """The body as it came (the parser leaves it with the underlying request)."""
    body: bytes = request._request.body  # noqa: SLF001
    return body
