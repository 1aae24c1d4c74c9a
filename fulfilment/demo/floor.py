"""The warehouses of the demo shop at work: a person with a scanner who does what the screen asks."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from fulfilment.actions.claiming import claim_wave
from fulfilment.actions.planning import Choice
from fulfilment.actions.scanning import take_scan
from fulfilment.actions.screens import pick_task
from fulfilment.actions.waves import NothingToRelease, release_waves
from fulfilment.demo.master import Master
from fulfilment.models import FulfilmentOrder, Wave
from fulfilment.scans import Scan
from fulfilment.states import Verdict, WaveKind, WorkStatus
from inventory.models import Warehouse
from ordermgmt import codes
from ordermgmt.models import User
from ordermgmt.roles import Role

MOST_SCANS = 400
STOPPED = frozenset({Verdict.WRONG, Verdict.UNKNOWN, Verdict.EXTRA, Verdict.STOP})


@dataclass
class Robot:
    """Scans the first code the task expects, until nothing is expected; the clock goes on 4 s a scan."""

    by: User
    station: str
    device: str
    now: datetime
    task: str = ""
    sequence: int = 0
    answer: dict[str, Any] = field(default_factory=dict)

    def scan(self, code: str) -> dict[str, Any]:
        self.sequence += 1
        self.now += timedelta(seconds=4)
        scan = Scan(
            device=self.device,
            sequence=self.sequence,
            station=self.station,
            task=self.task,
            code=code,
            by=self.by,
            now=self.now,
        )
        self.answer = take_scan(scan)
        self.task = self.answer["task"].get("id", self.task)
        task: dict[str, Any] = self.answer["task"]
        return task

    @property
    def goes_on(self) -> bool:
        return not self.answer or self.answer["verdict"] not in STOPPED

    def follow(self, task: dict[str, Any], *, until: str, most: int = MOST_SCANS) -> dict[str, Any]:
        while task["expect"] and task["step"] != until and self.sequence < most and self.goes_on:
            wanted = next((one for one in task["expect"] if 1 <= one["units"] <= one["left"]), None)
            if wanted is None:
                break
            task = self.scan(wanted["codes"][0])
        return task


def work_the_floor(rng: Random, master: Master, *, now: datetime, share: float) -> None:
    """Release, pick, pack and hand over; `share` of each stage is done, the rest is left where it is."""
    for place, warehouse in enumerate(master.warehouses.values()):
        for kind in (WaveKind.SINGLES, WaveKind.MULTI):
            for wave in _release(rng, master, warehouse, kind, now, share):
                _pick(rng, master, wave, now, share)
        _pack(rng, master, warehouse, place, now, share)


def _release(rng: Random, master: Master, warehouse: Warehouse, kind: str, now: datetime, share: float) -> list[Wave]:
    most = max(1, round(share * 12))
    try:
        waves = release_waves(
            warehouse, Choice(kind=kind, most_waves=most, max_orders=12), by=master.people[Role.LEAD], now=now
        )
    except NothingToRelease:
        return []
    return [wave for wave in waves if rng.random() < share]


def _pick(rng: Random, master: Master, wave: Wave, now: datetime, share: float) -> None:
    sam = master.people[Role.OPERATOR]
    wave = claim_wave(wave.pk, by=sam, now=now)
    robot = Robot(sam, "pick", f"demo-{wave.number}", now + timedelta(minutes=10), task=wave.number)
    most = MOST_SCANS if rng.random() < share else rng.randint(2, 6)
    robot.follow(pick_task(wave), until="end", most=most)


def _pack(rng: Random, master: Master, warehouse: Warehouse, place: int, now: datetime, share: float) -> None:
    works = FulfilmentOrder.objects.filter(warehouse=warehouse, status=WorkStatus.PICKED).order_by("ship_by", "pk")
    tom = master.people[Role.LEAD]
    for work in list(works):
        if rng.random() > share:
            continue
        robot = Robot(tom, "pack", f"demo-bench-{place}-{work.number}", now + timedelta(minutes=30))
        task = robot.follow(robot.scan(codes.printed(codes.WORK, work.number)), until="label")
        if task["step"] == "finish":
            task = robot.scan(codes.printed(codes.COMMAND, "DONE"))
        if task["step"] == "label" and rng.random() < share:
            for label in task["view"]["labels"]:
                robot.scan(label["number"])
