"""Words, numbers and small marks for templates. A template builtin: no `{% load %}` needed."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from babel import Locale
from babel.numbers import format_decimal, get_currency_symbol
from django import template
from django.conf import settings
from django.forms import BoundField
from django.template import Context
from django.template.loader import get_template
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import conditional_escape, format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from ordermgmt.amounts import amount_words, locale_of, tidy
from ordermgmt.clock import business_zone
from ordermgmt.keyboard import KEY_MAP
from ordermgmt.looks import NEUTRAL, TONES, Look, look_of
from ordermgmt.models.mail_events import MailAddress
from ordermgmt.record_pages import subject_of_page

register = template.Library()
NBSP = "\u00a0"


def _language() -> str:
    return get_language() or settings.LANGUAGE_CODE


def _locale() -> Locale:
    return locale_of(_language())


def _unknown() -> SafeString:
    return format_html('<span aria-hidden="true">–</span><span class="vh">{}</span>', gettext("unknown"))


# Amounts -----------------------------------------------------------------------------------------
@register.filter
def money(amount: Any, currency: str = "") -> str:
    """`{{ order.total|money:order.currency }}` gives €48.20; a money value brings its own currency."""
    if amount is None or amount == "":
        return _unknown()
    code = currency or getattr(amount, "currency", "") or "EUR"
    return amount_words(str(getattr(amount, "amount", amount)), str(code), _language())


@register.filter
def money_short(amount: Any, currency: str = "EUR") -> str:
    """At most three digits and one letter, for charts and tiles: €1.2k."""
    value = Decimal(amount or 0)
    size, letter = next(((s, x) for s, x in ((10**6, "m"), (10**3, "k")) if abs(value) >= s), (1, ""))
    scaled = value / size
    digits = format_decimal(round(scaled, 1 if abs(scaled) < 10 and letter else 0), locale=_locale())
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    return tidy(f"{sign}{get_currency_symbol(currency, locale=_locale())}{digits}{letter}")


@register.filter
def number(value: Any, decimals: int | None = None) -> str:
    """Grouped by the reader's language; unknown is a dash that is read aloud as such."""
    if value is None or value == "":
        return _unknown()
    return _number_words(str(value), decimals, _language())


@lru_cache(maxsize=5000)
def _number_words(value: str, decimals: int | None, language: str) -> str:
    pattern = None if decimals is None else "#,##0" + ("." + "0" * int(decimals) if int(decimals) else "")
    return tidy(format_decimal(Decimal(value), format=pattern, locale=locale_of(language)))


@register.filter
def quantity(value: Any) -> str:
    """A count or weight without needless zeros: 1.500 gives 1.5, 2.000 gives 2."""
    if value is None or value == "":
        return _unknown()
    return number(format(Decimal(str(value)).normalize(), "f"))


@register.filter
def percent(value: Any, decimals: int = 1) -> str:
    """A share of one: 0.968 gives 96.8 %."""
    return _unknown() if value is None else f"{number(Decimal(str(value)) * 100, decimals)}{NBSP}%"


# Times -------------------------------------------------------------------------------------------
def _day_words(value: date, pattern: str) -> str:
    this_year = timezone.now().astimezone(business_zone()).year
    full = pattern if value.year == this_year else f"{pattern} Y"
    # Equal instants may be different days: only bare days are remembered.
    return _day_of(value, full, _language()) if type(value) is date else _formatted(value, full)


@lru_cache(maxsize=5000)
def _day_of(value: date, pattern: str, language: str) -> str:
    return _formatted(value, pattern)


def _formatted(value: date, pattern: str) -> str:
    return date_format(value, pattern).replace(" ", NBSP)


@register.filter
def when(value: datetime | None) -> str:
    """An instant for staff in the business zone: 22 Nov 14:05, with the year if it is not this year."""
    if not value:
        return _unknown()
    local = value.astimezone(business_zone())
    words = f"{_day_words(local.date(), 'j M')}{NBSP}{local:%H:%M}"
    return format_html('<time datetime="{}" title="{}">{}</time>', local.isoformat(), f"{local:%A %Z}", words)


@register.simple_tag
def this_moment() -> str:
    """When a page is printed, in the business zone: 22 Nov 2026 14:05."""
    local = timezone.now().astimezone(business_zone())
    return f"{date_format(local.date(), 'j M Y')} {local:%H:%M}"


