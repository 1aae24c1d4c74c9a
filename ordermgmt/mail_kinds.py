"""What kinds of messages there are: apps say in `mail_kinds.py` when each is sent, and with which facts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from ordermgmt.models.messages import OutgoingMessage

Block = dict[str, str]


@dataclass(frozen=True)
class Field:
    """A fact that words may name. `path` is where it stands in the message's context; `form` how it is written.

    Forms: text, day, time (of a moment), money (in the currency of the context), number, url.
    """

    name: str
    label: Any
    path: str
    form: str = "text"


@dataclass(frozen=True)
class Stop:
    """A condition under which a message is not sent: `holds` looks when it is about to leave."""

    name: str
    words: Any
    holds: Callable[[OutgoingMessage, datetime], bool]
    is_fixed: bool = False


@dataclass(frozen=True)
class MailKind:
    """One kind of message.

    `sample`: a context as the app builds it, for previews before the first one was sent. `parts`: blocks of the
    file template that a version may place, with their names. `starts`: what the first draft begins with.
    Essential kinds cannot be switched off and have no weekly limit. Urgent ones leave at any hour.
    """

    name: str
    title: Any
    when: Any
    group: Any
    fields: tuple[Field, ...]
    sample: Mapping[str, Any]
    subject: str = ""
    preheader: str = ""
    heading: str = ""
    starts: tuple[tuple[str, str], ...] = (("part", "content"), ("button", ""), ("part", "after"))
    parts: Mapping[str, Any] = field(default_factory=lambda: {"content": _("The built-in text"), "after": _("Details")})
    is_essential: bool = True
    is_urgent: bool = False
    has_button: bool = True
    delay: timedelta | None = None
    stops: tuple[Stop, ...] = ()
    rank: int = 50

    @property
    def every_field(self) -> tuple[Field, ...]:
        return (*self.fields, *SHOP_FIELDS)

    def blocks(self) -> list[Block]:
        """What the first draft is made of."""
        return [
            {"type": kind, "name": words, "text": ""} if kind == "part" else {"type": kind, "name": "", "text": words}
            for kind, words in self.starts
        ]


SHOP_FIELDS = (
    Field("shop.brand", _("Our name"), "shop.brand"),
    Field("shop.phone", _("Our phone number"), "shop.phone"),
    Field("shop.hours", _("Our hours"), "shop.hours"),
    Field("shop.email", _("Our e-mail"), "shop.email"),
)
KINDS: dict[str, MailKind] = {}


class UnknownKind(Exception):
    """No app declares messages of this kind."""


def mail_kind(name: str, **facts: Any) -> MailKind:
    """Register a kind of message."""
    KINDS[name] = MailKind(name=name, **facts)
    return KINDS[name]


def kind_of(name: str) -> MailKind:
    try:
        return KINDS[name]
    except KeyError:
        raise UnknownKind(f"There is no kind of message {name!r}. Kinds: {', '.join(sorted(KINDS))}") from None


def kind_words(name: str) -> str:
    """The name people know a kind by."""
    return str(KINDS[name].title) if name in KINDS else name.replace("_", " ").capitalize()


def kinds_in_order() -> list[MailKind]:
    return sorted(KINDS.values(), key=lambda kind: (kind.rank, kind.name))
