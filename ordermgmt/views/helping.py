"""P51: the keys, three lines for each page, and the manual."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ordermgmt.access import staff_page
from ordermgmt.keyboard import GROUPS
from ordermgmt.page_help import pages_for


@require_safe
@staff_page()
def help_page(request: HttpRequest) -> HttpResponse:
    keys = [(title, [(_shown(key.keys), key.label) for key in group]) for title, group in GROUPS]
    return render(request, "help/help.html", {"pages": pages_for(request), "keys": keys})


def _shown(keys: str) -> list[str]:
    """As printed on the keyboard: "Control+k" is Ctrl K."""
    if keys == " ":
        return ["Space"]
    names = {"Control": "Ctrl", "Escape": "Esc"}
    return [names.get(part, part.upper() if len(part) == 1 else part) for part in keys.replace("+", " ").split()]
