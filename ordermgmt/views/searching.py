"""The search page; the palette and the support home ask it for fragments."""

import json

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt import commands
from ordermgmt.access import StaffRequest, staff_page
from ordermgmt.finding import Asked, exact, find


def _wants_fragment(request: HttpRequest) -> bool:
    return request.headers.get("HX-Request") == "true" or request.GET.get("fragment") == "1"


@staff_page("search.use")
def search(request: StaffRequest) -> HttpResponse:
    """Rows for `?q=`; an exact code of a whole page request goes straight to its record."""
    raw = request.GET.get("q", "").replace("\x00", "")[:200]
    if raw.startswith((">", "?")) and _wants_fragment(request):
        return _commands(request, raw[1:].strip())
    asked = Asked(raw)
    straight = exact(asked, request.user) if asked.text else ""
    if straight and not _wants_fragment(request):
        return redirect(straight)
    results = find(asked, request.user, now=timezone.now())
    context = {
        "asked": asked,
        "straight": straight,
        "results": results,
        "commands": commands.matching(request, asked.text) if _wants_fragment(request) and not asked.group else [],
        "global_query": raw,
        "page": "search",
        "page_title": _("Search"),
        "may_create": request.user.has_perm("orders.create"),
        "was_scanned": request.GET.get("scan") == "1",
    }
    template = "search/rows.html" if _wants_fragment(request) else "search/page.html"
    response = render(request, template, context)
    response["HX-Trigger"] = json.dumps({"announce": _count_words(sum(len(group.hits) for group in results))})
    return response


def _commands(request: HttpRequest, text: str) -> HttpResponse:
    found = commands.matching(request, text, every=True)
    return render(request, "search/rows.html", {"commands": found, "asked": Asked(""), "only_commands": True})


def _count_words(count: int) -> str:
    return ngettext("%(n)s result", "%(n)s results", count) % {"n": count}
