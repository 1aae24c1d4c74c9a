"""Is it the customer? What a link alone does not allow: postcode and e-mail of the order (or plan), or a code we mailed.

Whoever proved it has a signed cookie for 30 minutes, for this order or plan and this browser only. Codes are kept as
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
from orders.models import Order, Subscription

Protected = Order | Subscription

PROOF, ASKED = "proof", "asked"
PROVEN_FOR = timedelta(minutes=30)
CODE_LIFE = timedelta(minutes=10)
CODE_TRIES, CODES_AN_HOUR = 5, 3
TRIES, TRY_SECONDS = 5, 15 * 60
_SALT = "orders.identity"


def is_proven(request: HttpRequest, of: Protected, now: datetime, *, within: timedelta = PROVEN_FOR) -> bool:
    """True when this browser proved within 30 minutes (or `within`) that it is the customer of this order or plan."""
    facts = _read(request, PROOF)
    return facts.get("of") == _name(of) and _age(facts, now) < within


def remember(answer: HttpResponse, of: Protected, *, token: str, now: datetime) -> None:
    facts = {"of": _name(of), "at": now.timestamp()}
    _write(answer, PROOF, facts, path=_path(of, token), life=PROVEN_FOR)


def knows_order(of: Protected, *, email: str, postcode: str) -> bool:
    """Postcode and e-mail as on the order or plan; where one of them lacks only a code proves it."""
    pairs = ((email_of(of), email), (postcode_of(of), postcode))
    if not all(ours for ours, _ in pairs):
        return False
    return all(constant_time_compare(_bare(ours), _bare(theirs)) for ours, theirs in pairs)


def may_prove(request: HttpRequest, of: Protected, now: datetime) -> bool:
    """Counts a try to prove it: 5 in 15 minutes for an order, 20 for where it comes from."""
    return may_try("proof", _name(of), most=TRIES, seconds=TRY_SECONDS, now=now) and may_try(
        "proof-from", address_of(request), most=4 * TRIES, seconds=TRY_SECONDS, now=now
    )


def may_ask(of: Protected, now: datetime) -> bool:
    """Counts a code asked for: 3 an hour for an order."""
    return may_try("code", _name(of), most=CODES_AN_HOUR, seconds=3600, now=now)


def new_code() -> str:
    return f"{secrets.randbelow(10**6):06d}"


def keep_code(answer: HttpResponse, of: Protected, code: str, *, token: str, now: datetime) -> None:
    """Binds a code to the browser that asked for it."""
    browser = secrets.token_urlsafe(16)
    cache.set(_key(of, browser), _hash(code, browser), CODE_LIFE.total_seconds())
    facts = {"of": _name(of), "b": browser, "at": now.timestamp()}
    _write(answer, ASKED, facts, path=_path(of, token), life=CODE_LIFE)


def use_code(request: HttpRequest, of: Protected, code: str, now: datetime) -> bool:
    """True once, for the code that this browser asked for in the last 10 minutes."""
    facts = _read(request, ASKED)
    browser = str(facts.get("b", ""))
    if facts.get("of") != _name(of) or _age(facts, now) > CODE_LIFE:
        return False
    if not may_try("code-used", f"{_name(of)} {browser}", most=CODE_TRIES, seconds=24 * 3600, now=now):
        return False
    kept = cache.get(_key(of, browser), "")
    # `delete` says who was first: the same code sent twice at once opens once.
    return constant_time_compare(kept, _hash(code, browser)) and bool(cache.delete(_key(of, browser)))


def email_of(of: Protected) -> str:
    return str(of.email if isinstance(of, Order) else of.customer.email)


def postcode_of(of: Protected) -> str:
    if isinstance(of, Order):
        return str(of.ship_postcode)
    return of.address.postcode if of.address else ""


def _name(of: Protected) -> str:
    """What proofs, codes and tries are counted for."""
    return f"{of._meta.model_name}-{of.pk}"


def _path(of: Protected, token: str) -> str:
    """Where the cookies are sent: the pages of this link only."""
    return f"/{'o' if isinstance(of, Order) else 's'}/{token}/"


def _bare(text: str) -> str:
    return text.replace(" ", "").replace("-", "").casefold()


def _key(of: Protected, browser: str) -> str:
    return f"code:{_name(of)}:{browser}"


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


def _write(answer: HttpResponse, name: str, facts: dict[str, object], *, path: str, life: timedelta) -> None:
    answer.set_cookie(
        name,
        signing.dumps(facts, salt=f"{_SALT}.{name}"),
        max_age=life,
        path=path,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
