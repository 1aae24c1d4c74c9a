"""What is asked of the reports: a period, what it is compared with, and what it is narrowed to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from ordermgmt.clock import FIRST_DAY, LAST_DAY
from ordermgmt.kpis import SPLITS, Kpi, Period
from ordermgmt.models import KpiNote, KpiTarget

PERIODS = [
    ("7", _("Last 7 days")),
    ("30", _("Last 30 days")),
    ("90", _("Last 90 days")),
    ("month", _("This month")),
    ("last-month", _("Last month")),
    ("year", _("This year")),
    ("days", _("From … to …")),
]
COMPARED = [("before", _("The period before")), ("year", _("A year earlier")), ("none", _("Nothing"))]


@dataclass(frozen=True)
class Question:
    """`name` is the chosen period; `today` the business day it was asked on."""

    name: str
    period: Period
    earlier: Period | None
    filters: Mapping[str, str]
    today: date
    compare: str = "before"

    @property
    def query(self) -> str:
        """As part of an address."""
        asked = {"period": self.name, "compare": self.compare, **self.filters}
        if self.name == "days":
            asked |= {"from": self.period.first.isoformat(), "to": self.period.last.isoformat()}
        return urlencode(asked)

    @property
    def is_running(self) -> bool:
        return self.period.last >= self.today


def named_period(name: str, today: date) -> Period:
    if name == "month":
        return Period(today.replace(day=1), today)
    if name == "last-month":
        end = today.replace(day=1) - timedelta(days=1)
        return Period(end.replace(day=1), end)
    if name == "year":
        return Period(today.replace(month=1, day=1), today)
    days = int(name) if name in ("7", "30", "90") else 30
    return Period(today - timedelta(days=days - 1), today)


class ReportForm(forms.Form):
    """Values that make no sense are left out: a report always answers."""

    period = forms.ChoiceField(label=_("Period"), choices=PERIODS, required=False)
    compare = forms.ChoiceField(label=_("Compare with"), choices=COMPARED, required=False)

    def __init__(self, data: Any, *, today: date) -> None:
        super().__init__(
            {**{name: data.get(name, "") for name in data}, "period": data.get("period") or "30"}, label_suffix=""
        )
        self.today = today
        for name, label in (("from", _("From")), ("to", _("To"))):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(label=label, required=False, widget=widget)
        for split in SPLITS.values():
            # Amounts are in one currency at a time.
            everything = ("", settings.REPORT_CURRENCY) if split.name == "currency" else ("", _("All"))
            choices = [everything, *(one for one in split.choices() if one[0] != settings.REPORT_CURRENCY)]
            self.fields[split.name] = forms.ChoiceField(label=str(split.label), choices=choices, required=False)

    def question(self) -> Question:
        self.is_valid()
        said = self.cleaned_data
        name = said.get("period") or "30"
        period = named_period(name, self.today)
        first, last = said.get("from"), said.get("to")
        if name == "days" and first and last and FIRST_DAY <= first <= last <= LAST_DAY:
            period = Period(
                max(first, last - timedelta(days=3660)), min(last, self.today) if first <= self.today else last
            )
        compare = said.get("compare") or "before"
        filters = {split: said[split] for split in SPLITS if said.get(split)}
        return Question(name, period, _earlier(compare, name, period), filters, self.today, compare)


def _earlier(compare: str, name: str, period: Period) -> Period | None:
    """A running month is compared with the same days of the month before."""
    if compare == "none":
        return None
    if compare == "year":
        return Period(_year_before(period.first), _year_before(period.last))
    if name in ("month", "last-month"):
        end = period.first - timedelta(days=1)
        first = end.replace(day=1)
        return Period(first, min(end, first + timedelta(days=period.days - 1)))
    return period.before


def _year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=min(day.day, 28) if (day.month, day.day) == (2, 29) else day.day)


class TargetForm(forms.ModelForm):  # type: ignore[type-arg]  # no subscript at run time
    class Meta:
        model = KpiTarget
        fields = ("value", "starts_on", "ends_on", "owner")
        widgets = {
            name: forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d") for name in ("starts_on", "ends_on")
        }

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        starts, ends = said.get("starts_on"), said.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The last day is before the first."))
        return said


class NoteForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = KpiNote
        fields = ("on", "words")
        widgets = {"on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")}


MOST_PLACES = 12


class PlacesForm(forms.Form):
    """A place from 1 for each figure that is to stand at the top, blank for the others."""

    def __init__(self, data: Any = None, *, kpis: Iterable[Kpi], placed: Sequence[str]) -> None:
        super().__init__(data, label_suffix="")
        choices = [("", _("Below")), *((str(n), str(n)) for n in range(1, MOST_PLACES + 1))]
        for kpi in kpis:
            at = str(placed.index(kpi.name) + 1) if kpi.name in placed else ""
            self.fields[kpi.name] = forms.ChoiceField(label=str(kpi.title), choices=choices, required=False, initial=at)

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        taken: dict[str, str] = {}
        for name, place in said.items():
            if place and place in taken:
                self.add_error(name, _("Two figures cannot stand in one place."))
            taken[place] = name
        return said

    @property
    def names(self) -> list[str]:
        placed = [(int(place), name) for name, place in self.cleaned_data.items() if place]
        return [name for _place, name in sorted(placed)]
