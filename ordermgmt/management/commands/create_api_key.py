import secrets
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from ordermgmt.api import SCOPES, hash_of
from ordermgmt.models import ApiClient


class Command(BaseCommand):
    help = "Create an API key (shown once) or give an existing client a new one."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument("--scopes", nargs="+", default=sorted(SCOPES), metavar="SCOPE", help="default: all")
        parser.add_argument("--channel", metavar="CODE", help="the key sees and places orders of this channel alone")
        parser.add_argument("--renew", action="store_true", help="replace the key of an existing client")

    def handle(self, *args: Any, **options: Any) -> None:
        unknown = sorted(set(options["scopes"]) - SCOPES)
        if unknown:
            raise CommandError(f"Unknown scopes: {', '.join(unknown)}. Scopes: {', '.join(sorted(SCOPES))}")
        scopes = sorted(options["scopes"]) + ([f"channel:{options['channel']}"] if options["channel"] else [])
        client = ApiClient.objects.filter(name=options["name"]).first()
        if client and not options["renew"]:
            raise CommandError(f"There is a client {client.name!r} already; --renew replaces its key")
        key = secrets.token_urlsafe(32)
        facts = {"key_hash": hash_of(key), "scopes": scopes, "is_active": True}
        ApiClient.objects.update_or_create(
            name=options["name"], defaults=facts, create_defaults=facts | {"created_at": timezone.now()}
        )
        self.stdout.write(key)
