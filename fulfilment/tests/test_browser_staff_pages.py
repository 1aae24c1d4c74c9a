"""Every page of the portal that opens with a link, in a shop that is at work: no accessibility fault, no sideways scroll."""

import os
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.management import call_command
from django.test import Client

from fulfilment.tests.test_access import Examples, pages
from inventory.factories import MembershipFactory
from inventory.models import Bin, Warehouse
from ordermgmt.roles import Role

pytestmark = [
    *(pytest.mark.browser, pytest.mark.slow),
    *(pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("browser")),
]
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
LOOKS = [(1280, "light"), (360, "dark")]
# The style guide has tests of its own, machines have no eyes, and a mail in its sandbox runs no script of ours.
NOT_PAGES = ("styleguide/", "healthz", "metrics", "webhooks/", "api/", "messages/<int:pk>/html/")


def faults(page: Any) -> list[str]:
    wrong = [] if page.evaluate("document.documentElement.scrollWidth <= innerWidth") else ["scrolls sideways"]
    answer = Axe().run(page, options={"runOnly": TAGS})
    return wrong + [
        f"{fault['id']}: {node['target']} {node['html'][:120]}"
        for fault in answer.response["violations"]
        for node in fault["nodes"]
    ]


def whole_pages(client: Client) -> list[str]:
    """Addresses that answer with a whole page."""
    examples, found = Examples(), []
    examples.values["counts/places/"] = str(Bin.objects.filter(kind="pick").latest("pk").pk)
    for route, pattern in pages():
        address = examples.address(route, pattern)
        if not route.startswith(NOT_PAGES):
            answer = client.get(address)
            is_page = answer.status_code == 200 and answer.headers["Content-Type"].startswith("text/html")
            found += [address] if is_page and b"<!DOCTYPE" in answer.content[:200] else []
    return found


def test_no_page_has_faults(page: Any, live_server: Any, sign_in: Any, client: Client) -> None:
    call_command("load_demo", orders=60, seed=3, verbosity=0)
    person = sign_in(*Role.values)
    for warehouse in Warehouse.objects.all():
        MembershipFactory(user=person, warehouse=warehouse)
    addresses = whole_pages(client)
    wrong = []
    for nth, (width, theme) in enumerate(LOOKS):
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")
        # Every page in one of the looks, in turn; EVERY_LOOK=1 takes twice as long and looks at all in both.
        for address in addresses if "EVERY_LOOK" in os.environ else addresses[nth :: len(LOOKS)]:
            page.goto(live_server.url + address)
            wrong += [f"{address} {width} {theme}: {fault}" for fault in faults(page)]
    assert len(addresses) > 60
    assert wrong == []
