"""Write a paper to a file: `manage.py document invoice INV-2026-00412 --out invoice.pdf`."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ordermgmt.documents import UnknownDocument, content_of, kinds
from ordermgmt.typesetting import CannotTypeset


class Command(BaseCommand):
    help = "Write a paper (invoice, packing_slip, pick_list, label, …) to a file."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("kind", choices=sorted(kinds()))
        parser.add_argument("number", help="number of the invoice, shipment, wave or tracking number")
        parser.add_argument("--out", required=True, type=Path, help="file to write")

    def handle(self, *args: Any, kind: str, number: str, out: Path, **options: Any) -> None:
        try:
            content = content_of(kind, number, now=timezone.now())
        except UnknownDocument:
            raise CommandError(f"There is no {kind} {number}") from None
        except CannotTypeset as problem:
            raise CommandError(str(problem)) from problem
        try:
            out.write_bytes(content)
        except OSError as problem:
            raise CommandError(f"{out}: {problem.strerror}") from problem
        self.stdout.write(f"{out}: {len(content):,} bytes")
