"""What each role finds in the rail, in this order. Entries whose page is absent are not shown."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from ordermgmt.roles import Role


class Entry(NamedTuple):
    """One line of the rail: words, URL name, icon of the sprite, permission ("" = every member of staff)."""

    label: str | Promise
    url_name: str
    icon: str
    permission: str = ""


@dataclass(frozen=True)
class Link:
    """An entry ready to draw."""

    label: str | Promise
    href: str
    icon: str
    current: bool
    count: int | None


HOME = Entry(_("Home"), "home", "home")
EXCEPTIONS = Entry(_("Exceptions"), "exception_list", "inbox", "exceptions.work")
TICKETS = Entry(_("Tickets"), "ticket_list", "message", "tickets.work")
ORDERS = Entry(_("Orders"), "order_list", "box", "orders.view")
INBOUND = Entry(_("Incoming"), "inbound_list", "download", "orders.intake")
SUBSCRIPTIONS = Entry(_("Subscriptions"), "subscription_list", "repeat", "subscriptions.view")
PLANS = Entry(_("Plans"), "plan_list", "calendar", "subscriptions.view")
RENEWALS = Entry(_("Renewals"), "renewals", "repeat", "renewals.run")
CUSTOMERS = Entry(_("Customers"), "customer_list", "people", "customers.view")
SHIPMENTS = Entry(_("Shipments"), "shipment_list", "truck", "fulfilment.view")
RETURNS = Entry(_("Returns"), "return_list", "return", "fulfilment.view")
INVENTORY = Entry(_("Inventory"), "inventory_list", "stock", "inventory.view")
RECEIVING = Entry(_("Receiving"), "receiving_list", "receive", "inventory.view")
COUNTS = Entry(_("Counts"), "count_list", "count", "inventory.view")
WAVES = Entry(_("Waves"), "wave_list", "layers", "fulfilment.release")
REPORTS = Entry(_("Reports"), "report_list", "chart", "reports.view")
INVOICES = Entry(_("Invoices"), "invoice_list", "file", "orders.finance")
PAYMENTS = Entry(_("Payments"), "payment_list", "card", "orders.finance")
WAREHOUSES = Entry(_("Warehouses"), "warehouse_list", "building", "inventory.view")
BOOKS = Entry(_("Books"), "books", "shield", "books.view")
EMAILS = Entry(_("Email templates"), "email_list", "mail", "emails.edit")
PEOPLE = Entry(_("People"), "people_list", "people", "people.view")

RAILS: dict[str, tuple[Entry, ...]] = {
    "support": (HOME, EXCEPTIONS, TICKETS, ORDERS, INBOUND, SUBSCRIPTIONS, CUSTOMERS, SHIPMENTS, RETURNS),
    "operator": (
        Entry(_("Next job"), "home", "scan"),
        Entry(_("Pick"), "scan_pick", "pick", "fulfilment.pick"),
        Entry(_("Pack"), "scan_pack", "pack", "fulfilment.pack"),
        Entry(_("Receive"), "scan_receive", "receive", "inventory.view"),
        Entry(_("Count"), "scan_count", "count", "inventory.view"),
        Entry(_("Move"), "scan_move", "move", "inventory.view"),
        Entry(_("Returns desk"), "scan_returns", "return", "fulfilment.pack"),
    ),
    "lead": (
        Entry(_("Shift board"), "home", "board"),
        WAVES,
        ORDERS,
        INVENTORY,
        RECEIVING,
        COUNTS,
        SHIPMENTS,
        EXCEPTIONS,
        WAREHOUSES,
        PEOPLE,
    ),
    "manager": (
        HOME,
        EXCEPTIONS,
        Entry(_("Workflow map"), "flow", "flow", "reports.view"),
        REPORTS,
        ORDERS,
        SUBSCRIPTIONS,
        RENEWALS,
        PLANS,
        INVENTORY,
        Entry(_("Billing"), "invoice_list", "card", "orders.finance"),
        TICKETS,
        Entry(_("Feedback"), "feedback_list", "star", "reports.view"),
        EMAILS,
    ),
    "finance": (
        HOME,
        EXCEPTIONS,
        INVOICES,
        PAYMENTS,
        SUBSCRIPTIONS,
        Entry(_("Dunning"), "dunning_list", "bell", "orders.finance"),
        Entry(_("Payouts"), "payout_list", "bank", "orders.finance"),
        RENEWALS,
        CUSTOMERS,
        REPORTS,
        BOOKS,
    ),
    "admin": (
        HOME,
        EXCEPTIONS,
        Entry(_("Settings"), "settings", "settings", "settings.edit"),
        EMAILS,
        PLANS,
        PEOPLE,
        INBOUND,
        Entry(_("Integrations"), "integration_list", "plug", "settings.edit"),
        WAREHOUSES,
        Entry(_("Jobs"), "job_list", "health", "jobs.view"),
        Entry(_("Sent mail"), "message_list", "message", "messages.view"),
        BOOKS,
        Entry(_("Audit log"), "audit_log", "log", "audit.view"),
        Entry(_("Admin"), "admin:index", "database", "admin.open"),
    ),
}
ROLE_ORDER = (Role.ADMIN, Role.MANAGER, Role.FINANCE, Role.LEAD, Role.SUPPORT, Role.OPERATOR)

# Numbers beside an entry (things that wait for a person), by URL name; apps add theirs when they load.
COUNTS_BY_ENTRY: dict[str, Callable[[HttpRequest], int]] = {}


def roles_of(request: HttpRequest) -> list[Role]:
    """The person's roles, the widest first."""
    mine: frozenset[str] = getattr(request.user, "roles", frozenset())
    return [role for role in ROLE_ORDER if role in mine]


def active_role(request: HttpRequest) -> str:
    """The role this device was switched to, if the person still has it, else the widest."""
    mine = roles_of(request)
    chosen = request.COOKIES.get("role", "")
    return chosen if chosen in mine else (mine[0] if mine else "")


def _current(href: str, path: str) -> bool:
    return path == href if href == "/" else path.startswith(href)


def _links(request: HttpRequest, entries: tuple[Entry, ...]) -> Iterator[Link]:
    for entry in entries:
        if entry.permission and not request.user.has_perm(entry.permission):
            continue
        try:
            href = reverse(entry.url_name)
        except NoReverseMatch:
            continue
        count = COUNTS_BY_ENTRY.get(entry.url_name)
        yield Link(entry.label, href, entry.icon, _current(href, request.path), count(request) if count else None)


def rail(request: HttpRequest) -> list[Link]:
    """The rail of the active role, as links this person may follow."""
    return list(_links(request, RAILS.get(active_role(request), ())))
