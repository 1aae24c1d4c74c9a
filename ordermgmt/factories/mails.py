"""Messages, their words and what became of them."""

import factory

from ordermgmt.factories.moments import NOW
from ordermgmt.models import MailAddress, MailEvent, OutgoingMessage, SendRule, TemplateVersion


class OutgoingMessageFactory(factory.django.DjangoModelFactory[OutgoingMessage]):
    class Meta:
        model = OutgoingMessage

    kind = "order_confirmation"
    about = factory.Sequence(lambda n: f"SO-{100_000 + n}")
    thread = factory.SelfAttribute("about")
    recipient = "ann@example.com"
    subject_line = "Thank you for your order"
    text = "Thank you.\n"
    html = "<p>Thank you.</p>"
    created_at = NOW
    due_at = NOW


class TemplateVersionFactory(factory.django.DjangoModelFactory[TemplateVersion]):
    class Meta:
        model = TemplateVersion

    kind = factory.Sequence(lambda n: f"kind-{n}")
    number = factory.Sequence(lambda n: n + 1)
    state = "draft"
    subject = "Order {{ order.number }} left us"
    blocks = factory.List(
        [
            factory.Dict({"type": "part", "name": "content", "text": ""}),
            factory.Dict({"type": "button", "name": "", "text": ""}),
        ]
    )
    made_by = "Ana"
    made_at = NOW


class SendRuleFactory(factory.django.DjangoModelFactory[SendRule]):
    class Meta:
        model = SendRule

    kind = factory.Sequence(lambda n: f"kind-{n}")
    changed_by = "Ana"
    changed_at = NOW


class MailEventFactory(factory.django.DjangoModelFactory[MailEvent]):
    class Meta:
        model = MailEvent

    provider = "postmark"
    event_id = factory.Sequence(lambda n: f"event-{n}")
    kind = "bounced"
    happened_at = NOW
    received_at = NOW


class MailAddressFactory(factory.django.DjangoModelFactory[MailAddress]):
    class Meta:
        model = MailAddress

    address = factory.Sequence(lambda n: f"person{n}@example.com")
