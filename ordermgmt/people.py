"""Panels that other apps add to the page of a person (warehouses, for one)."""

from collections.abc import Callable

from django.http import HttpRequest

from ordermgmt.models import User

Panel = Callable[[HttpRequest, User], str]
PANELS: list[Panel] = []


def person_panel(function: Panel) -> Panel:
    """Register a function(request, person) that gives the HTML of a card, or nothing."""
    if function not in PANELS:
        PANELS.append(function)
    return function
