"""Every component in its states, for people who build pages and for the accessibility test."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from django import forms
from django.contrib.staticfiles import finders
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from ordermgmt.access import staff_page
from ordermgmt.looks import LOOKS, TONES

EXAMPLES = ("list", "detail", "scan", "customer")
ERRORS = ("403", "404", "csrf")


class ExampleForm(forms.Form):
    """Each kind of field once."""

    name = forms.CharField(
        help_text="As it should stand on the label", max_length=60, error_messages={"required": "Enter a name"}
    )
    email = forms.EmailField(
        required=False, label="E-mail", error_messages={"invalid": "Enter an e-mail, like maria@example.com"}
    )
    country = forms.ChoiceField(
        choices=[("SE", "Sweden"), ("DE", "Germany"), ("FI", "Finland")],
        error_messages={"required": "Choose a country"},
    )
    amount = forms.CharField(label="Amount to pay back")
    speed = forms.ChoiceField(
        choices=[("standard", "Standard, 2–3 days"), ("express", "Express, tomorrow")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how fast"},
    )
    tell = forms.BooleanField(
        required=False, label="Tell the customer", help_text="The mail waits 60 s, so undo stops it"
    )
    note = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}), required=False)


def _icons() -> list[str]:
    sprite = Path(str(finders.find("img/sprite.svg"))).read_text()
    return re.findall(r'symbol id="([a-z-]+)" viewBox="0 0 24', sprite)


def _blockers() -> list[dict[str, Any]]:
    return [
        {
            "tone": "hold",
            "what": "Address not found. PostNord rejected “Storgatan 12, 114 55”.",
            "since": "20 Nov 14:03 (2 d 1 h)",
            "target": "4 h",
            "owner": "Support, Ana",
            "next": "confirm the address.",
            "actions": [{"label": "Edit address", "href": "#"}, {"label": "Send address link", "action": "#"}],
        },
        {
            "tone": "warn",
            "what": "1 of 2 Coffee beans short.",
            "since": "20 Nov 14:02",
            "owner": "Warehouse",
            "next": "PO-551 is due 24 Nov.",
            "actions": [{"label": "Ship rest now", "href": "#"}],
        },
    ]


def _steps() -> list[dict[str, str]]:
    return [
        {"label": "Paid", "state": "done", "note": "20 Nov"},
        {"label": "On hold", "state": "current", "tone": "hold", "note": "2 d"},
        *({"label": word, "state": "todo"} for word in ("Pick", "Pack", "Ship", "Delivered")),
    ]


def _days() -> list[dict[str, Any]]:
    now = timezone.now()
    return [
        {
            "day": "Today",
            "events": [
                {"tone": "hold", "text": "Held: address not found", "by": "PostNord, by machine", "at": now},
                {"tone": "neutral", "text": "Note by Ana", "note": "Asked Maria for the house number.", "at": now},
            ],
        },
        {
            "day": "Yesterday",
            "events": [
                {
                    "tone": "good",
                    "text": "Paid €48.20 by card ••4242",
                    "saw": "We have your order. It arrives Wed 25 Nov.",
                    "url": "#",
                    "url_label": "INV-2026-00412",
                    "at": now - timedelta(days=1),
                }
            ],
        },
    ]


def _orders() -> list[dict[str, Any]]:
    rows = [
        ("SO-104999", "Maria Lindqvist", "Malmö", "On hold", "hold", "Address not found", "2 d late", "48.20", 6),
        ("SO-104998", "Tom Okafor", "Leeds", "Ready to pick", "waiting", "", "16:00", "28.90", 2),
        (
            "SO-104997",
            "Ines Duarte",
            "Porto",
            "Backordered",
            "warn",
            "Oat drink 1 l is due 24 Nov",
            "Tomorrow",
            "112.00",
            9,
        ),
        ("SO-104996", "Li Wei", "Berlin", "Packing", "active", "", "16:00", "64.40", 4),
        ("SO-104995", "Jonas Sørensen", "Aarhus", "Payment failed", "bad", "The bank said no", "26 Nov", "38.60", 2),
        ("SO-104994", "Aino Mäkelä", "Turku", "Shipped", "waiting", "", "Sent 11:20", "1240.00", 31),
        ("SO-104993", "Sam Fischer", "Graz", "Delivered", "good", "", "23 Nov", "19.95", 1),
    ]
    names = ("number", "customer", "city", "state", "tone", "reason", "due", "total", "items")
    return [{**dict(zip(names, row, strict=True)), "loud": row[4] in {"hold", "warn", "bad"}} for row in rows]


def _context() -> dict[str, Any]:
    return {
        "page_title": "Style guide",
        "page": "styleguide",
        "tones": TONES,
        "looks": LOOKS,
        "icons": _icons(),
        "plain_form": ExampleForm(initial={"name": "Maria Lindqvist", "amount": "12.40"}),
        "wrong_form": ExampleForm({"email": "maria", "amount": "1240,00", "speed": ""}),
        "blockers": _blockers(),
        "steps": _steps(),
        "days": _days(),
        "orders": _orders(),
        "tabs": [
            {"label": "Open", "href": "#", "count": 184, "current": True},
            {"label": "On hold", "href": "#", "count": 12},
            {"label": "Due today", "href": "#", "count": 63},
            {"label": "Backordered", "href": "#", "count": 7},
            {"label": "Late", "href": "#", "count": 0},
        ],
        "facts": [
            {"term": "Customer", "value": "Maria Lindqvist", "url": "#"},
            {"term": "Plan", "value": "SUB-882, next 3 Dec", "url": "#"},
            {"term": "Channel", "value": "Web shop"},
        ],
        "amounts": [
            {"term": "Items", "value": "€43.20"},
            {"term": "Delivery", "value": "€5.00"},
            {"term": "Total", "value": "€48.20", "total": True},
        ],
        "cohort_columns": ["Started", "People", "1 month", "2 months", "3 months"],
        "cohort_rows": [
            {
                "label": "Aug 2026",
                "cells": [
                    {"text": "412"},
                    {"text": "91 %", "level": 5},
                    {"text": "84 %", "level": 4},
                    {"text": "80 %", "level": 3},
                ],
            },
            {
                "label": "Sep 2026",
                "cells": [{"text": "388"}, {"text": "90 %", "level": 5}, {"text": "79 %", "level": 3}, {"text": ""}],
            },
        ],
        "nodes": [
            {"label": "Accepted", "count": 34, "note": "oldest 0:40", "url": "#"},
            {"label": "Pick", "count": 96, "note": "oldest 1:55", "url": "#", "tone": "active"},
            {"label": "Pack", "count": 81, "note": "oldest 1:20", "url": "#", "tone": "warn"},
            {"label": "Ship", "count": 401, "note": "cut-off 16:00", "url": "#", "tone": "good"},
        ],
        "now": timezone.now(),
        "price": Decimal("1240.5"),
        "loss": Decimal("-4"),
    }


@staff_page()
def styleguide(request: HttpRequest) -> HttpResponse:
    """`/styleguide/`: the components one under another."""
    return render(request, "styleguide/index.html", _context())


@staff_page()
def example(request: HttpRequest, page: str) -> HttpResponse:
    """`/styleguide/<page>/`: components put together to a list, a record, a scan screen, a customer page."""
    if page in ERRORS:
        return render(
            request, f"errors/{page}.html", {"frame": "staff.html", "may": ["Manager"], "admins": [request.user]}
        )
    if page not in EXAMPLES:
        raise Http404
    return render(request, f"styleguide/{page}.html", _context())
