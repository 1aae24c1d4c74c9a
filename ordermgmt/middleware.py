"""Input the database refuses is the client's mistake, not ours: 400 with a sentence, never 500."""

from collections.abc import Callable

from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.translation import gettext as _


class BadInputMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "\x00" in request.get_full_path() or "%00" in request.get_full_path():
            return HttpResponse(_("The address holds a character that is not text."), status=400)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        if isinstance(exception, DataError):
            return HttpResponse(_("A value is too long, too large or not text. Nothing was saved."), status=400)
        return None
