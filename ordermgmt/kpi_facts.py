"""A figure as plain data, for commands and exports."""

from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import NoReverseMatch, reverse

from ordermgmt.kpis import Filters, Kpi, Period, in_order
from ordermgmt.measuring import Measured


def rows_url(kpi: Kpi, period: Period, filters: Filters | None = None) -> str:
    """The list of exactly the rows behind the figure."""
    asked = {"first": period.first.isoformat(), "last": period.last.isoformat(), **kpi.known(filters or {})}
    try:
        return f"{reverse('kpi_rows', args=[kpi.name])}?{urlencode(asked)}"
    except NoReverseMatch:
        return ""


def _number(value: Any) -> float | int | None:
    if value is None:
        return None
    return int(value) if value == int(value) else float(value)


def as_json(found: Measured, filters: Filters | None = None) -> dict[str, Any]:
    kpi = found.kpi
    return {
        "name": kpi.name,
        "title": str(kpi.title),
        "version": kpi.version,
        "value": _number(found.value),
        "unit": kpi.unit,
        "numerator": _number(found.numerator),
        "denominator": _number(found.denominator),
        "rows": found.count,
        "from": found.period.first.isoformat(),
        "to": found.period.last.isoformat(),
        "filters": kpi.known(filters or {}),
        "time_zone": settings.BUSINESS_TIME_ZONE,
        "statistics": {name: _number(value) for name, value in found.statistics.items()},
        "rows_url": rows_url(kpi, found.period, filters),
        "series": [{"on": day.isoformat(), "value": _number(value)} for day, value in sorted(found.days.items())],
    }


def listed() -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "title": str(one.title),
            "version": one.version,
            "unit": one.unit,
            "measure": one.measure,
            "definition": str(one.definition),
            "source": one.source,
            "filters": list(one.dimensions),
            "target": _number(one.target),
            "higher_is_better": one.higher_is_better,
            "time_zone": settings.BUSINESS_TIME_ZONE,
            "history": "none" if one.is_live else "by day" if one.is_stored else "counted when asked",
        }
        for one in in_order()
    ]
