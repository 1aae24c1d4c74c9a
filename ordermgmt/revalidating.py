"""Answers that are asked for again and again: the same content costs a 304 and no bytes (ux.md 4.0.11)."""

from hashlib import sha256

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import get_conditional_response


def unless_same(request: HttpRequest, response: HttpResponse) -> HttpResponseBase:
    """The response with an ETag of its content, or 304 when the browser has exactly this."""
    response["ETag"] = f'"{sha256(response.content).hexdigest()[:32]}"'
    response["Cache-Control"] = "private, no-cache"
    found = get_conditional_response(request, etag=response["ETag"], response=response)
    return found or response