@register.filter
def clock_time(value: datetime | None) -> str:
    """Only the time of day in the business zone: 14:05."""
    return f"{value.astimezone(business_zone()):%H:%M}" if value else _unknown()


@register.filter
def seconds_from(until: datetime, now: datetime) -> int:
    """Whole seconds until a moment has surely passed."""
    return max(0, int((until - now).total_seconds()) + 2)


@register.filter
def clock_seconds(value: datetime) -> str:
    """The time of day of a live page in the business zone: 14:05:10."""
    return f"{value.astimezone(business_zone()):%H:%M:%S}"


@register.filter
def day(value: date | datetime | None, pattern: str = "j M") -> str:
    """A business day for staff: 22 Nov. An instant is first put into the business zone."""
    if not value:
        return _unknown()
    local = value.astimezone(business_zone()).date() if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', local.isoformat(), _day_words(local, pattern))


@register.filter
def iso_day(value: str | None) -> str:
    """A day kept as ISO text in JSON: Wed 25 Nov."""
    return weekday(date.fromisoformat(value)) if value else _unknown()


def day_words(value: date | datetime) -> str:
    """A day without markup, for sentences of staff: 22 Nov."""
    return _day_words(value.astimezone(business_zone()).date() if isinstance(value, datetime) else value, "j M")


@register.filter
def weekday(value: date | datetime | None) -> str:
    """A day for customers: Wed 25 Nov."""
    return day(value, "D j M")


@register.filter
def weekday_words(value: date | datetime | None, pattern: str = "D j M") -> str:
    """A day as bare words, for mails and inside sentences: Wed 25 Nov; nothing when there is none."""
    if not value:
        return ""
    local = value.astimezone(business_zone()) if isinstance(value, datetime) and value.tzinfo else value
    return _day_words(local, pattern)


@register.filter
def duration(value: timedelta | float | None) -> str:
    """A length of time in words (seconds or timedelta): 2 d 1 h, 1 h 55 min, 12 min."""
    if value is None:
        return _unknown()
    minutes = int(value.total_seconds() if isinstance(value, timedelta) else value) // 60
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, gettext("d")), (hours, gettext("h")), (0 if days else minutes, gettext("min"))]
    return NBSP.join(f"{n}{NBSP}{unit}" for n, unit in parts if n) or f"0{NBSP}{gettext('min')}"


@register.filter
def age(value: datetime | None) -> str:
    """How long ago an instant was, as help beside the absolute time: 2 d 1 h."""
    return duration(abs(timezone.now() - value)) if value else _unknown()


# Marks -------------------------------------------------------------------------------------------
@lru_cache(maxsize=500)
def _symbol(name: str, css: str) -> SafeString:
    pattern = '<svg class="{}" aria-hidden="true"><use href="{}#{}"></use></svg>'
    return format_html(pattern, css, static("img/sprite.svg"), name)


@register.simple_tag
def icon(name: str, css: str = "") -> SafeString:
    """A decorative 18 px icon from the sprite; the words beside it carry the meaning."""
    return _symbol(name, f"icon {css}".strip())


@register.simple_tag
def shape(tone: str, name: str = "") -> SafeString:
    """The small status mark of a tone, without words: use only next to a word."""
    return _symbol(f"shape-{name or TONES.get(tone, NEUTRAL).shape}", f"shape tone-{tone}")


_MARK_END = SafeString("</span>")


def _mark(look: Look, words: Any, filled: bool) -> SafeString:
    return _mark_start(look, filled) + conditional_escape(words) + _MARK_END


@lru_cache(maxsize=500)
def _mark_start(look: Look, filled: bool) -> SafeString:
    css = f"tag tone-{look.tone}" if filled else f"state tone-{look.tone}"
    return format_html('<span class="{}">{}', css, _symbol(f"shape-{look.shape}", "shape"))


@register.simple_tag
def tag(words: Any, tone: str = "neutral", filled: bool = True, shape: str = "") -> SafeString:
    """A tag with free words: `{% tag "Address not found" "hold" %}`."""
    look = TONES.get(tone, NEUTRAL)
    return _mark(Look(look.tone, shape or look.shape), words, filled)


@register.simple_tag
def state_words(state: tuple[str, Any]) -> SafeString:
    """A state given as (value, words), filled only when a person must act."""
    look = look_of(None, state[0])
    return _mark(look, state[1], look.loud)


