import json
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from ordermgmt.backups import BackupFailed, back_up
from ordermgmt.installation import next_epoch
from ordermgmt.leases import database_now
from ordermgmt.models import JobRun, JobState


class Command(BaseCommand):
    help = "Back up the database and the stored papers into one file; prints its path last, as JSON."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--to", type=Path, default=settings.BACKUP_DIR, metavar="DIR")

    def handle(self, *args: Any, **options: Any) -> None:
        began, now = time.perf_counter(), database_now()
        try:
            file = back_up(options["to"], now=now)
            next_epoch()
        except (BackupFailed, OSError) as error:
            raise CommandError(str(error)) from error
        facts = {"file": str(file), "bytes": file.stat().st_size, "seconds": round(time.perf_counter() - began, 2)}
        done = database_now()
        JobRun.objects.create(
            name="backup", state=JobState.DONE, as_of=now, started_at=now, beat_at=done, finished_at=done, summary=facts
        )
        self.stdout.write(json.dumps(facts))
