"""What each permission lets a person do, in words (for the matrix of roles)."""

from django.utils.translation import gettext_lazy as _

from ordermgmt.roles import EVERY_PERMISSION

WORDS = {
    "admin.open": _("Open the admin zone"),
    "audit.view": _("Read the audit log"),
    "books.view": _("See the books and prove them"),
    "customers.edit": _("Change customers"),
    "customers.erase": _("Erase the personal data of customers"),
    "customers.export": _("Export customers"),
    "customers.import": _("Import customers"),
    "customers.merge": _("Merge customers"),
    "customers.view": _("See customers"),
    "exceptions.tell": _("Tell known problems and plan who watches"),
    "exceptions.work": _("Work on exceptions"),
    "emails.edit": _("Change words of e-mails and when they are sent"),
    "finance.approve": _("Approve refunds and write-offs"),
    "finance.edit": _("Write credit notes and receipts, work on unpaid invoices"),
    "fulfilment.dispatch": _("Hand parcels to carriers"),
    "fulfilment.override": _("Overrule the floor's checks"),
    "fulfilment.pack": _("Pack"),
    "fulfilment.pick": _("Pick"),
    "fulfilment.release": _("Release work to the floor"),
    "fulfilment.track": _("Enter tracking events"),
    "fulfilment.view": _("See shipments and floor work"),
    "inventory.adjust": _("Adjust stock"),
    "inventory.edit": _("Change products and bins"),
    "inventory.export": _("Export products and stock"),
    "inventory.import": _("Import products and stock"),
    "inventory.view": _("See stock"),
    "jobs.run": _("Run jobs and try given-up work again"),
    "jobs.view": _("See background jobs"),
    "messages.resend": _("Send messages again"),
    "messages.view": _("See messages to customers"),
    "orders.cancel": _("Cancel orders"),
    "orders.create": _("Enter orders"),
    "orders.edit": _("Change orders"),
    "orders.export": _("Export orders"),
    "orders.finance": _("See payments and invoices"),
    "orders.hold": _("Hold orders"),
    "orders.import": _("Import orders"),
    "orders.intake": _("Work on incoming documents"),
    "orders.refund": _("Give money of orders back, up to a limit without approval"),
    "orders.release_hold": _("Release holds"),
    "orders.view": _("See orders"),
    "people.edit": _("Give and take roles"),
    "people.view": _("See people and their roles"),
    "plans.edit": _("Draft plans and promotion codes"),
    "plans.publish": _("Publish and archive plans, change prices"),
    "renewals.run": _("Run, stop and mend renewals"),
    "reports.view": _("See reports"),
    "search.use": _("Search"),
    "settings.edit": _("Change settings"),
    "subscriptions.edit": _("Change subscriptions"),
    "subscriptions.view": _("See subscriptions and plans"),
    "tickets.work": _("Work on tickets of customers"),
}


def abilities() -> list[tuple[str, object]]:
    """Every permission with its words, in their order; one without words shows its own name."""
    return [(name, WORDS.get(name, name)) for name in sorted(EVERY_PERMISSION)]