@register.simple_tag
def state_tag(record: Any, field: str = "status", filled: bool | None = None) -> SafeString:
    """The state of a record as shape and word; filled only when a person must act (or when told)."""
    look = look_of(record, str(getattr(record, field)))
    return _mark(look, getattr(record, f"get_{field}_display")(), look.loud if filled is None else filled)


@register.simple_block_tag(takes_context=True)
def component(context: Context, content: str, name: str, **parameters: Any) -> str:
    """`{% component "card" title=… %}…{% endcomponent %}`: an include with a body, given as `content`."""
    with context.push(content=content, **parameters):
        return str(get_template(f"components/{name}.html").template.render(context))  # type: ignore[attr-defined]


@register.simple_tag(takes_context=True)
def changes_url(context: Context) -> str:
    """Where an auditor reads all that happened to the record of this page; nothing on other pages or for others."""
    request = context.get("request")
    subject = subject_of_page(getattr(request, "resolver_match", None))
    if not subject or request is None or not request.user.has_perm("audit.view"):
        return ""
    return f"{reverse('audit_log')}?{urlencode({'subject': subject})}"


@register.simple_tag
def script_words() -> SafeString:
    """The sentences the scripts say, as data the page carries (see behaviours/words.js)."""
    return _script_words(_language())


@lru_cache(maxsize=50)
def _script_words(language: str) -> SafeString:
    words = {
        "again": gettext("Try again"),
        "refused": gettext("You may not do this. Ask a lead or an admin."),
        "gone": gettext("This is gone. Reload the page to see what is there now."),
        "fault": gettext("Something went wrong on our side. Nothing was changed. Try again."),
        "silent": gettext("The server did not answer. Check the network."),
        "slow": gettext("The server took longer than 10 s."),
        "copied": gettext("Copied %s"),
        "no-copy": gettext("The browser did not allow copying. Select the text and press Ctrl C."),
        "selected": gettext("%s selected"),
        "stale": gettext("Could not refresh. Showing rows from %s."),
        "undo": gettext("Undo"),
        "close": gettext("Close message"),
    }
    return json_script(words, "script-words")


@register.filter
def labelled(field: BoundField, row: int) -> SafeString:
    """A field in a table, named by its column and row for people who do not see the table."""
    name = f"{field.label}, {gettext('row')} {row}"
    return field.as_widget(attrs={"aria-label": name})


@register.filter
def has_role(user: Any, role: str) -> bool:
    """True when the person has the role: `{% if user|has_role:"lead" %}`."""
    return role in {str(r) for r in getattr(user, "roles", ())}


@register.filter
def country_name(code: str) -> str:
    """SE is Sweden in the reader's language; an unknown code stays as it is."""
    return str(_locale().territories.get(code, code))


@register.filter
def language_words(code: str) -> str:
    """sv is Swedish in the reader's language; an unknown code stays as it is."""
    return str(_locale().languages.get(code.partition("-")[0], code))


# Keys --------------------------------------------------------------------------------------------
_KEY_WORDS = {"Control": "Ctrl", " ": "Space", "Escape": "Esc", "Enter": "↵"}


@register.filter
def key_words(keys: str) -> str:
    """A key combination as printed: Control+k gives Ctrl + K, g o gives G O."""
    if keys == " ":
        return gettext("Space")
    joined, parts = (" + ", keys.split("+")) if "+" in keys else (" ", keys.split(" "))
    return joined.join(_KEY_WORDS.get(part, part.upper() if len(part) == 1 else part) for part in parts)


@register.inclusion_tag("components/palette.html", takes_context=True)
def palette(context: Context) -> dict[str, Any]:
    """The command palette and the key map, once on every staff page; the keys help is fetched when asked for."""
    return {"keys_map": _keys_map(_language()), "user": context["user"]}


@lru_cache(maxsize=50)
def _keys_map(language: str) -> SafeString:
    return json_script(KEY_MAP, "keys-map")


@register.inclusion_tag("components/mail_trouble.html", takes_context=True)
def mail_trouble(context: Context, address: str) -> dict[str, Any]:
    """A banner when mail to an address comes back, or its owner complained; one query."""
    known = MailAddress.objects.filter(address=address.lower()).first() if address else None
    request, user = context["request"], context["user"]
    may_mend = user.has_perm("messages.resend") or user.has_perm("customers.edit")
    return {"known": known, "next": request.path, "may_mend": may_mend, "csrf_token": context.get("csrf_token", "")}
