"""Figures on the home of managers: the last 30 days, each opening its rows."""

from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest
from django.utils.translation import gettext as _

from ordermgmt.clock import business_day
from ordermgmt.homes import Figure, Part, home_part
from ordermgmt.kpis import REGISTRY, find
from ordermgmt.report_forms import Question, named_period
from ordermgmt.roles import Role
from ordermgmt.tiles import Tile, tiles

SHOWN = ("on_time_dispatch", "order_cycle_time", "otif", "mrr", "customer_churn", "payments_recovered")


@dataclass(frozen=True)
class Words:
    """A value in words, where other figures have a count."""

    words: str
    value: int = 1
    more: bool = False

    def __str__(self) -> str:
        return self.words


@home_part(Role.MANAGER, rank=30)
def figures(request: HttpRequest, now: datetime) -> Part:
    today = business_day(now)
    period = named_period("30", today)
    found = tiles([find(name) for name in SHOWN if name in REGISTRY], Question("30", period, period.before, {}, today))
    return Part(_("Last 30 days"), [_figure(tile) for tile in found], looks="tiles")


def _figure(tile: Tile) -> Figure:
    parts = [tile.change, _("target %(target)s") % {"target": tile.target_words} if tile.target_words else ""]
    total = Words(tile.value)
    return Figure(tile.kpi.title, total, tile.rows_url, " · ".join(part for part in parts if part), tile.tone)  # type: ignore[arg-type]
