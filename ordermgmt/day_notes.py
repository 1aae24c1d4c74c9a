"""Notes on days under every chart: what people wrote, and what the system knows happened. Apps register what they know."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from ordermgmt.alerts import WEDGED, WORKERS
from ordermgmt.clock import business_day
from ordermgmt.kpis import Period
from ordermgmt.models import Activity, KpiDay, KpiNote

MOST = 20
# A day is noted when at least so many orders, and so large a share of them, had to wait for stock.
FEWEST_WAITING, SHARE_WAITING = 3, 0.2


@dataclass(frozen=True)
class DayNote:
    """`pk` is that of a note a person wrote and may take away again; others come from the system by themselves."""

    on: date
    words: str
    by: str = ""
    pk: int | None = None


Source = Callable[[Period], Iterable[DayNote]]
SOURCES: list[Source] = []


def day_notes_source(source: Source) -> Source:
    """Register a function that gives the notes of a period."""
    SOURCES.append(source)
    return source


def day_notes(period: Period) -> list[DayNote]:
    """In the order of days; those of people first where there are too many."""
    found = [note for source in SOURCES for note in source(period)]
    kept = sorted(found, key=lambda note: (note.pk is None, note.on))[:MOST]
    return sorted(kept, key=lambda note: (note.on, note.pk is None, note.words))


@day_notes_source
def written(period: Period) -> Iterable[DayNote]:
    for note in KpiNote.objects.filter(on__range=(period.first, period.last)).order_by("on")[:MOST]:
        yield DayNote(note.on, note.words, note.by, note.pk)


@day_notes_source
def outages(period: Period) -> Iterable[DayNote]:
    """Days on which the workers stood still."""
    start, end = period.instants
    seen = Activity.objects.filter(subject=WORKERS, verb=WEDGED, at__gte=start, at__lt=end).order_by("at")
    for day in sorted({business_day(at) for at in seen.values_list("at", flat=True)[:500]}):
        yield DayNote(day, _("Outage: the workers stood still"))


@day_notes_source
def stock_outs(period: Period) -> Iterable[DayNote]:
    """Days on which many orders had to wait for stock, from the stored figure."""
    rows = KpiDay.objects.filter(kpi="backorder_rate", on__range=(period.first, period.last)).order_by("on")
    for row in rows.values("on").annotate(waited=Sum("numerator"), taken=Sum("denominator")):
        waited, taken = int(row["waited"]), int(row["taken"])
        if waited >= FEWEST_WAITING and waited >= SHARE_WAITING * taken:
            facts = {"n": waited, "all": taken}
            words = ngettext(
                "Out of stock: %(n)s of %(all)s order waits", "Out of stock: %(n)s of %(all)s orders wait", taken
            )
            yield DayNote(row["on"], words % facts)
