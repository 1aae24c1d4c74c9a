"""Commands of the palette: verb + noun. Apps register theirs in `<app>/palette.py`.

A command is a page to go to, or the main act of the record that is open (found by its path).
"""

import re
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ordermgmt.navigation import rail

MOST = 5


@dataclass(frozen=True)
class Command:
    """`key` is shown on its right; `where` is a pattern of the path on which it comes first, its groups fill `url`.

    `url` is a URL name or a path with {group} places; `permission` "" means every member of staff.
    """

    label: str | Promise
    url: str
    permission: str = ""
    key: str = ""
    icon: str = "right"
    where: str = ""

    def address(self, path: str) -> str:
        """Where it leads from this page; nothing where it does not apply."""
        if self.where:
            here = re.match(self.where, path)
            return self.url.format(**here.groupdict()) if here else ""
        if self.url.startswith("/"):
            return self.url
        try:
            return reverse(self.url)
        except NoReverseMatch:
            return ""


_COMMANDS: list[Command] = []


def command(label: str | Promise, url: str, **facts: Any) -> None:
    """Register a command."""
    _COMMANDS.append(Command(label, url, **facts))


@dataclass(frozen=True)
class Offer:
    label: str
    url: str
    key: str
    icon: str


def matching(request: HttpRequest, text: str, *, every: bool = False) -> list[Offer]:
    """Commands whose words contain what was typed: those of the open record first, then everywhere's, then places to go."""
    path = request.headers.get("X-Page") or request.GET.get("from", "") or "/"
    found = [_offer(one, path) for one in sorted(_COMMANDS, key=lambda one: not one.where) if _may(request, one)]
    found += [
        Offer(str(_("Go to %(page)s") % {"page": link.label}), link.href, _GO.get(link.href, ""), link.icon)
        for link in rail(request)
    ]
    words = text.lower().split()
    hits = [offer for offer in found if offer and all(word in offer.label.lower() for word in words)]
    return hits if every else hits[:MOST] if words else []


def _may(request: HttpRequest, one: Command) -> bool:
    return not one.permission or request.user.has_perm(one.permission)


def _offer(one: Command, path: str) -> Offer | None:
    address = one.address(path)
    return Offer(str(one.label), address, one.key, one.icon) if address else None


_GO: dict[str, str] = {
    "/": "g h", "/orders/": "g o", "/customers/": "g c", "/shipments/": "g s", "/inventory/": "g i", "/waves/": "g w",
    "/exceptions/": "g e", "/returns/": "g r", "/invoices/": "g b",
}  # fmt: skip
