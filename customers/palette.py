"""Commands about tickets."""

from django.utils.translation import gettext_lazy as _

from ordermgmt.commands import command

HERE = r"^/tickets/(?P<number>T-\d+)/"

command(_("Answer ticket"), "/tickets/{number}/#answer", permission="tickets.work", key="m", icon="mail", where=HERE)
command(_("New ticket"), "ticket_new", permission="tickets.work", icon="plus")
command(_("My tickets"), "/tickets/?view=mine", permission="tickets.work", icon="message")
command(_("Tickets past target"), "/tickets/?view=late", permission="tickets.work", icon="clock")
command(_("Canned replies"), "canned_reply_list", permission="tickets.work", icon="note")
