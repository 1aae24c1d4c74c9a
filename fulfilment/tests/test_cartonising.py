"""Cartons: everything fits, nothing is lost, and real orders need about as few boxes as a known packer."""

import csv
from collections import Counter, defaultdict
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from fulfilment.cartonising import Box, Thing, holds, suggest

SMALL = Box(1, (200, 150, 100), 80, 5_000)
LARGE = Box(2, (400, 300, 300), 250, 15_000)


def test_the_smallest_box_that_takes_everything() -> None:
    (filled,) = suggest([Thing(1, (190, 140, 45), 500), Thing(2, (140, 190, 45), 500)], [LARGE, SMALL])
    assert filled.box == SMALL
    assert filled.weight_g == 1_080


def test_things_are_turned() -> None:
    assert holds(SMALL, [Thing(1, (100, 200, 150), 1)])
    assert not holds(SMALL, [Thing(1, (201, 10, 10), 1)])


def test_the_weight_limit_opens_a_second_box() -> None:
    filled = suggest([Thing(key, (10, 10, 10), 3_000) for key in range(2)], [SMALL])
    assert [len(carton.things) for carton in filled] == [1, 1]


def test_volume_alone_is_not_enough() -> None:
    assert not holds(SMALL, [Thing(key, (110, 110, 90), 1) for key in range(2)])


def test_a_thing_too_large_for_every_box_is_named() -> None:
    (filled,) = suggest([Thing(1, (900, 10, 10), 10)], [SMALL, LARGE])
    assert not filled.fits
    assert filled.box == LARGE


def test_unknown_sizes_go_by_weight() -> None:
    (filled,) = suggest([Thing(1, (0, 0, 0), 400)], [SMALL, LARGE])
    assert filled.fits
    assert filled.box == SMALL


SIZES = st.tuples(*(st.integers(1, 300) for _ in range(3)))


@given(st.lists(st.builds(Thing, st.integers(0, 9), SIZES, st.integers(0, 4_000)), min_size=1, max_size=12))
def test_nothing_is_lost_and_limits_hold(things: list[Thing]) -> None:
    filled = suggest(things, [SMALL, LARGE])
    assert Counter(thing for carton in filled for thing in carton.things) == Counter(things)
    for carton in filled:
        assert carton.fits
        assert sum(thing.weight_g for thing in carton.things) <= carton.box.max_weight_g
        assert sum(t.size[0] * t.size[1] * t.size[2] for t in carton.things) <= carton.box.volume


def _rows(path: Path) -> list[list[str]]:
    return list(csv.reader(path.read_text().splitlines()))


def test_real_orders_need_about_as_few_boxes_as_boxpacker(samples: Path) -> None:
    folder = samples / "packing" / "boxpacker_orders"
    boxes = [
        Box(place, (int(row[5]), int(row[6]), int(row[7])), int(row[4]), int(row[8]) - int(row[4]))
        for place, row in enumerate(_rows(folder / "boxes.csv"))
    ]
    orders: dict[str, list[Thing]] = defaultdict(list)
    for order, quantity, _item, width, length, depth, weight in _rows(folder / "items.csv"):
        orders[order] += [Thing(0, (int(width), int(length), int(depth)), int(weight))] * int(quantity)
    baseline = {row[0]: int(row[4]) for row in _rows(folder / "baseline.csv")}
    ours = {order: suggest(things, boxes) for order, things in orders.items() if len(things) <= 150}
    known = {order: filled for order, filled in ours.items() if all(carton.fits for carton in filled)}
    assert len(known) > 0.95 * len(orders)
    used, needed = sum(map(len, known.values())), sum(baseline[order] for order in known)
    assert used <= 1.03 * needed, (used, needed)
