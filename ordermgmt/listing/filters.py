"""The filters of a list, and the chips that show which are applied."""

from collections.abc import Iterable
from copy import copy
from datetime import date, datetime
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from django.db.models import Model, QuerySet
from django.forms import BoundField, Form
from django.utils.translation import get_language, gettext
from django_filters import Filter
from django_filters.filterset import FilterSet

from ordermgmt.templatetags import portal


class Chip(NamedTuple):
    """An applied filter in words and the address without it."""

    label: str
    remove_url: str


class _Declared(dict[str, Filter]):
    """Filters as a class declares them. Each request has its own, but no deep ones: those cost more than its rows."""

    def __deepcopy__(self, memo: Any) -> dict[str, Filter]:
        return {name: _own(declared) for name, declared in self.items()}


def _own(declared: Filter) -> Filter:
    own = copy(declared)
    own.extra = dict(declared.extra)
    own.method = declared.method  # type: ignore[misc, method-assign]  # bound to the copy
    return own


class ListFilters(FilterSet):
    """Base of every list's filters. A filter called `q` is drawn as the search field."""

    _form_classes: ClassVar[dict[tuple[type, str | None], type[Form]]] = {}

    @classmethod
    def get_filters(cls) -> "_Declared":
        return _Declared(super().get_filters())  # type: ignore[no-untyped-call]

    def __init__(self, data: Any = None, queryset: Any = None, *, request: Any = None, prefix: Any = None) -> None:
        super().__init__(data, queryset, request=request, prefix=prefix)  # type: ignore[no-untyped-call]

    def get_form_class(self) -> type[Form]:
        """The form's class, made once in a language unless what can be chosen depends on who asks."""
        if any(callable(each.extra.get("queryset")) for each in self.filters.values()):
            return super().get_form_class()  # type: ignore[no-any-return, no-untyped-call]
        key = type(self), get_language()
        if key not in self._form_classes:
            self._form_classes[key] = super().get_form_class()  # type: ignore[no-untyped-call]
        return self._form_classes[key]

    @cached_property
    def form(self) -> Any:
        """The form; its search field says what it is for."""
        form = super().form
        if "q" in form.fields:
            widget = form.fields["q"].widget
            widget.input_type = "search"
            widget.attrs.setdefault("placeholder", gettext("Filter by words"))
        return form

    @cached_property
    def applied(self) -> dict[str, Any]:
        """Understood values by name, in the order of the filters."""
        cleaned = self.form.cleaned_data if self.form.is_valid() or hasattr(self.form, "cleaned_data") else {}
        return {name: cleaned[name] for name in self.filters if not _blank(cleaned.get(name))}

    @property
    def misunderstood(self) -> list[str]:
        """Names of the filters whose value made no sense; they are left out."""
        return [str(self.form.fields[name].label or name) for name in self.form.errors if name in self.form.fields]

    @property
    def has_menu(self) -> bool:
        return any(name != "q" for name in self.form.fields)

    @property
    def menu_fields(self) -> list[BoundField]:
        """Fields of the filter menu: all but the search field."""
        return [field for field in self.form if field.name != "q"]

    def words(self, name: str) -> str:
        """`State: On hold`."""
        value = self.applied[name]
        field = self.form.fields[name]
        values = value if isinstance(value, list | tuple | QuerySet) else [value]
        choices = dict(_flat(getattr(field, "choices", ()))) if not hasattr(field, "queryset") else {}
        said = ", ".join(str(choices.get(str(each), _said(each))) for each in values)
        return said if name == "q" else f"{field.label}: {said}"


def _blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, list | tuple | QuerySet) and not value)


def _flat(choices: Iterable[Any]) -> Iterable[tuple[str, Any]]:
    for value, label in choices:
        if isinstance(label, list | tuple):
            yield from _flat(label)
        else:
            yield str(value), label


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return gettext("Yes") if value else gettext("No")
    if isinstance(value, datetime | date):
        return portal.day_words(value)
    if isinstance(value, slice):
        return " – ".join("…" if end is None else _said(end) for end in (value.start, value.stop))
    return str(value) if isinstance(value, Model | str) else portal.number(value)
