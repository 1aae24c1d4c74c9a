"""Errors as JSON with a sentence."""

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.db import DataError
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from ordermgmt.idempotency import KeyReused


def explain(error: Exception, context: dict[str, Any]) -> Response | None:
    """Known errors as JSON with a sentence; anything else is a bug and stays one."""
    known: dict[type[Exception], tuple[int, str]] = {
        DataError: (status.HTTP_400_BAD_REQUEST, "A value is too long, too large or not text. Nothing was saved."),
        RequestDataTooBig: (status.HTTP_413_REQUEST_ENTITY_TOO_LARGE, "The body is too big."),
        KeyReused: (
            status.HTTP_422_UNPROCESSABLE_ENTITY,
            "This Idempotency-Key was used for another request. Use a new key for a new request.",
        ),
    }
    for kind, (code, sentence) in known.items():
        if isinstance(error, kind):
            return Response({"detail": sentence}, status=code)
    return exception_handler(error, context)
