"""What customers are expected to buy and bring in: BG/NBD and gamma-gamma. Pure: no database, no clock.

Fader, Hardie, Lee (2005), Marketing Science 24(2); Fader & Hardie, note 025. Fitted by maximum likelihood with the
simplex method of Nelder and Mead; the published parameters of CDNOW come out (orders/tests/test_customer_value.py).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from math import exp, inf, lgamma, log

MOST_STEPS = 2000
CLOSE = 1e-9


@dataclass(frozen=True, slots=True)
class Buyer:
    """`repeats` after the first purchase, the last of them at age `recency`; watched for `age` (both in weeks)."""

    repeats: int
    recency: float
    age: float


@dataclass(frozen=True, slots=True)
class Buying:
    """Rate of purchases is gamma(r, alpha) among customers, the chance to leave after each is beta(a, b)."""

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float

    def expected(self, t: float) -> float:
        """Repeat purchases of a new customer up to age t."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        share: float = (alpha / (alpha + t)) ** r
        return (a + b - 1) / (a - 1) * (1 - share * _hyp2f1(r, b, a + b - 1, t / (alpha + t)))

    def coming(self, buyer: Buyer, t: float) -> float:
        """Purchases expected of this customer in the next t weeks."""
        r, alpha, a, b = self.r, self.alpha, self.a, self.b
        x, age = buyer.repeats, buyer.age
        reach = _hyp2f1(r + x, b + x, a + b + x - 1, t / (alpha + age + t))
        many: float = (a + b + x - 1) / (a - 1) * (1 - ((alpha + age) / (alpha + age + t)) ** (r + x) * reach)
        left: float = a / (b + x - 1) * ((alpha + age) / (alpha + buyer.recency)) ** (r + x) if x else 0.0
        return many / (1 + left)


@dataclass(frozen=True, slots=True)
class Spending:
    """The mean amount of a purchase varies by gamma-gamma(p, q, v)."""

    p: float
    q: float
    v: float

    def expected(self, repeats: int, mean: float) -> float:
        """Mean amount of the customer's next purchases, given the mean of those seen."""
        return self.p * (self.v + repeats * mean) / (self.p * repeats + self.q - 1)


class TooFew(Exception):
    """There are not enough repeat purchases to learn from."""


def fit_buying(buyers: Iterable[Buyer]) -> Buying:
    counts = Counter(buyers)
    if sum(n for buyer, n in counts.items() if buyer.repeats) < 10:
        raise TooFew("Fewer than 10 customers bought again")
    groups = list(counts.items())
    best, value = _lowest(lambda logs: -_buying_likelihood(groups, *map(exp, logs)), [0.0] * 4)
    r, alpha, a, b = map(exp, best)
    return Buying(r, alpha, a, b, -value)


def _buying_likelihood(groups: Sequence[tuple[Buyer, int]], r: float, alpha: float, a: float, b: float) -> float:
    start = r * log(alpha) - lgamma(r)
    total = 0.0
    for buyer, n in groups:
        x = buyer.repeats
        stays = lgamma(a + b) + lgamma(b + x) - lgamma(b) - lgamma(a + b + x) - (r + x) * log(alpha + buyer.age)
        if x:
            leaves = log(a / (b + x - 1)) + stays + (r + x) * log((alpha + buyer.age) / (alpha + buyer.recency))
            top = max(stays, leaves)
            stays = top + log(exp(stays - top) + exp(leaves - top))
        total += n * (start + lgamma(r + x) + stays)
    return total


def fit_spending(purchases: Iterable[tuple[int, float]]) -> Spending:
    """From (repeat purchases, their mean amount) of the customers who bought again."""
    groups = list(Counter((x, mean) for x, mean in purchases if x > 0 and mean > 0).items())
    if sum(n for _group, n in groups) < 10:
        raise TooFew("Fewer than 10 customers bought again")
    best, _value = _lowest(lambda logs: -_spending_likelihood(groups, *map(exp, logs)), [1.0, 1.0, 2.0])
    p, q, v = map(exp, best)
    return Spending(p, q, v)


def _spending_likelihood(groups: Sequence[tuple[tuple[int, float], int]], p: float, q: float, v: float) -> float:
    total = 0.0
    for (x, mean), n in groups:
        total += n * (
            lgamma(p * x + q) - lgamma(p * x) - lgamma(q) + q * log(v)
            + (p * x - 1) * log(mean) + p * x * log(x) - (p * x + q) * log(x * mean + v)
        )  # fmt: skip
    return total


def _hyp2f1(a: float, b: float, c: float, z: float) -> float:
    """Gauss's series; |z| < 1."""
    term = total = 1.0
    for n in range(100_000):
        term *= (a + n) * (b + n) / (c + n) * z / (n + 1)
        total += term
        if abs(term) < abs(total) * 1e-12:
            break
    return total


Point = list[float]


def _lowest(function: Callable[[Point], float], start: Point) -> tuple[Point, float]:
    """The simplex method, begun again where it ended until nothing is gained."""
    point, value = start, inf
    for _again in range(5):
        found, lower = _simplex(function, point)
        if value - lower < CLOSE:
            return found, lower
        point, value = found, lower
    return point, value


def _simplex(function: Callable[[Point], float], start: Point) -> tuple[Point, float]:
    def valued(point: Point) -> tuple[float, Point]:
        try:
            return function(point), point
        except (OverflowError, ValueError):
            return inf, point

    corners = sorted(
        [valued(start), *(valued([x + 0.5 * (i == j) for j, x in enumerate(start)]) for i in range(len(start)))]
    )
    for _step in range(MOST_STEPS):
        if corners[-1][0] - corners[0][0] < CLOSE:
            break
        middle = [sum(corner[1][j] for corner in corners[:-1]) / len(start) for j in range(len(start))]
        corners = sorted(_moved(corners, middle, valued))
    return corners[0][1], corners[0][0]


def _moved(
    corners: list[tuple[float, Point]], middle: Point, valued: Callable[[Point], tuple[float, Point]]
) -> list[tuple[float, Point]]:
    """The worst corner reflected, stretched or drawn in; else all drawn towards the best."""
    worst = corners[-1]

    def away(factor: float) -> tuple[float, Point]:
        return valued([m + factor * (m - w) for m, w in zip(middle, worst[1], strict=True)])

    reflected = away(1.0)
    if reflected[0] < corners[0][0]:
        return [*corners[:-1], min(reflected, away(2.0))]
    if reflected[0] < corners[-2][0]:
        return [*corners[:-1], reflected]
    drawn = away(0.5 if reflected[0] < worst[0] else -0.5)
    if drawn[0] < min(reflected[0], worst[0]):
        return [*corners[:-1], drawn]
    best = corners[0][1]
    return [
        corners[0],
        *(valued([(x + y) / 2 for x, y in zip(best, corner[1], strict=True)]) for corner in corners[1:]),
    ]
