import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from orders.actions.channels import channel_named
from orders.actions.taking_in import Outcome, take_in
from orders.intake.registry import PARSERS, NoParser, parser_for
from orders.models import Channel

SUFFIXES = frozenset({".json", ".csv", ".txt"})


class Command(BaseCommand):
    help = "Take in order documents of a channel: stored first, then understood. One line per document."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("channel", metavar="CHANNEL", help="code or kind of the channel")
        parser.add_argument("paths", nargs="+", metavar="PATH", help="files or folders; - is standard input")
        parser.add_argument("--json", action="store_true", help="one JSON object per line")

    def handle(self, *args: Any, **options: Any) -> None:
        channel = self._channel(options["channel"])
        self.as_json = options["json"]
        lost = [error for path in options["paths"] for error in self._take_path(channel, path)]
        if lost:
            raise CommandError("\n".join(lost))

    def _channel(self, code: str) -> Channel:
        channel = channel_named(code)
        if channel is None:
            known = ", ".join(Channel.objects.order_by("code").values_list("code", flat=True)) or "none yet"
            kinds = ", ".join(sorted(PARSERS))
            raise CommandError(f"There is no channel “{code}”. Channels: {known}. Kinds: {kinds}")
        if channel.kind not in PARSERS:
            raise CommandError(f"No documents are read for channel “{code}” ({channel.get_kind_display()})")
        return channel

    def _take_path(self, channel: Channel, path: str) -> Iterator[str]:
        """Take in a file or the files of a folder; yields what could not be stored."""
        for name, data in _contents(path):
            if isinstance(data, str):
                yield data
                continue
            try:
                documents = parser_for(channel.kind, data).split(data, name)
            except NoParser as error:
                raise CommandError(str(error)) from error
            for document in documents:
                self._say(take_in(channel, document, source=name, by="intake", now=timezone.now()))

    def _say(self, outcome: Outcome) -> None:
        if self.as_json:
            self.stdout.write(json.dumps(outcome.as_dict(), ensure_ascii=False))
            return
        self.stdout.write(f"{outcome.inbound.external_id}  {outcome.state}  {outcome.order_number or ''}".rstrip())
        for finding in outcome.findings:
            self.stdout.write(f"    {finding['severity']}: {finding['message']}")


def _contents(path: str) -> Iterable[tuple[str, bytes | str]]:
    """Name and bytes of each file, or a sentence in the place of the bytes when it cannot be read."""
    if path == "-":
        yield "standard input", sys.stdin.buffer.read()
        return
    place = Path(path)
    files = sorted(p for p in place.rglob("*") if p.suffix.lower() in SUFFIXES) if place.is_dir() else [place]
    if not files:
        yield path, f"{path}: there are no .json or .csv files in this folder"
    for file in files:
        try:
            yield file.name, file.read_bytes()
        except OSError as error:
            yield file.name, f"{file}: {error.strerror}. It was not taken in"
