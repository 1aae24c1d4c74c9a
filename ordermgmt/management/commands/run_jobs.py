import json
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder
from django.utils.timezone import is_naive

from ordermgmt.clock import business_zone
from ordermgmt.jobs import UnknownJob, find, in_order, run_now
from ordermgmt.leases import database_now
from ordermgmt.models import JobState


class Command(BaseCommand):
    help = "Run jobs here and now, as if it were --as-of: one JSON line per job, for several a summary line last."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="all jobs but backups when none is named")
        parser.add_argument("--as-of", metavar="ISO8601", help="the moment to act at; now by default")

    def handle(self, *args: Any, **options: Any) -> None:
        as_of = _moment(options["as_of"])
        try:
            jobs = [find(name) for name in options["names"]] or [item for item in in_order() if not item.is_apart]
        except UnknownJob as error:
            raise CommandError(str(error)) from error
        failed = [item.name for item in jobs if not self._run(item.name, as_of)]
        if len(jobs) > 1:
            self._say({"as_of": as_of, "jobs": len(jobs), "failed": failed})
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}")

    def _run(self, name: str, as_of: datetime) -> bool:
        run = run_now(name, as_of=as_of, by="run_jobs")
        line = {"job": name, "state": run.state, "as_of": as_of, "summary": run.summary, **(run.summary or {})}
        self._say(line | {"error": run.error.strip().splitlines()[-1]} if run.error else line)
        return run.state == JobState.DONE

    def _say(self, line: dict[str, Any]) -> None:
        self.stdout.write(json.dumps(line, cls=DjangoJSONEncoder))


def _moment(text: str | None) -> datetime:
    if text is None:
        return database_now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise CommandError(f"--as-of {text!r} is not a moment such as 2026-11-24T08:00:00+01:00") from error
    return moment.replace(tzinfo=business_zone()) if is_naive(moment) else moment
