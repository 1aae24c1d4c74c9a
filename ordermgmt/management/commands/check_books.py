import json
import sys
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ordermgmt.leases import database_now
from ordermgmt.proofs import check_books


class Command(BaseCommand):
    help = "Prove every invariant; exit code 1 when one does not hold."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="one JSON object")
        parser.add_argument("--as-of", type=datetime.fromisoformat, metavar="ISO8601", help="prove as of this moment")

    def handle(self, *args: Any, **options: Any) -> None:
        now = options["as_of"] or database_now()
        proofs = check_books(now=now)
        if options["json"]:
            found = {"checked_at": now.isoformat(), "invariants": [proof.as_json() for proof in proofs]}
            self.stdout.write(json.dumps(found, ensure_ascii=False))
        else:
            for proof in proofs:
                self._say(proof.code, proof.title, proof.count, proof.rows)
        if not all(proof.holds for proof in proofs):
            sys.exit(1)

    def _say(self, code: str, title: str, count: int, rows: list[Any]) -> None:
        self.stdout.write(f"{code}  {'holds ' if not count else 'BROKEN'}  {title}")
        for row in rows[:5]:
            self.stdout.write(f"      {json.dumps(row, ensure_ascii=False)}")
        if count > 5:
            self.stdout.write(f"      … {count} in all")
