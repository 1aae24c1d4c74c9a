"""Test records of customers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import factory

from customers import models
from customers.ticket_states import Direction, TicketChannel
from ordermgmt.factories import UserFactory

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class CustomerFactory(factory.django.DjangoModelFactory[models.Customer]):
    """A customer with a default address in Sweden: `address=False` leaves it out, `address__city=…` changes it."""

    class Meta:
        model = models.Customer
        skip_postgeneration_save = True

    number = factory.Sequence(lambda n: f"C-{900_000 + n}")
    name = factory.Sequence(lambda n: f"Maria Lindqvist {n}")
    email = factory.Sequence(lambda n: f"maria{n}@customer.example")
    phone = "+46701740605"
    phone_digits = "46701740605"
    created_at = NOW

    @factory.post_generation
    def address(self: Any, create: bool, extracted: bool | None, **facts: Any) -> None:
        if extracted is not False:
            AddressFactory(**{"customer": self, "name": self.name, **facts})


class AddressFactory(factory.django.DjangoModelFactory[models.Address]):
    class Meta:
        model = models.Address

    customer = factory.SubFactory(CustomerFactory, address=False)
    name = "Maria Lindqvist"
    line1 = "Storgatan 12"
    city = "Stockholm"
    postcode = "114 55"
    country = "SE"
    phone = "+46701740605"
    is_default = True
    created_at = NOW


class ConsentFactory(factory.django.DjangoModelFactory[models.Consent]):
    class Meta:
        model = models.Consent

    customer = factory.SubFactory(CustomerFactory)
    kind = models.ConsentKind.NEWSLETTER
    is_granted = True
    source = "Checkout"
    at = NOW


class ChannelIdentityFactory(factory.django.DjangoModelFactory[models.ChannelIdentity]):
    class Meta:
        model = models.ChannelIdentity

    customer = factory.SubFactory(CustomerFactory)
    channel = "shop"
    external_id = factory.Sequence(lambda n: str(7_000_000 + n))


class FollowUpFactory(factory.django.DjangoModelFactory[models.FollowUp]):
    class Meta:
        model = models.FollowUp

    customer = factory.SubFactory(CustomerFactory)
    person = factory.SubFactory(UserFactory)
    text = "Call back about the cup that broke"
    due_on = date(2026, 11, 23)
    created_at = NOW
    created_by = "Ana"


class TicketFactory(factory.django.DjangoModelFactory[models.Ticket]):
    """A new ticket of a customer, without messages."""

    class Meta:
        model = models.Ticket

    number = factory.Sequence(lambda n: f"T-{900_000 + n}")
    subject = "My parcel did not arrive"
    channel = TicketChannel.MAIL
    customer = factory.SubFactory(CustomerFactory)
    name = "Maria Lindqvist"
    email = factory.LazyAttribute(lambda ticket: ticket.customer.email if ticket.customer else "maria@customer.example")
    created_at = NOW
    last_in_at = factory.SelfAttribute("created_at")
    answer_due_at = factory.LazyAttribute(lambda ticket: ticket.created_at + timedelta(hours=4))
    solve_due_at = factory.LazyAttribute(lambda ticket: ticket.created_at + timedelta(days=3))
    due_at = factory.SelfAttribute("answer_due_at")


class TicketMessageFactory(factory.django.DjangoModelFactory[models.TicketMessage]):
    class Meta:
        model = models.TicketMessage

    ticket = factory.SubFactory(TicketFactory)
    written_to = factory.SelfAttribute("ticket")
    direction = Direction.IN
    author = "Maria Lindqvist"
    body = "It should have come on Friday. Where is it?"
    at = NOW


class TicketFileFactory(factory.django.DjangoModelFactory[models.TicketFile]):
    class Meta:
        model = models.TicketFile

    message = factory.SubFactory(TicketMessageFactory)
    name = "box.png"
    content_type = "image/png"
    size = 5
    sha256 = "0" * 64
    file = "tickets/00/" + "0" * 64


class CannedReplyFactory(factory.django.DjangoModelFactory[models.CannedReply]):
    class Meta:
        model = models.CannedReply

    name = factory.Sequence(lambda n: f"Where is it {n}")
    body = "Hi {customer first name},\n\n{say sentence}\n\n{my name}"
    changed_at = NOW
    changed_by = "Ana"


class InboundMailFactory(factory.django.DjangoModelFactory[models.InboundMail]):
    class Meta:
        model = models.InboundMail

    sha256 = factory.Sequence(lambda n: f"{n:064x}")
    file = factory.LazyAttribute(lambda mail: f"mail/{mail.sha256[:2]}/{mail.sha256}")
    size = 400
    source = "test"
    sender = "maria@customer.example"
    subject = "My parcel"
    received_at = NOW


class FeedbackFactory(factory.django.DjangoModelFactory[models.Feedback]):
    """Asked; `FeedbackFactory(score=2)` was answered at `given_at`."""

    class Meta:
        model = models.Feedback

    customer = factory.SubFactory(CustomerFactory)
    order_number = factory.Sequence(lambda n: f"SO-{800_000 + n}")
    contents = "Coffee beans 1 kg"
    token = factory.Sequence(lambda n: f"token-{n}")
    asked_at = NOW
    expires_at = NOW + timedelta(days=60)
    status = factory.LazyAttribute(lambda o: "given" if o.score else "asked")
    score = None
    given_at = factory.LazyAttribute(lambda o: NOW if o.score else None)


class PersonalExportFactory(factory.django.DjangoModelFactory[models.PersonalExport]):
    class Meta:
        model = models.PersonalExport

    customer = factory.SubFactory(CustomerFactory)
    asked_by = factory.SubFactory(UserFactory)
    asked_at = NOW
