"""A list page by declaration: subclass `ListPage`, name filters, columns, sorts and views, return `.response()`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property, partial
from typing import Any, ClassVar, NamedTuple

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import ngettext_lazy

from ordermgmt.access import StaffRequest
from ordermgmt.history import record
from ordermgmt.listing import counting, drawing, posting
from ordermgmt.listing.columns import Column, chosen
from ordermgmt.listing.export import csv_lines, csv_response
from ordermgmt.listing.filters import Chip, ListFilters
from ordermgmt.listing.keyset import Slice, flipped, read_cursor, read_slice
from ordermgmt.listing.tabs import View, saved_views

SIZES = (50, 25, 100)
FRAME = ("view", "sort", "after", "before", "size", "columns", "rows")


class Empty(NamedTuple):
    """What a list without any data says, and the one next step."""

    title: str | Promise
    text: str | Promise = ""
    action_label: str | Promise = ""
    action_url: str = ""
    icon: str = "inbox"


class Bulk(NamedTuple):
    """A deed on the selected rows: posts `pk`s (and `matching=1` for all) to `url`."""

    label: str | Promise
    url: str
    permission: str
    icon: str = ""


class ListPage:
    """One list. Subclasses declare; `queryset` is what the person may see at all.

    sorts: name → fields as for order_by, the last one unique; `?sort=-name` reads them the other way.
    prepare(rows): hook for facts worked out for the whole page at once (constant number of queries).
    """

    sizes: ClassVar[Sequence[int]] = SIZES
    name: ClassVar[str]
    title: ClassVar[str | Promise]
    counted: ClassVar[Any] = ngettext_lazy("%(n)s row", "%(n)s rows", "count")
    filterset: ClassVar[type[ListFilters]]
    columns: ClassVar[Sequence[Column]]
    sorts: ClassVar[Mapping[str, tuple[str, ...]]]
    default_sort: ClassVar[str]
    views: ClassVar[Sequence[View]] = ()
    empty: ClassVar[Empty]
    bulk: ClassVar[Sequence[Bulk]] = ()
    export_permission: ClassVar[str] = ""
    has_peek: ClassVar[bool] = False
    template: ClassVar[str] = "list.html"

    def __init__(self, request: HttpRequest, queryset: QuerySet[Any], *, now: datetime | None = None) -> None:
        self.request: StaffRequest = request  # type: ignore[assignment]
        self.queryset = queryset
        self.now = now or timezone.now()

    # Hooks ---------------------------------------------------------------------------------------
    def prepare(self, rows: list[Any]) -> None:
        """Work out what the rows show beyond their own fields."""

    def row_url(self, row: Any) -> str:
        return str(row.get_absolute_url())

    def default_view(self) -> str:
        """Slug of the view shown when none is asked for."""
        return self.views[0].slug if self.views else ""

    def extra_context(self) -> dict[str, Any]:
        return {}

    # What was asked for --------------------------------------------------------------------------
    @cached_property
    def every_view(self) -> list[View]:
        return [*self.views, *saved_views(self.name, self.request.user)]

    @cached_property
    def view(self) -> View:
        wanted = self.request.GET.get("view") or self.default_view()
        return next((view for view in self.every_view if view.slug == wanted), View("", self.title))

    @cached_property
    def asked(self) -> QueryDict:
        """The view's parameters, with those of the address in their place; unknown ones are left out."""
        return self._asked(self.view, self.request.GET)

    def _asked(self, view: View, address: QueryDict | None = None) -> QueryDict:
        data = view.parameters.copy()
        for name in address or ():
            if self._is_known(name):
                data.setlist(name, address.getlist(name))  # type: ignore[union-attr]
        return data

    def _is_known(self, name: str) -> bool:
        return name in FRAME or name in self._filter_names

    @cached_property
    def _filter_names(self) -> set[str]:
        form = self.filterset.get_filters()
        return {*form, *(f"{name}_{end}" for name in form for end in ("min", "max", "after", "before"))}

    @cached_property
    def filters(self) -> ListFilters:
        return self._filtered_by(self.asked)

    def _filtered_by(self, data: QueryDict) -> ListFilters:
        return self.filterset(data, queryset=self.queryset, request=self.request)

    @cached_property
    def sort(self) -> str:
        wanted = self.asked.get("sort", "")
        return wanted if wanted.removeprefix("-") in self.sorts else self.default_sort

    @property
    def order(self) -> tuple[str, ...]:
        fields = self.sorts[self.sort.removeprefix("-")]
        return flipped(fields) if self.sort.startswith("-") else tuple(fields)

    @property
    def size(self) -> int:
        asked = self.asked.get("size", "")
        return int(asked) if asked in map(str, SIZES) else SIZES[0]

    @property
    def is_compact(self) -> bool:
        return self.asked.get("rows") == "compact"

    @cached_property
    def shown_columns(self) -> list[Column]:
        return chosen(self.columns, self.asked.getlist("columns"))

    # What is found -------------------------------------------------------------------------------
    @cached_property
    def matching(self) -> QuerySet[Any]:
        """Every row of the current view and filters."""
        rows: QuerySet[Any] = self.filters.qs
        return rows

    @property
    def read(self) -> QuerySet[Any]:
        """The matching rows with what the shown columns read."""
        joins = [column.join for column in self.shown_columns if column.join]
        return self.matching.select_related(*joins) if joins else self.matching

    @cached_property
    def slice(self) -> Slice:
        before, after = self.request.GET.get("before", ""), self.request.GET.get("after", "")
        cursor = (
            read_cursor(before or after, self.queryset, self.order, backwards=bool(before)) if before or after else None
        )
        found = read_slice(self.read, self.order, self.size, cursor)
        self.prepare(found.rows)
        return found

    @cached_property
    def total(self) -> counting.Total:
        """Exact up to 10,000; a page that shows everything needs no query."""
        if not self.slice.previous and not self.slice.next and self.slice.rows:
            return counting.Total(len(self.slice.rows))
        limit = counting.WORDS_LIMIT if self.filters.applied.get("q") else counting.LIMIT
        key = f"{self.name}:{self.request.user.pk}:{self.own_query}"
        return counting.dear_total_of(key, self.matching, self.now, limit)

    @cached_property
    def counts(self) -> counting.Remembered:
        lists = {view.slug: partial(self._rows_of, view) for view in self.every_view}
        return counting.remembered_totals(f"{self.name}:{self.request.user.pk}", lists, self.now)

    def _rows_of(self, view: View) -> QuerySet[Any]:
        rows: QuerySet[Any] = self._filtered_by(self._asked(view)).qs
        return rows

    def selected(self, data: QueryDict) -> QuerySet[Any]:
        """Rows chosen for a bulk deed: the ticked ones, or everything that matches."""
        if data.get("matching"):
            return self.matching
        return self.queryset.filter(pk__in=[int(pk) for pk in data.getlist("pk") if pk.isdecimal()][:1000])

    # Addresses -----------------------------------------------------------------------------------
    def url(self, **changes: str | list[str] | None) -> str:
        """This list with some parameters changed (None drops one); always from the first page."""
        data = QueryDict(mutable=True)
        for name in self.request.GET:
            if self._is_known(name) and name not in ("after", "before") and self._says_something(name):
                data.setlist(name, self.request.GET.getlist(name))
        for name, value in changes.items():
            if value is None:
                data.pop(name, None)
            else:
                data.setlist(name, value if isinstance(value, list) else [value])
        return f"{self.request.path}?{data.urlencode()}" if data else self.request.path

    def _says_something(self, name: str) -> bool:
        """A blank value counts only where it takes back what the view brings along."""
        return (
            any(value not in ("", "unknown") for value in self.request.GET.getlist(name))
            or name in self.view.parameters
        )

    def chips(self) -> list[Chip]:
        """Applied filters that the current view does not bring along."""
        own = self.view.parameters if self.view.saved is None else QueryDict()
        found = []
        for name in self.filters.applied:
            keys = [key for key in self.asked if key == name or key in (f"{name}_min", f"{name}_max")]
            if any(self.asked.getlist(key) != own.getlist(key) for key in keys):
                without: dict[str, str | list[str] | None] = {
                    key: "" if key in self.view.parameters else None for key in keys
                }
                found.append(Chip(self.filters.words(name), self.url(**without)))
        return found

    @property
    def clear_url(self) -> str:
        return f"{self.request.path}?view={self.view.slug}" if self.request.GET.get("view") else self.request.path

    @property
    def filter_query(self) -> str:
        """What is asked of the filters alone."""
        data = self.asked.copy()
        for name in FRAME:
            data.pop(name, None)
        return data.urlencode()

    @cached_property
    def own_query(self) -> str:
        """What "Save view" keeps."""
        data = self.asked.copy()
        for name in ("view", "after", "before"):
            data.pop(name, None)
        for name in [name for name in data if not any(data.getlist(name))]:
            del data[name]
        return data.urlencode()

    @cached_property
    def is_changed(self) -> bool:
        return QueryDict(self.own_query) != QueryDict(self.view.query)

    # Answers -------------------------------------------------------------------------------------
    def response(self) -> HttpResponseBase:
        """The page, only its rows for htmx, a CSV file, or the answer to a change of views."""
        if self.request.method == "POST":
            return self.export() if self.request.POST.get("do") == "export" else posting.answer(self)
        context = {"listing": drawing.Drawing(self), "page": f"{self.name}-list", "page_title": self.title}
        is_fragment = self.request.headers.get("HX-Target") == "list"
        template = "components/list.html" if is_fragment else self.template
        response: HttpResponse = render(self.request, template, context | self.extra_context())
        response["Vary"] = "HX-Request, HX-Target"
        if is_fragment:
            response["HX-Replace-Url"] = self.url()
            response["HX-Trigger"] = drawing.announcement(self)
        return response

    @property
    def may_export(self) -> bool:
        return bool(self.export_permission) and self.request.user.has_perm(self.export_permission)

    def export(self) -> HttpResponseBase:
        """The current filters and columns as a CSV file; who took it is in the history."""
        if not self.may_export:
            raise PermissionDenied(self.export_permission)
        record(
            "list.exported",
            "{page} exported ({rows} rows): {query}",
            subject=f"list {self.name}",
            by=self.request.user,
            now=self.now,
            page=str(self.title),
            rows=str(counting.total_of(self.matching)),
            query=self.own_query or "all",
        )
        lines = csv_lines(self.read, self.order, self.shown_columns, self.prepare)
        return csv_response(self.name, lines, self.now)
