"""Do failed payments come back? Four numbers and what part each is of those that failed."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.kpis import find
from ordermgmt.report_forms import Question
from ordermgmt.report_sections import report_section
from ordermgmt.templatetags import portal
from ordermgmt.tiles import FEW, Tile, tiles
from orders.dunning_kpis import STEPS


@dataclass(frozen=True)
class Step:
    tile: Tile
    width: float
    share: str


@report_section("failed-payments", template="reports/_funnel.html", rank=13)
def funnel_section(question: Question) -> dict[str, Any] | None:
    found = tiles([find(name) for name in STEPS], question)
    failed = found[0].found.count
    if not failed:
        return None
    steps = [_step(tile, failed) for tile in found]
    (over,) = tiles([find("payments_recovered")], question)
    return {"steps": steps, "answer": _answer(over, failed, found[2].found.count), "over": over}


def _step(tile: Tile, failed: int) -> Step:
    part = tile.found.count / failed
    return Step(tile, round(100 * part, 1), str(portal.percent(part, 0)) if failed >= FEW else "")


def _answer(over: Tile, failed: int, back: int) -> str:
    facts = {"back": portal.quantity(back), "failed": portal.quantity(failed), "target": over.target_words}
    if not over.target_words:
        return _("%(back)s of %(failed)s came back so far.") % facts
    return _("%(back)s of %(failed)s came back so far; the target is %(target)s of the cases that are over.") % facts
