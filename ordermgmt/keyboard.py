"""The keyboard map (ux.md 4.0.10): the help dialog shows it and keys.js reads it from there."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Key(NamedTuple):
    """`keys` as event.key, two with a space for a sequence; `act` names what keys.js does, or a path it opens."""

    keys: str
    act: str
    label: str | Promise


GLOBAL = (
    Key("/", "search", _("Search")),
    Key("Control+k", "palette", _("Everything: records and commands")),
    Key("?", "help", _("These keys")),
    Key("g h", "/", _("Go home")),
    Key("g o", "/orders/", _("Go to orders")),
    Key("g c", "/customers/", _("Go to customers")),
    Key("g s", "/shipments/", _("Go to shipments")),
    Key("g i", "/inventory/", _("Go to inventory")),
    Key("g w", "/waves/", _("Go to waves")),
    Key("[", "previous", _("Previous record")),
    Key("]", "next", _("Next record")),
    Key("Control+Enter", "submit", _("Send the form")),
    Key("u", "undo", _("Undo the last change")),
    Key("Escape", "close", _("Close")),
)
LISTS = (
    Key("j", "down", _("Next row")),
    Key("k", "up", _("Previous row")),
    Key("Enter", "open", _("Open the row")),
    Key(" ", "peek", _("Look at the row beside the list")),
    Key("x", "select", _("Choose the row")),
    Key("f", "filter", _("Filter")),
    Key("s", "save", _("Save view")),
    Key("e", "press", _("Export")),
)
RECORDS = (
    Key("e", "press", _("Edit")),
    Key("h", "press", _("Hold")),
    Key("r", "press", _("Release, or repeat")),
    Key("p", "press", _("Print")),
    Key("n", "press", _("Note, or new")),
    Key("m", "press", _("Mail")),
    Key("t", "press", _("Timeline")),
)
INBOX = (
    Key("j", "press", _("Next exception")),
    Key("k", "press", _("Previous exception")),
    Key("1", "press", _("Fix it: the first suggestion")),
    Key("2", "press", _("Hand over")),
    Key("3", "press", _("Dismiss with a reason")),
    Key("h", "press", _("Snooze")),
    Key("z", "undo", _("Undo the last change")),
)
GROUPS = ((_("Everywhere"), GLOBAL), (_("Lists"), LISTS), (_("Records"), RECORDS), (_("Exceptions"), INBOX))
KEY_MAP = {key.keys: key.act for _title, keys in GROUPS for key in keys if key.act != "press"}
