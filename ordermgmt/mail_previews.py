"""What a preview is made with: the newest real messages of a kind, its example, and the hard cases of either."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from ordermgmt.mail import read_context
from ordermgmt.mail_cases import CASES, hard_cases
from ordermgmt.mail_kinds import MailKind
from ordermgmt.models import OutgoingMessage

# How far back real messages are looked for: rare kinds on a big table must not read all of it.
LOOKS_BACK = 20_000
SHOWN = 8
# Codes and fresh links are for the customer alone: whoever holds one opens the order.
PRIVATE_KINDS = frozenset({"order_code", "order_link", "subscription_code", "subscription_link", "pay_link"})
LOOKS = ("phone", "desktop", "dark", "text")


@dataclass(frozen=True)
class Choice:
    name: str
    label: str


def recent(kind: MailKind) -> list[OutgoingMessage]:
    """The newest messages of a kind, for their facts."""
    if kind.name in PRIVATE_KINDS:
        return []
    newest = OutgoingMessage.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    rows = OutgoingMessage.objects.filter(kind=kind.name, pk__gt=newest - LOOKS_BACK, is_copy=False)
    return list(rows.defer("text", "html").order_by("-pk")[:SHOWN])


def choices(rows: list[OutgoingMessage]) -> list[Choice]:
    real = [Choice(f"m{row.pk}", f"{row.about} · {row.context.get('recipient') or row.recipient}") for row in rows]
    return [*real, Choice("example", _("An example")), *(Choice(case.name, str(case.title)) for case in CASES)]


def context_for(kind: MailKind, rows: list[OutgoingMessage], case: str) -> Mapping[str, Any]:
    """The facts of a case; hard cases are made of the newest real message, or of the example."""
    known = {f"m{row.pk}": row for row in rows}
    if case in known:
        return dict(read_context(known[case].context))
    if case == "example":
        return kind.sample
    newest = dict(read_context(rows[0].context)) if rows else dict(kind.sample)
    return hard_cases(newest).get(case, newest)


def in_look(html: str, look: str) -> str:
    """As a light or a dark device shows it, whatever the device of who looks prefers."""
    media = "all" if look == "dark" else "not all"
    return re.sub(r"@media\s*\(prefers-color-scheme:\s*dark\)", f"@media {media}", html)
