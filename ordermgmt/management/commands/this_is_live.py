from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from ordermgmt.installation import this_is_live, why_not_live
from ordermgmt.leases import database_now


class Command(BaseCommand):
    help = "Say that this is the live system: from now on it charges, mails and buys labels."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--by", default="this_is_live", help="who says so")
        parser.add_argument("--ask", action="store_true", help="only tell whether it is")

    def handle(self, *args: Any, **options: Any) -> None:
        reason = why_not_live()
        if not options["ask"]:
            row = this_is_live(by=options["by"], now=database_now())
            self.stdout.write(f"{row.address} is the live system.")
            return
        self.stdout.write(reason or "This is the live system.")
