import json
from collections import Counter
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ordermgmt.importing.reading import Unreadable
from orders.importing.proving import prove
from orders.importing.subscription_rows import WantedRow, read_rows
from orders.importing.subscriptions import Checked, check, make
from orders.models import Channel
from orders.states import ChannelKind

CHANNEL = "import"
MOST_SHOWN = 200


class Command(BaseCommand):
    help = "Take subscriptions over from a CSV or XLSX file (docs/import-subscriptions.md): check it first, then apply."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", metavar="FILE")
        mode = parser.add_mutually_exclusive_group(required=True)
        mode.add_argument("--check", action="store_true", help="say what is wrong and what would be made")
        mode.add_argument("--apply", action="store_true", help="make them, unless anything is wrong, and prove it")
        parser.add_argument("--channel", default=CHANNEL, help="where they come from; ids are unique within it")
        parser.add_argument("--json", action="store_true", help="one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        channel = _channel(options["channel"])
        rows, faults, left_out = self._read(options["file"])
        checked = check(rows, channel, now=now) if not faults else Checked(faults=faults)
        told: dict[str, Any] = _summary(rows, checked, left_out)
        if options["apply"] and not checked.faults:
            told |= _apply(rows, checked, channel, now)
        self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2) if options["json"] else _words(told))
        if checked.faults or told.get("differences"):
            raise CommandError(f"{len(checked.faults)} faults, {len(told.get('differences', []))} differences.")

    def _read(self, path: str) -> Any:
        try:
            with Path(path).open("rb") as file:
                return read_rows(file, Path(path).stat().st_size)
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}") from error
        except Unreadable as error:
            raise CommandError(str(error)) from error


def _channel(code: str) -> Channel:
    facts = {"name": "Taken over", "kind": ChannelKind.SUBSCRIPTION}
    return Channel.objects.get_or_create(code=code, defaults=facts)[0]


def _summary(rows: list[WantedRow], checked: Checked, left_out: list[str]) -> dict[str, Any]:
    return {
        "rows": len(rows),
        "new": len(checked.new),
        "known": len(checked.known),
        "by_status": dict(Counter(str(row["status"]) for row in rows)),
        "columns_left_out": left_out,
        "faults": [asdict(fault) for fault in checked.faults[:MOST_SHOWN]],
        "fault_count": len(checked.faults),
    }


def _apply(rows: list[WantedRow], checked: Checked, channel: Channel, now: datetime) -> dict[str, Any]:
    made = [make(row, channel, by="Import", now=now) for row in checked.new]
    # Those taken over before may have changed since: they are counted, not compared.
    differences = prove(checked.new, channel)
    return {"made": len(made), "proved": len(made) - len({d["row"] for d in differences}), "differences": differences}


def _words(told: dict[str, Any]) -> str:
    lines = [f"{name}: {value}" for name, value in told.items() if name not in ("faults", "differences")]
    lines += [f"row {fault['row']}, {fault['column']}: {fault['words']}" for fault in told["faults"]]
    lines += [f"row {d['row']}: {d}" for d in told.get("differences", [])]
    return "\n".join(lines)
