"""Says where the demo portal is and who may sign in."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from fulfilment.demo.master import PASSWORD, PEOPLE


class Command(BaseCommand):
    help = "Print the address of the demo portal and one login per role."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", default="8000")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"\n  The portal is at http://localhost:{options['port']}/  (stop with Ctrl+C)\n")
        for email, name, role in PEOPLE:
            self.stdout.write(f"    {role.label:<20} {email:<24} {PASSWORD}   ({name})")
        self.stdout.write("")
