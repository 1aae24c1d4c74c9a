"""Who may do what: roles and their permissions, as code."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    SUPPORT = "support", _("Support")
    OPERATOR = "operator", _("Warehouse operator")
    LEAD = "lead", _("Warehouse lead")
    MANAGER = "manager", _("Manager")
    FINANCE = "finance", _("Finance")
    ADMIN = "admin", _("Admin")


_LOOK = frozenset(
    {"orders.view", "subscriptions.view", "customers.view", "inventory.view", "fulfilment.view", "search.use"}
)
_FLOOR = frozenset({"inventory.view", "fulfilment.view", "fulfilment.pick", "fulfilment.pack", "search.use"})

PERMISSIONS_OF: dict[str, frozenset[str]] = {
    Role.SUPPORT: _LOOK
    | {
        "orders.create",
        "orders.edit",
        "orders.hold",
        "orders.release_hold",
        "orders.cancel",
        "orders.intake",
        "orders.refund",
        "customers.edit",
        "customers.merge",
        "orders.export",
        "messages.view",
        "messages.resend",
        "fulfilment.track",
        "subscriptions.edit",
        "exceptions.work",
        "tickets.work",
    },
    Role.OPERATOR: _FLOOR,
    Role.LEAD: _FLOOR
    | _LOOK
    | {
        "orders.hold",
        "orders.release_hold",
        "fulfilment.release",
        "fulfilment.override",
        "fulfilment.dispatch",
        "fulfilment.track",
        "inventory.adjust",
        "inventory.edit",
        "inventory.import",
        "people.view",
        "orders.export",
        "exceptions.work",
        "exceptions.tell",
    },
    Role.MANAGER: _LOOK
    | {
        "orders.hold",
        "orders.release_hold",
        "orders.cancel",
        "orders.edit",
        "orders.create",
        "orders.export",
        "orders.finance",
        "orders.refund",
        "plans.edit",
        "plans.publish",
        "finance.approve",
        "customers.erase",
        "customers.export",
        "customers.edit",
        "reports.view",
        "inventory.export",
        "fulfilment.track",
        "people.view",
        "books.view",
        "renewals.run",
        "subscriptions.edit",
        "exceptions.work",
        "exceptions.tell",
        "tickets.work",
        "emails.edit",
    },
    Role.FINANCE: _LOOK
    | {
        "renewals.run",
        "orders.finance",
        "orders.refund",
        "finance.edit",
        "finance.approve",
        "orders.export",
        "customers.export",
        "reports.view",
        "books.view",
        "exceptions.work",
    },
}
PERMISSIONS_OF[Role.ADMIN] = frozenset().union(*PERMISSIONS_OF.values()) | {
    "jobs.view",
    "jobs.run",
    "settings.edit",
    "people.edit",
    "customers.import",
    "inventory.import",
    "orders.import",
    "audit.view",
    "admin.open",
}
EVERY_PERMISSION: frozenset[str] = PERMISSIONS_OF[Role.ADMIN]
