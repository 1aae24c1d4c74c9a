"""When things happen in tests, unless they say otherwise."""

from datetime import UTC, datetime

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
