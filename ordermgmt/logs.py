"""Structured logs: one JSON object a line in production, readable in development."""

import logging
import re
from collections.abc import MutableMapping
from typing import Any

import structlog
from django.conf import settings


def configure(_config: dict[str, Any]) -> None:
    renderer: Any = structlog.dev.ConsoleRenderer() if settings.DEBUG else structlog.processors.JSONRenderer()
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        hide_tokens,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler()
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processor=renderer, foreign_pre_chain=shared))
    logging.root.handlers = [handler]
    logging.root.setLevel(settings.LOG_LEVEL)
    if settings.LOG_LEVEL != "DEBUG":  # it says a line for each task it hands over
        logging.getLogger("django-q").setLevel(logging.WARNING)


# What a line may say besides the framework's own marks (which begin with an underscore). A key that is not
# named here is written without its value, so that a careless `log.info(…, address=…)` tells nothing.
ALLOWED = frozenset(
    [
        "event",
        "level",
        "logger",
        "timestamp",
        "exception",
        "stack",
        "request",
        "request_id",
        "parent_task_id",
        "task_id",
        "task_name",
        "code",
        "ip",
        "user_id",
        "cluster",
        "group",
        "inbound",
        "job",
        "name",
        "pk",
        "seconds",
        "count",
        "state",
        "status_code",
        "lineno",
    ]
)
_SECRETS = (
    (re.compile(r"/([osp])/[^/\s?'\"]+"), r"/\1/…"),
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]+"), r"\1 …"),
    (re.compile(r"(?i)\b(key|token|code|password|secret|signature)=[^\s&'\"]+"), r"\1=…"),
    (re.compile(r"[\w.+-]+@[\w-]+(\.[\w-]+)+"), "…@…"),
)


def hide_tokens(_logger: Any, _name: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """No log keeps a customer's link, a key, an address: unknown values go, known ones are masked."""
    return {key: _masked(value) if key in ALLOWED or key.startswith("_") else "…" for key, value in line.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        for pattern, mask in _SECRETS:
            value = pattern.sub(mask, value)
    return value
