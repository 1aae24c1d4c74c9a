"""The shift board of a warehouse (P03): what is left of today, who works on it, and what will miss its truck.

A constant number of statements; the rows behind every number are named by `fulfilment.shift`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from django.urls import reverse
from django.utils.translation import gettext as _

from fulfilment.forecast import Pace, Truck, trucks
from fulfilment.models import FulfilmentOrder, Wave
from fulfilment.reports import with_figures
from fulfilment.shift import HAND_OVER, PACK, PICK, STAGES, Shift
from fulfilment.shift_rows import ShiftRows
from fulfilment.states import WaveStatus, WorkStatus
from ordermgmt.clock import local_time
from ordermgmt.listing.counting import Total, totals_of

# Somebody who has not scanned for this long is not counted as working.
AT_WORK_FOR = timedelta(minutes=15)


class Worker(NamedTuple):
    name: str
    url: str


@dataclass(frozen=True)
class StageRow:
    """A line of the table: how many wait, since when the first, and who works there now."""

    key: str
    label: Any
    waiting: int
    since: datetime | None
    people: Sequence[Worker]
    url: str


@dataclass(frozen=True)
class TruckRow:
    """A carrier's truck with the addresses of its rows."""

    truck: Truck
    name: str
    left_url: str
    risk_url: str
    cut_off: str
    done: str


@dataclass
class Board:
    """Everything the page shows; each figure is worked out once."""

    shift: Shift

    @cached_property
    def rows(self) -> ShiftRows:
        return ShiftRows(self.shift)

    # Numbers -------------------------------------------------------------------------------------
    @cached_property
    def totals(self) -> dict[str, Total]:
        names = ("all", "done", "early", "stopped", "hour")
        return totals_of({name: self.shift.part(name) for name in names})

    @property
    def left(self) -> int:
        return len(self.rows.left)

    @property
    def to_pack(self) -> int:
        return sum(row.stage != HAND_OVER for row in self.rows.left)

    @property
    def urls(self) -> dict[str, str]:
        return {name: self.url(part=name) for name in ("all", "done", "left", "early", "stopped", "hour", "risk")}

    def url(self, **filters: str) -> str:
        return f"{reverse('shift_orders')}?{urlencode({'warehouse': self.shift.warehouse.code, **filters})}"

    # Forecast ------------------------------------------------------------------------------------
    @cached_property
    def pace(self) -> Pace:
        return Pace(self.totals["hour"].value)

    @property
    def done_at(self) -> str:
        return self._words(self.pace.done_at(self.to_pack, self.shift.now))

    @property
    def range_words(self) -> str:
        earliest, latest = (end(self.to_pack, self.shift.now) for end in (self.pace.earliest, self.pace.latest))
        if latest is None:
            return _("%(time)s or later") % {"time": self._words(earliest)}
        return f"{self._words(earliest)}–{self._words(latest)}"

    @cached_property
    def trucks(self) -> list[Truck]:
        return trucks(self.rows.due(), self.pace, self.shift.now)

    @property
    def truck_rows(self) -> list[TruckRow]:
        return [self._truck_row(truck) for truck in self.trucks]

    @property
    def at_risk(self) -> list[int]:
        return [pk for truck in self.trucks for pk in truck.missed]

    def orders_of(self, carrier: str, *, only_missed: bool = False) -> list[int]:
        """Ids of what is left for a carrier."""
        found = [truck for truck in self.trucks if truck.carrier == carrier]
        return [pk for truck in found for pk in (truck.missed if only_missed else truck.orders)]

    def _truck_row(self, truck: Truck) -> TruckRow:
        return TruckRow(
            truck=truck,
            name=self.rows.carriers.get(truck.carrier, _("No carrier")),
            left_url=self.url(part="left", carrier=truck.carrier),
            risk_url=self.url(part="risk", carrier=truck.carrier),
            cut_off=self._words(truck.cut_off),
            done=self._words(truck.done_at) if truck.done_at else _("no forecast"),
        )

    def _words(self, moment: datetime | None) -> str:
        """A time of day at the warehouse; another day is named."""
        if moment is None:
            return "–"
        zone = self.shift.warehouse.time_zone
        words = local_time(moment, zone)
        days = (moment.astimezone(ZoneInfo(zone)).date() - self.shift.day).days
        return f"{words} +{days}{_('d')}" if days else words

    # Stages --------------------------------------------------------------------------------------
    @cached_property
    def stages(self) -> list[StageRow]:
        since, people = self.rows.since, {PICK: self._pickers(), PACK: self._packers()}
        return [
            StageRow(
                key=key,
                label=label,
                waiting=sum(row.stage == key for row in self.rows.left),
                since=min((at for row in self.rows.left if row.stage == key and (at := since[row.pk])), default=None),
                people=people.get(key, ()),
                url=self.url(part=key),
            )
            for key, label in STAGES.items()
        ]

    def _pickers(self) -> list[Worker]:
        waves = Wave.objects.filter(warehouse=self.shift.warehouse, status=WaveStatus.PICKING)
        waves = waves.filter(beat_at__gte=self.shift.now - AT_WORK_FOR, picker__isnull=False)
        return [
            Worker(wave.picker.get_short_name(), f"/waves/{wave.number}/")
            for wave in waves.select_related("picker").order_by("picker__name", "pk")
            if wave.picker
        ]

    def _packers(self) -> list[Worker]:
        works = FulfilmentOrder.objects.filter(warehouse=self.shift.warehouse, status=WorkStatus.PACKING)
        works = works.filter(pack_beat_at__gte=self.shift.now - AT_WORK_FOR, packer__isnull=False)
        found = {
            work.packer_id: Worker(work.packer.get_short_name(), f"/orders/{work.order.number}/")
            for work in works.select_related("packer", "order").order_by("packer__name", "pk")
            if work.packer
        }
        return list(found.values())

    # Waves ---------------------------------------------------------------------------------------
    @cached_property
    def waves(self) -> list[Any]:
        waves = list(
            with_figures(Wave.objects.filter(warehouse=self.shift.warehouse).unfinished()).order_by("due", "pk")
        )
        for wave in waves:
            wave.percent = round(100 * wave.units_picked / wave.units) if wave.units else 0
        return waves
