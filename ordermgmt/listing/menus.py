"""The fields of a list's filter menu: the same for a person until something is asked for, so drawn once in a while."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.template.loader import render_to_string
from django.utils.html import strip_spaces_between_tags
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from ordermgmt.listing import counting

if TYPE_CHECKING:
    from ordermgmt.listing.pages import ListPage

MOST = 200
Key = tuple[str, int, str | None, str]
_drawn: dict[Key, tuple[SafeString, datetime]] = {}


def menu_html(page: "ListPage") -> SafeString:
    """All fields but the search field; what can be chosen is at most counting.FRESH old."""
    key = (page.name, page.request.user.pk, get_language(), page.filter_query)
    known = _drawn.get(key)
    if known and page.now - known[1] < counting.FRESH:
        return known[0]
    if len(_drawn) > MOST:
        _drawn.clear()
    fields = page.filters.menu_fields
    drawn = "".join(
        render_to_string("components/field.html", {"field": field, "all_optional": True}) for field in fields
    )
    html = mark_safe(strip_spaces_between_tags(drawn))  # noqa: S308
    _drawn[key] = html, page.now
    return html
