import json
import sys
import tarfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from ordermgmt.backups import BackupFailed, Check, check_restore
from ordermgmt.leases import database_now
from ordermgmt.models import JobRun, JobState


class Command(BaseCommand):
    help = "Restore a backup elsewhere, prove its books and compare it with its manifest; exit 1 when it is not good."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, metavar="FILE")

    def handle(self, *args: Any, **options: Any) -> None:
        now = database_now()
        try:
            check = check_restore(options["file"], now=now)
        except (BackupFailed, OSError, tarfile.TarError, KeyError, ValueError) as error:
            raise CommandError(f"{options['file']} is not a backup that can be restored: {error}") from error
        self._keep(check)
        self.stdout.write(json.dumps(asdict(check)))
        if check.findings:
            sys.exit(1)

    def _keep(self, check: Check) -> None:
        now = database_now()
        state = JobState.FAILED if check.findings else JobState.DONE
        facts = {"tables": check.tables, "rows": check.rows, "pdfs": check.pdfs, "seconds": check.seconds}
        JobRun.objects.create(
            name="restore_check", state=state, as_of=now, started_at=now, beat_at=now, finished_at=now,
            summary=facts, error="\n".join(check.findings),
        )  # fmt: skip
