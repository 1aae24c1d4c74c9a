"""From where something is done: the address and the request that the server is answering, kept by its logger.

Rows of people's deeds remember both; work in the background has neither.
"""

from typing import NamedTuple

from structlog.contextvars import get_contextvars


class Origin(NamedTuple):
    """An IP address, and the id under which the logs speak of the request; both empty outside of one."""

    ip: str
    request_id: str


def origin() -> Origin:
    known = get_contextvars()
    return Origin(str(known.get("ip") or "")[:45], str(known.get("request_id") or "")[:36])
