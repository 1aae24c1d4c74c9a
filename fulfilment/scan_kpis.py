"""Figures about the floor from its scans: how right and how fast picking and packing are."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from fulfilment.models import ScanEvent
from fulfilment.states import Verdict
from ordermgmt.kpis import Period, Trail, Unit, kpi, one_if
from ordermgmt.spans import seconds

DONE = (Verdict.LINE_DONE, Verdict.JOB_DONE)
RIGHT_SCANS = (Verdict.ACCEPTED, *DONE)
WRONG_SCANS = (Verdict.WRONG, Verdict.EXTRA)
JUDGED = (*RIGHT_SCANS, *WRONG_SCANS)
STATIONS: dict[str, Any] = {"pick": _("Picking"), "pack": _("Packing")}
# A longer wait between two scans of a person is not work at the scanner.
BREAK_AFTER = timedelta(minutes=15)
HOUR = 3600
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

_SCAN: dict[str, Any] = {
    "source": "ScanEvent",
    "moment": "at",
    "trails": (Trail(ScanEvent.objects.all, "pk", "pk"),),
    "record": lambda scan: (scan.code or str(scan.pk), "/waves/"),
}
_PICKING = _SCAN | {"question": _("How good is picking?")}


@kpi(
    "pick_accuracy",
    title=_("Right picks"),
    definition=_(
        "Scans at picking that were right ÷ scans that were right, wrong or one too many. By scan, not by line: wrong picks are stopped at the scan."
    ),
    unit=Unit.SHARE,
    numerator=one_if(Q(verdict__in=RIGHT_SCANS)),
    target=Decimal("0.995"),
    rank=4,
    **_PICKING,
)
def pick_accuracy(period: Period) -> QuerySet[ScanEvent]:
    return ScanEvent.objects.filter(station="pick", verdict__in=JUDGED)


@kpi(
    "wrong_scans",
    title=_("Wrong scans"),
    definition=_("Scans at picking that were wrong or one too many ÷ all scans judged, per thousand."),
    unit=Unit.PER_THOUSAND,
    higher_is_better=False,
    numerator=one_if(Q(verdict__in=WRONG_SCANS)),
    target=Decimal("0.005"),
    rank=55,
    **_PICKING,
)
def wrong_scans(period: Period) -> QuerySet[ScanEvent]:
    return pick_accuracy(period)


def _before(**narrowed: Any) -> QuerySet[ScanEvent]:
    """Earlier scans of the same person at the same station, the last one first."""
    same = ScanEvent.objects.filter(by=OuterRef("by"), station=OuterRef("station"), at__lt=OuterRef("at"), **narrowed)
    return same.order_by("-at")


@kpi(
    "line_pick_accuracy",
    title=_("Lines picked right"),
    definition=_(
        "Lines picked without a wrong scan ÷ lines picked. A wrong scan belongs to the line that the same person finished next."
    ),
    unit=Unit.SHARE,
    numerator=one_if(Q(was_wrong=False)),
    target=Decimal("0.995"),
    rank=56,
    **_PICKING,
)
def line_pick_accuracy(period: Period) -> QuerySet[Any]:
    done = Coalesce(Subquery(_before(verdict__in=DONE).values("at")[:1]), Value(BEGINNING))
    lines: QuerySet[Any] = ScanEvent.objects.filter(station="pick", verdict__in=DONE).annotate(done_before=done)
    found: QuerySet[Any] = lines.annotate(
        was_wrong=Exists(_before(verdict__in=WRONG_SCANS, at__gt=OuterRef("done_before")))
    )
    return found


def worked_seconds() -> Any:
    """Since the person's scan before at the same station; nothing after a break."""
    since = seconds("scanned_before", "at")
    return Case(When(scanned_before__gte=F("at") - BREAK_AFTER, then=since), default=Value(0))


@kpi(
    "lines_per_hour",
    title=_("Lines per person-hour"),
    question=_("How fast are we?"),
    definition=_(
        "Lines finished at picking and packing ÷ hours of people at the scanner: the time between two scans of a person at one station, waits above 15 minutes left out."
    ),
    unit=Unit.PER_HOUR,
    numerator=one_if(Q(verdict__in=DONE)),
    denominator=Coalesce(worked_seconds(), 0),
    formula=lambda lines, worked, _period: lines / worked * HOUR if worked else None,
    dimensions={"category": "station"},
    categories=lambda: STATIONS,
    rank=57,
    **_SCAN,
)
def lines_per_hour(period: Period) -> QuerySet[Any]:
    rows: QuerySet[Any] = ScanEvent.objects.filter(station__in=list(STATIONS))
    found: QuerySet[Any] = rows.annotate(scanned_before=Subquery(_before().values("at")[:1]))
    return found
