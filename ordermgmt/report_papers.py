"""The dashboard and single figures as papers: A4 landscape, readable in black and white."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string

from ordermgmt.barcodes import Picture
from ordermgmt.printing import paper
from ordermgmt.report_charts import Movements, Trend
from ordermgmt.tiles import Tile
from ordermgmt.typesetting import Paper

# Points of a sheet a chart takes; the drawing has no size of its own.
CHART_WIDTH_MM, CHART_HEIGHT_MM = 128, 44


def report_paper(
    *, title: str, top: Sequence[Tile], groups: Sequence[tuple[Any, Sequence[Tile]]], charts: Sequence[Mapping[str, Any]],
    movements: Movements | None, sections: Sequence[Mapping[str, Any]], facts: Mapping[str, Any], now: datetime,
) -> Paper:  # fmt: skip
    """`charts` have `tile` and `trend`, as the page has them; `facts` say the period and how it is narrowed."""
    drawn = [(f"chart{n}", one["tile"], one["trend"]) for n, one in enumerate(charts)]
    pictures = {name: _drawn("trend", tile=tile, trend=trend) for name, tile, trend in drawn}
    if movements:
        pictures["movements"] = _drawn("movements", movements=movements)
    context = {
        "title": title, "top": top, "groups": [group for group in groups if group[1]], "charts": drawn, "movements": movements,
        "sections": sections, "printed_at": now, **facts,
    }  # fmt: skip
    return paper("report", context, style="report", pictures=pictures)


def figure_paper(*, tile: Tile, trend: Trend | None, facts: Mapping[str, Any], now: datetime) -> Paper:
    charts = [{"tile": tile, "trend": trend}] if trend else []
    return report_paper(
        title=str(tile.kpi.title), top=[tile], groups=(), charts=charts, movements=None, sections=(),
        facts={**facts, "one": tile, "table": trend.table if trend else ()}, now=now,
    )  # fmt: skip


def _drawn(name: str, **context: Any) -> Picture:
    svg = render_to_string(f"documents/charts/{name}.svg", context)
    return Picture(svg=svg, width_mm=CHART_WIDTH_MM, height_mm=CHART_HEIGHT_MM, module_mm=0)
