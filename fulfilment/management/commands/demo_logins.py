"""Says where the demo portal is and who may sign in, once it answers."""

import socket
from contextlib import closing
from time import monotonic, sleep
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from fulfilment.demo.master import PASSWORD, PEOPLE

PATIENCE = 60.0


class Command(BaseCommand):
    help = "Print the address of the demo portal and one login per role."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        if not _answers(options["port"]):
            raise CommandError(f"Nothing answers on port {options['port']}")
        self.stdout.write(f"\n  The portal is at http://localhost:{options['port']}/  (stop with Ctrl+C)\n")
        for email, name, role in PEOPLE:
            self.stdout.write(f"    {role.label:<20} {email:<24} {PASSWORD}   ({name})")
        self.stdout.write("")


def _answers(port: int) -> bool:
    until = monotonic() + PATIENCE
    while monotonic() < until:
        with closing(socket.socket()) as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return True
        sleep(0.2)
    return False
