"""The ranked bars of the dashboard: one part for every figure that has categories."""

from typing import Any

from ordermgmt.kpis import Kpi, in_order
from ordermgmt.rankings import ranking
from ordermgmt.report_forms import Question
from ordermgmt.report_sections import report_section


def offer_rankings() -> None:
    """Called once, when every figure is registered."""
    for kpi in in_order():
        if kpi.categories:
            _offer(kpi)


def _offer(kpi: Kpi) -> None:
    @report_section(f"ranking-{kpi.name}", template="reports/_ranking.html", rank=kpi.rank)
    def build(question: Question) -> dict[str, Any] | None:
        found = ranking(kpi, question)
        return {"ranking": found} if found else None
