"""Three lines of help for each page (ux.md P51): what it is for, what to do first, what is easily missed."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class PageHelp:
    title: Any
    url_name: str
    permission: str
    lines: tuple[Any, Any, Any]

    @property
    def href(self) -> str:
        """Empty where the page is one of a record."""
        try:
            return reverse(self.url_name) if self.url_name else ""
        except NoReverseMatch:
            return ""


PAGES = (
    PageHelp(_("Exceptions"), "exception_list", "exceptions.work", (
        _("What a person must decide, one line for each cause. It closes by itself when the cause is gone."),
        _("J and K walk the queue; 1 fixes, 2 hands over, 3 dismisses, H snoozes, Z takes back."),
        _("Problems everybody should know of stand on top; customers of touched orders read their own words."),
    )),
    PageHelp(_("Orders"), "order_list", "orders.view", (
        _("Every order with the one state people say of it, and why it waits."),
        _("Choose a view at the top, or type a number, a name or a phone number into the search."),
        _("Choose rows with X to hold, release, tag or cancel many; what cannot be done is said first."),
    )),
    PageHelp(_("One order"), "", "orders.view", (
        _("The card at the top says why it waits, who acts next and what mends it."),
        _("Edit, address, split and cancel are under More; each shows what it changes before it does it."),
        _("Customer pages and mails: under More, to see what the customer sees or to send a message again."),
    )),
    PageHelp(_("Incoming documents"), "inbound_list", "orders.intake", (
        _("Everything shops and files sent, kept as it came; nothing is dropped."),
        _("Held ones name the place in the document. Say once which item is meant; all that wait go on."),
        _("A changed document is a proposal: look at the difference, then accept or reject it."),
    )),
    PageHelp(_("Plans"), "plan_list", "subscriptions.view", (
        _("What customers can subscribe to: contents, price, cadence and rules, in versions."),
        _("Edit makes a draft; the preview beside it shows the first deliveries and charges. Review, then publish."),
        _("Subscribers keep their version. Their price changes only with notice, each at their own next charge."),
    )),
    PageHelp(_("Tickets"), "ticket_list", "tickets.work", (
        _("What customers wrote to us, by mail or from their pages; what is due next stands on top."),
        _("Take one, choose a canned reply, send. The mail leaves in a minute; until then Undo stops it."),
        _("Mail that machines wrote is set aside under Mail that came in; open a ticket from it when it was a person."),
    )),
    PageHelp(_("Customers"), "customer_list", "customers.view", (
        _("Who buys, what comes next for them, what they owe and when somebody last spoke with them."),
        _("At risk are those with a failed payment, two skips in a row, or an end that is planned."),
        _("Two rows for one person are merged; their orders stay."),
    )),
    PageHelp(_("One customer"), "", "customers.view", (
        _("Read out the sentence at the top; open things stand below with their reason, the worst first."),
        _("R repeats the last order, K skips the next delivery, E changes the address, C copies the sentence."),
        _("Each sum under Money opens exactly its rows; More has links, credit and their page as they see it."),
    )),
    PageHelp(_("Inventory"), "inventory_list", "inventory.view", (
        _("What we have, what is promised, and where it lies."),
        _("Open an item for its ledger: every unit that came or went, who, when and why."),
        _("Numbers change only by receiving, moving, counting or adjusting with a reason."),
    )),
    PageHelp(_("Reports"), "report_list", "reports.view", (
        _("Figures of a period beside the period before; every number opens exactly the rows it counts."),
        _("Open a figure for its definition, target, notes and course; the first of Your tiles stand at the top."),
        _("Days that are not over are left out of promises; below 20 rows the counts stand instead of a percentage."),
    )),
    PageHelp(_("Counts"), "count_list", "inventory.view", (
        _("Places to be counted, because a pick found too little or a lead asked for it."),
        _("Scan the place, count what lies there; the books are not shown, so that the count is honest."),
        _("Far off the books, another person counts again; then a lead decides. Picks leave the place alone until then."),
    )),
    PageHelp(_("First page"), "home", "search.use", (
        _("What waits for your role now; every number opens its rows, and the page refreshes by itself."),
        _("Support types what a caller says: the row answers, and the sentence to say stands under the field."),
        _("Managers read at most five sentences; one can be hidden until tomorrow, with a reason."),
    )),
    PageHelp(_("Audit log"), "audit_log", "audit.view", (
        _("Every deed: who, on which record, what was before and after, from where and when."),
        _("Filter by person, kind or number of the record, deed and days; a line opens all of its record."),
        _("Personal data are masked here and in the export; the record itself shows them to those who may see it."),
    )),
    PageHelp(_("Shift board"), "shift_orders", "fulfilment.view", (
        _("What must leave today, how far it is, and when it will be done at the pace of the last hour."),
        _("Press any number to see its orders. A truck with a triangle will not get all of its parcels."),
        _("Wall screen shows the same in large on a dark ground. The trucks' times are kept with the carriers."),
    )),
    PageHelp(_("Waves"), "wave_list", "fulfilment.release", (
        _("What can be picked now, put together so that one walk serves many orders."),
        _("Make a wave by cut-off or carrier; pickers find it on their scanner at once."),
        _("An order that was put on hold stops at the next scan; its tote goes to shelf H."),
    )),
    PageHelp(_("Pick"), "scan_pick", "fulfilment.pick", (
        _("Scan the place, then the item; the screen says what is next."),
        _("Not there? Press Short: the lead is told and you go on with the next line."),
        _("A wrong item is said before you put it in. Nothing has to be corrected later."),
    )),
    PageHelp(_("Pack"), "scan_pack", "fulfilment.pack", (
        _("Scan the tote, then each item, then the printed label. That hands the parcel over."),
        _("The box is proposed; scan another box to take that one."),
        _("Printer silent? Check cable and paper, then press Reprint."),
    )),
    PageHelp(_("Workflow map"), "flow", "reports.view", (
        _("Where all open orders stand, from the shop to the door, each at exactly one step."),
        _("Read the sentence at the top: it names the step where most are past their target, and opens them."),
        _("Every number opens its orders. Under Last 7 days you see how long they stayed; Slow means longer than 9 of 10."),
    )),
    PageHelp(_("Shipments"), "shipment_list", "fulfilment.view", (
        _("Every parcel with what the carrier says about it."),
        _("Start with Problems: failed, delayed, coming back, or silent for 48 hours."),
        _("Note what you heard on the phone as an event; the customer's page shows it."),
    )),
    PageHelp(_("Invoices"), "invoice_list", "orders.finance", (
        _("One invoice for each parcel that left, numbered without gaps."),
        _("Overdue ones come first; open one for its PDF and its order."),
        _("An invoice is never edited: a credit note corrects it."),
    )),
    PageHelp(_("Payments"), "payment_list", "orders.finance", (
        _("All money that came or went, with the provider's reference."),
        _("Open one to see what can go back; asking for it needs an amount and a reason."),
        _("Waiting lists charges that are due and cannot be made, and why; Paid, not shipped what should have left."),
    )),
    PageHelp(_("Refunds"), "refund_list", "orders.finance", (
        _("Money that is to go back; each waits until somebody approves it."),
        _("Open the first under Wait for approval, read why, then approve or refuse."),
        _("Transfers are paid by hand: write down the reference when it is done. Failed ones can be tried again."),
    )),
    PageHelp(_("Payouts"), "payout_list", "orders.finance", (
        _("What the provider sent to our bank: charges less refunds less fees."),
        _("Match the lines on top, then enter the reference of the bank statement."),
        _("The difference must be 0; anything else is money we do not know."),
    )),
    PageHelp(_("Dunning"), "dunning_list", "orders.finance", (
        _("Invoices whose charge failed, what was tried and said, and what comes next."),
        _("It walks by itself. Step in for a promise, a pause, a try now or another way to pay."),
        _("The box waits meanwhile and holds no stock after its day; paid, it goes on by itself."),
    )),
    PageHelp(_("Sent mail"), "message_list", "messages.view", (
        _("Every message to a customer, as they got it."),
        _("Could not be sent: the reason stands beside it; mend it and send again."),
        _("Each message leaves once; sending again makes a numbered copy."),
    )),
    PageHelp(_("Email templates"), "email_list", "emails.edit", (
        _("The words of every mail to customers, in versions, and when each is sent."),
        _("Open one, type, look at the preview with a real order and the hard cases; then review and publish."),
        _("A draft changes nothing. Any version that was live can be taken back with one button."),
    )),
    PageHelp(_("Feedback"), "feedback_list", "customers.edit", (
        _("What customers say of an order three days after it came, with its products."),
        _("Begin with 1 and 2: open the row, answer by mail, or call and press Fixed, told customer."),
        _("Nobody is asked twice in 30 days; who refused is not asked again."),
    )),
    PageHelp(_("Jobs"), "job_list", "jobs.view", (
        _("What runs by itself, when it last ran and what it did."),
        _("Red means that it failed or is late; run it now to try again."),
        _("Running a job twice changes nothing."),
    )),
    PageHelp(_("Books"), "books", "books.view", (
        _("Proofs that stock, money and orders agree with each other."),
        _("A proof that does not hold names the rows; nothing is mended silently."),
        _("All rows are proved every night, what changed every hour; open a rule for its history and who was told."),
    )),
)  # fmt: skip


def pages_for(request: HttpRequest) -> list[PageHelp]:
    """The pages this person may open."""
    return [page for page in PAGES if request.user.has_perm(page.permission)]
