"""What the templates of a list read: tabs, heads, rows, words."""

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils.functional import Promise
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from ordermgmt.listing import menus
from ordermgmt.listing.saving import may_share
from ordermgmt.models import User
from ordermgmt.roles import Role
from ordermgmt.templatetags import portal

if TYPE_CHECKING:
    from ordermgmt.listing.filters import Chip
    from ordermgmt.listing.pages import Bulk, ListPage

FRONT_TABS = 6


@dataclass(frozen=True)
class Head:
    """A column's head: its words, and where a click on it sorts."""

    label: str | Promise
    css: str
    url: str = ""
    direction: str = ""


class Drawing:
    """A list page as its templates see it."""

    def __init__(self, page: "ListPage") -> None:
        self.page = page
        self.user: User = page.request.user

    def __getattr__(self, name: str) -> Any:
        return getattr(self.page, name)

    @cached_property
    def tabs(self) -> list[dict[str, Any]]:
        totals = self.page.counts.totals if self.page.every_view else {}
        return [
            {
                "label": view.label,
                "href": f"{self.page.request.path}?view={view.slug}",
                "count": self.page.total if self._is_plain(view.slug) else totals.get(view.slug),
                "current": view.slug == self.page.view.slug,
            }
            for view in self.page.every_view
        ]

    def _is_plain(self, slug: str) -> bool:
        """The open view without further filters: its count is the list's own."""
        return slug == self.page.view.slug and not self.page.is_changed

    @cached_property
    def front_tabs(self) -> list[dict[str, Any]]:
        """Six tabs; the open one is always among them."""
        front = self.tabs[:FRONT_TABS]
        return front if any(tab["current"] for tab in front) else front[:-1] + [t for t in self.tabs if t["current"]]

    @cached_property
    def more_tabs(self) -> list[dict[str, Any]]:
        front = {id(tab) for tab in self.front_tabs}
        return [tab for tab in self.tabs if id(tab) not in front]

    @cached_property
    def chips(self) -> "list[Chip]":
        return self.page.chips()

    @property
    def menu_html(self) -> SafeString:
        return menus.menu_html(self.page)

    @property
    def heads(self) -> list[Head]:
        return [self._head(column) for column in self.page.shown_columns]

    def _head(self, column: Any) -> Head:
        if not column.sort:
            return Head(column.label, column.css)
        current, downwards = self.page.sort.removeprefix("-") == column.sort, self.page.sort.startswith("-")
        turned = column.sort if not current or downwards else f"-{column.sort}"
        return Head(
            column.label,
            column.css,
            self.page.url(sort=turned),
            ("descending" if downwards else "ascending") if current else "",
        )

    @property
    def rows_html(self) -> SafeString:
        """All rows at once: a template node per cell would cost more than the database."""
        return mark_safe("\n".join(self._row(row) for row in self.page.slice.rows))  # noqa: S308

    def _row(self, row: Any) -> str:
        url = escape(self.page.row_url(row))
        first, *others = self.page.shown_columns
        name = first.html(row)
        cells = "".join(f"{opening}{c.html(row)}</td>" for opening, c in zip(self._openings, others, strict=True))
        link = f'<a href="{url}">{name}</a>' if url else name
        return f'<tr data-href="{url}">{self._pick(row)}<th scope="row" class="id">{link}</th>{cells}</tr>'

    @cached_property
    def _openings(self) -> list[str]:
        """The tag of every cell but the first; a `named` one says its column where the head is not seen."""
        said = [f' data-label="{escape(c.label)}"' if "named" in c.css else "" for c in self.page.shown_columns[1:]]
        columns = zip(self.page.shown_columns[1:], said, strict=True)
        return [f'<td class="{c.css}"{label}>' if c.css else "<td>" for c, label in columns]

    def _pick(self, row: Any) -> str:
        if not self.bulk_allowed:
            return ""
        words = conditional_escape(self._select_words % {"record": row})
        return f'<td class="pick"><input type="checkbox" data-select form="bulk" name="pk" value="{row.pk}" aria-label="{words}"></td>'

    @cached_property
    def _select_words(self) -> str:
        return _("Select %(record)s")

    @cached_property
    def bulk_allowed(self) -> "list[Bulk]":
        return [deed for deed in self.page.bulk if self.user.has_perm(deed.permission)]

    @cached_property
    def count_words(self) -> str:
        total = self.page.total
        count = total.value + 1 if total.more else total.value
        return str(self.page.counted % {"count": count, "n": total})

    @property
    def range_words(self) -> str:
        first, number = self.page.slice.start + 1, len(self.page.slice.rows)
        return _("%(first)s–%(last)s of %(total)s") % {
            "first": portal.number(first),
            "last": portal.number(first + number - 1),
            "total": self.page.total,
        }

    @cached_property
    def sorted_words(self) -> str:
        name = self.page.sort.removeprefix("-")
        label = next((column.label for column in self.page.columns if column.sort == name), name)
        return _("sorted by %(what)s") % {"what": str(label)[:1].lower() + str(label)[1:]}

    @cached_property
    def previous_url(self) -> str:
        return self.page.url(before=self.page.slice.previous) if self.page.slice.previous else ""

    @cached_property
    def next_url(self) -> str:
        return self.page.url(after=self.page.slice.next) if self.page.slice.next else ""

    @property
    def is_first_empty(self) -> bool:
        """Nothing at all yet, as opposed to nothing that matches."""
        return not self.page.filters.applied and not self.page.slice.rows

    @property
    def filter_words(self) -> str:
        return ", ".join(self.page.filters.words(name) for name in self.page.filters.applied)

    @property
    def audiences(self) -> list[tuple[str, str]]:
        """Who a saved view may be for."""
        roles = [(str(role), str(role.label)) for role in Role] if may_share(self.user) else []
        return [("me", _("Only me")), *([("everyone", _("Everyone"))] if roles else []), *roles]

    @property
    def can_change_view(self) -> bool:
        return self.page.view.saved is not None and (self.page.view.is_mine(self.user) or may_share(self.user))

    @property
    def column_choices(self) -> list[dict[str, Any]]:
        shown = self.page.shown_columns
        return [{"name": c.name, "label": c.label, "shown": c in shown} for c in self.page.columns[1:]]

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Parameters the filter form must carry along."""
        names = ("view", "sort", "size", "rows", "columns")
        return [(name, value) for name in names for value in self.page.request.GET.getlist(name)]

    @property
    def display_items(self) -> list[tuple[str, str]]:
        """Parameters the form for columns and size must carry along."""
        asked = self.page.request.GET
        dropped = ("columns", "rows", "size", "after", "before")
        return [(name, value) for name in asked if name not in dropped for value in asked.getlist(name)]


def announcement(page: "ListPage") -> str:
    """The sentence for the live region after an in-place update."""
    return json.dumps({"announce": Drawing(page).count_words})
