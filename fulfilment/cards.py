"""Command cards: what each does, and its barcode."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO

from barcode.codex import Code128
from barcode.writer import SVGWriter
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from fulfilment.models import BoxType
from ordermgmt import codes

COMMANDS: tuple[tuple[str, str | Promise, str], ...] = (
    ("OK", _("Clear the screen"), "check"),
    ("UNDO", _("Take back the last scan"), "undo"),
    ("SHORT", _("Not enough here"), "alert"),
    ("SKIP", _("Come back later"), "right"),
    ("DONE", _("Everything is in"), "pack"),
    ("NEXTBOX", _("Next box"), "box"),
    ("REPRINT", _("Print the label again"), "print"),
    ("PAUSE", _("Stop for a while"), "pause"),
    ("HELP", _("Call a lead"), "help"),
)
QUANTITIES = 24


@dataclass(frozen=True)
class Card:
    """One card: the word, what it does, and the printed code."""

    word: str
    text: str | Promise
    icon: str
    code: str


def cards(boxes: Iterable[BoxType]) -> list[tuple[str | Promise, list[Card]]]:
    """Groups of cards: commands, boxes, quantities."""
    return [
        (_("Commands"), [_card(name, text, icon) for name, text, icon in COMMANDS]),
        (_("Boxes"), [_card(f"BOX-{box.code}", box.name, "box", word=box.code) for box in boxes]),
        (_("Quantities"), [_card(f"Q-{n}", "", "count", word=str(n)) for n in range(1, QUANTITIES + 1)]),
    ]


def _card(name: str, text: str | Promise, icon: str, *, word: str = "") -> Card:
    return Card(word or name.replace("NEXTBOX", "NEXT BOX"), text, icon, codes.printed(codes.COMMAND, name))


def barcode_svg(text: str) -> bytes:
    """Code 128 with quiet zones, bars 0.375 mm and 15 mm high, without text (the card has it)."""
    out = BytesIO()
    Code128(text, writer=SVGWriter()).write(
        out,
        {"module_width": 0.375, "module_height": 15.0, "quiet_zone": 3.75, "write_text": False, "margin_top": 0},
    )
    return out.getvalue()
