"""When a job is due: pure arithmetic on instants and local days, right across clock changes."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Every:
    """Every so many minutes, counted from the epoch, so that all hosts agree."""

    minutes: int

    @property
    def tick_minutes(self) -> int:
        return self.minutes

    def slot(self, now: datetime) -> datetime:
        """The latest moment at or before `now` at which the job was due."""
        step = timedelta(minutes=self.minutes)
        return EPOCH + (now - EPOCH) // step * step

    def next_slot(self, now: datetime) -> datetime:
        return self.slot(now) + timedelta(minutes=self.minutes)


@dataclass(frozen=True)
class DailyAt:
    """Once a local day. A time the clocks skip is taken one hour later; one they repeat counts once."""

    at: time
    zone: ZoneInfo

    tick_minutes = 5

    def slot(self, now: datetime) -> datetime:
        today = now.astimezone(self.zone).date()
        moment = self._moment(today)
        return moment if moment <= now else self._moment(today - timedelta(days=1))

    def next_slot(self, now: datetime) -> datetime:
        return self._moment(self.slot(now).astimezone(self.zone).date() + timedelta(days=1))

    def _moment(self, day: date) -> datetime:
        return datetime.combine(day, self.at, tzinfo=self.zone).astimezone(UTC)
