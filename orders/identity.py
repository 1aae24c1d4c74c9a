"""Is it the customer? What a link alone does not allow: postcode and e-mail of the order, or a code we mailed.

Whoever proved it has a signed cookie for 30 minutes, for this order and this browser only. Codes are kept as
hashes in the cache: 10 minutes, 5 tries, used once, good in the browser that asked. A lost cache costs a new code.
"""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare

from ordermgmt.limits import address_of, may_try
from orders.models import Order

PROOF, ASKED = "proof", "asked"
PROVEN_FOR = timedelta(minutes=30)
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES, CODES_AN_HOUR = 5, 3
TRIES, TRY_SECONDS = 5, 15 * 60
_SALT = "orders.identity"


def is_proven(request: HttpRequest, order: Order, now: datetime) -> bool:
    """True when this browser proved within 30 minutes that it is the customer of this order."""
    facts = _read(request, PROOF)
    return facts.get("order") == order.pk and _age(facts, now) < PROVEN_FOR


def remember(answer: HttpResponse, order: Order, *, token: str, now: datetime) -> None:
    _write(answer, PROOF, {"order": order.pk, "at": now.timestamp()}, token=token, life=PROVEN_FOR)


def knows_order(order: Order, *, email: str, postcode: str) -> bool:
    """Postcode and e-mail as on the order; an order that lacks one of them can only be opened with a code."""
    pairs = ((order.email, email), (order.ship_postcode, postcode))
    if not all(ours for ours, _ in pairs):
        return False
    return all(constant_time_compare(_bare(ours), _bare(theirs)) for ours, theirs in pairs)


def may_prove(request: HttpRequest, order: Order, now: datetime) -> bool:
    """Counts a try to prove it: 5 in 15 minutes for an order, 20 for where it comes from."""
    return may_try("proof", str(order.pk), most=TRIES, seconds=TRY_SECONDS, now=now) and may_try(
        "proof-from", address_of(request), most=4 * TRIES, seconds=TRY_SECONDS, now=now
    )


def may_ask(order: Order, now: datetime) -> bool:
    """Counts a code asked for: 3 an hour for an order."""
    return may_try("code", str(order.pk), most=CODES_AN_HOUR, seconds=3600, now=now)


def new_code() -> str:
    return f"{secrets.randbelow(10**6):06d}"


def keep_code(answer: HttpResponse, order: Order, code: str, *, token: str, now: datetime) -> None:
    """Binds a code to the browser that asked for it."""
    browser = secrets.token_urlsafe(16)
    cache.set(_key(order, browser), _hash(code, browser), CODE_LIFE.total_seconds())
    _write(answer, ASKED, {"order": order.pk, "b": browser, "at": now.timestamp()}, token=token, life=CODE_LIFE)


def use_code(request: HttpRequest, order: Order, code: str, now: datetime) -> bool:
    """True once, for the code that this browser asked for in the last 10 minutes."""
    facts = _read(request, ASKED)
    browser = str(facts.get("b", ""))
    if facts.get("order") != order.pk or _age(facts, now) > CODE_LIFE:
        return False
    if not may_try("code-used", f"{order.pk} {browser}", most=CODE_TRIES, seconds=24 * 3600, now=now):
        return False
    kept = cache.get(_key(order, browser), "")
    # `delete` says who was first: the same code sent twice at once opens once.
    return constant_time_compare(kept, _hash(code, browser)) and bool(cache.delete(_key(order, browser)))


def _bare(text: str) -> str:
    return text.replace(" ", "").replace("-", "").casefold()


def _key(order: Order, browser: str) -> str:
    return f"code:{order.pk}:{browser}"


def _hash(code: str, browser: str) -> str:
    return sha256(f"{settings.SECRET_KEY}|{browser}|{code}".encode()).hexdigest()


def _read(request: HttpRequest, name: str) -> dict[str, object]:
    try:
        facts = signing.loads(request.COOKIES.get(name, ""), salt=f"{_SALT}.{name}")
    except signing.BadSignature:
        return {}
    return dict(facts)


def _age(facts: dict[str, object], now: datetime) -> timedelta:
    return timedelta(seconds=now.timestamp() - float(str(facts.get("at", 0))))


def _write(answer: HttpResponse, name: str, facts: dict[str, object], *, token: str, life: timedelta) -> None:
    answer.set_cookie(
        name,
        signing.dumps(facts, salt=f"{_SALT}.{name}"),
        max_age=life,
        path=f"/o/{token}/",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
