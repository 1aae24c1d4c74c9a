from customers.models.customers import Address, ChannelIdentity, Consent, ConsentKind, Customer
from customers.models.exports import ExportState, PersonalExport
from customers.models.feedback import Feedback, FeedbackReason
from customers.models.follow_ups import FollowUp
from customers.models.tickets import CannedReply, InboundMail, Ticket, TicketFile, TicketMessage

__all__ = [
    "Address",
    "CannedReply",
    "ChannelIdentity",
    "Consent",
    "ConsentKind",
    "Customer",
    "ExportState",
    "Feedback",
    "FeedbackReason",
    "FollowUp",
    "InboundMail",
    "PersonalExport",
    "Ticket",
    "TicketFile",
    "TicketMessage",
]
