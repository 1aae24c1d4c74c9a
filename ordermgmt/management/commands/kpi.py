import json
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ordermgmt.clock import business_day
from ordermgmt.kpi_facts import as_json, listed
from ordermgmt.kpis import Period, UnknownKpi, find
from ordermgmt.leases import database_now
from ordermgmt.measuring import recount


class Command(BaseCommand):
    help = "One figure, counted from its rows; --list names them all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", nargs="?", default="")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DATE", help="last day, included")
        parser.add_argument("--filter", action="append", default=[], metavar="NAME=VALUE")
        parser.add_argument("--list", action="store_true", help="every figure with its definition")
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["list"]:
            return self._list(listed(), as_data=options["json"])
        try:
            one = find(options["name"])
        except UnknownKpi as unknown:
            raise CommandError(str(unknown)) from None
        last = options["last"] or business_day(database_now())
        period = Period(options["first"] or last - timedelta(days=29), last)
        if period.last < period.first:
            raise CommandError("--to lies before --from")
        filters = self._filters(options["filter"], one.dimensions)
        found = as_json(recount(one, one.settled(period, business_day(database_now())), filters), filters)
        if options["json"]:
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            self.stdout.write(f"{found['title']}: {found['value']} ({found['numerator']} / {found['denominator']})")
        return None

    def _filters(self, given: list[str], known: Any) -> dict[str, str]:
        pairs = [one.partition("=") for one in given]
        for name, equals, _value in pairs:
            if not equals or name not in known:
                raise CommandError(f"--filter {name}: this figure can be filtered by {', '.join(known) or 'nothing'}")
        return {name: value for name, _equals, value in pairs}

    def _list(self, facts: list[dict[str, Any]], *, as_data: bool) -> None:
        if as_data:
            self.stdout.write(json.dumps(facts, ensure_ascii=False))
            return
        for fact in facts:
            self.stdout.write(f"{fact['name']:24} v{fact['version']}  {fact['title']}: {fact['definition']}")
