"""How often something may be tried: a number of times in a window of time, counted in the cache."""

from datetime import datetime
from hashlib import sha256

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest


def may_try(what: str, who: str, *, most: int, seconds: int, now: datetime) -> bool:
    """Counts one try and says whether it was among the first `most` of its window.

    Each try takes a slot; `add` hands every slot out once, so that tries at the same moment are counted too.
    Who it was is kept as a hash only.
    """
    window = int(now.timestamp()) // seconds
    key = sha256(f"{what}|{who}|{window}".encode()).hexdigest()
    return any(cache.add(f"try:{key}:{slot}", 1, seconds) for slot in range(most))


def address_of(request: HttpRequest) -> str:
    """Where a request comes from; behind our proxy that is the last hop it names."""
    forwarded = request.headers.get("X-Forwarded-For", "") if settings.SECURE_PROXY_SSL_HEADER else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))
