"""What the scan screens work with: the task as the engine reads it (docs/scanning.md)."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from fulfilment.actions.bench import at_bench, works_here
from fulfilment.actions.boxing import as_box, box_types, suggested, things_of, weight_of
from fulfilment.actions.walking import Place, place_of, wants_place
from fulfilment.cartonising import suggest
from fulfilment.models import BoxType, FulfilmentLine, FulfilmentOrder, Label, PackBox, Shipment, Wave
from fulfilment.reports import Pick, Progress, lines_to_pack, progress_of
from fulfilment.scans import item_codes
from fulfilment.states import LabelState, ShipmentStatus, Verdict, WorkStatus
from inventory.models import Sku
from ordermgmt import codes
from ordermgmt.clock import local_time
from ordermgmt.models import User

# How many stops the screen can go on with by itself while the network is away.
STOPS_AHEAD = 40


def home_task() -> dict[str, Any]:
    return {
        "station": "home",
        "id": "",
        "step": "idle",
        "prompt": _("Scan a wave or a tote"),
        "expect": [],
        "known": {},
        "wrong": "",
        "commands": [],
        "view": {},
    }


# Picking -----------------------------------------------------------------------------------------
def pick_task(wave: Wave) -> dict[str, Any]:
    """The next scan of a wave, and the ones after it."""
    place = place_of(wave)
    first, *ahead = _steps(wave, place)
    return {
        "station": "pick",
        "id": wave.number,
        **first,
        "known": _known(place.picks),
        "wrong": first.get("wrong", ""),
        "commands": ["UNDO", "SHORT", "SKIP", "PAUSE"],
        "ahead": ahead,
    }


def _steps(wave: Wave, place: Place) -> list[dict[str, Any]]:
    """From where the picker stands to the end of the walk."""
    steps: list[dict[str, Any]] = []
    tote = wave.at_tote
    if place.step == "tote":
        steps.append(_tote_step(wave, wave.awaits_tote, _last_done(place, wave.awaits_tote), place))
        tote = wave.awaits_tote
    stands_at = wave.at_bin_id
    for pick in [one for one in place.picks if not one.is_done][:STOPS_AHEAD]:
        if wants_place(pick, place.picks) and pick.bin.pk != stands_at:
            steps.append(_place_step(pick, place))
        stands_at = pick.bin.pk
        steps.append(_item_step(pick, place))
        if pick.tote and pick.tote != tote:
            steps.append(_tote_step(wave, pick.tote, pick, place))
            tote = pick.tote
    return [*steps, _end_step(wave, place)]


def _view(pick: Pick, place: Place, **more: Any) -> dict[str, Any]:
    number = place.picks.index(pick) + 1
    return {
        "line": number,
        "lines": len(place.picks),
        "done": sum(one.is_done for one in place.picks),
        "place": pick.bin.code,
        "item": pick.sku.name,
        "code": pick.sku.code,
        "barcode": pick.sku.barcode or pick.sku.code,
        "tail": pick.tail,
        "image": pick.sku.image.url if pick.sku.image else "",
        "lot": pick.lot.code if pick.lot else "",
        "quantity": pick.quantity,
        "picked": pick.picked,
        "left": pick.left,
        "tote": pick.tote,
        "orders": pick.orders,
        **more,
    }


def _place_step(pick: Pick, place: Place) -> dict[str, Any]:
    expect = {"codes": _named(codes.BIN, pick.bin.code), "units": 1, "left": 1, "verdict": Verdict.ACCEPTED}
    return {
        "step": "location",
        "prompt": _("Go to %(place)s and scan it") % {"place": pick.bin.code},
        "expect": [{**expect, "message": pick.bin.code}],
        "wrong": _("You scanned {code}. Go to %(place)s first") % {"place": pick.bin.code},
        "view": _view(pick, place),
    }


def _item_step(pick: Pick, place: Place) -> dict[str, Any]:
    return {
        "step": "item",
        "prompt": _("Scan %(item)s, %(left)s more") % {"item": pick.sku.name, "left": pick.left},
        "expect": _codes_of(pick.sku, pick.left, line=f"{pick.bin.code} {pick.sku.code}"),
        "wrong": _("You scanned {code}. This line needs %(item)s") % {"item": pick.sku.name},
        "view": _view(pick, place),
    }


def _codes_of(sku: Sku, left: int, *, line: str) -> list[dict[str, Any]]:
    """Every code that is right for this line; they count down together."""
    return [
        {
            "codes": [code],
            "units": units,
            "left": left,
            "line": line,
            "verdict": Verdict.LINE_DONE if left == units else Verdict.ACCEPTED,
            "message": sku.name,
        }
        for code, units in item_codes(sku).items()
    ]


def _tote_step(wave: Wave, tote: str, pick: Pick, place: Place) -> dict[str, Any]:
    expect = {"codes": _named(codes.TOTE, tote), "units": 1, "left": 1, "verdict": Verdict.ACCEPTED}
    return {
        "step": "tote",
        "prompt": _("Put it into tote %(tote)s and scan the tote") % {"tote": tote},
        "expect": [{**expect, "message": _("Tote %(tote)s") % {"tote": tote}}],
        "wrong": _("{code}. This goes into tote %(tote)s") % {"tote": tote},
        "view": _view(pick, place, tote=tote, picked=pick.quantity, left=0),
    }


def _end_step(wave: Wave, place: Place) -> dict[str, Any]:
    done = progress_of(place.picks)
    return {
        "step": "end",
        "prompt": _("Wave done. Take the cart to the packing bench"),
        "expect": [],
        "wrong": "",
        "view": {
            "line": done.lines,
            "lines": done.lines,
            "done": done.lines,
            "sum": _sum(done),
        },
    }


def _sum(done: Progress) -> str:
    units = ngettext("%(n)s unit", "%(n)s units", done.units_picked) % {"n": done.units_picked}
    facts = {"units": units, "orders": done.orders, "short": done.units_short}
    if done.units_short:
        words = ngettext(
            "%(units)s for %(orders)s order, %(short)s short",
            "%(units)s for %(orders)s orders, %(short)s short",
            done.orders,
        )
        return words % facts
    return ngettext("%(units)s for %(orders)s order", "%(units)s for %(orders)s orders", done.orders) % facts


def _last_done(place: Place, tote: str) -> Pick:
    mine = [pick for pick in place.picks if pick.tote == tote and pick.is_done]
    return mine[-1] if mine else place.picks[-1]


def _named(kind: str, name: str) -> list[str]:
    return [codes.printed(kind, name), name]


def _known(picks: Sequence[Pick]) -> dict[str, str]:
    """Codes of the walk that can be named when they are wrong now."""
    known: dict[str, str] = {}
    for pick in picks:
        known[codes.printed(codes.BIN, pick.bin.code)] = pick.bin.code
        known |= dict.fromkeys(item_codes(pick.sku), pick.sku.name)
        if pick.tote:
            known[codes.printed(codes.TOTE, pick.tote)] = _("Tote %(tote)s") % {"tote": pick.tote}
    return known


# Packing -----------------------------------------------------------------------------------------
def pack_task(number: str, by: User, *, has_scale: bool) -> dict[str, Any]:
    """What the bench works on: an order, its label, or nothing yet."""
    work = at_bench(number, by)
    if work is None:
        return _idle(number, by)
    if work.status == WorkStatus.PACKED:
        return _label_step(work, by) or _idle(number, by)
    return _packing_step(work, by, has_scale=has_scale)


def _bench(step: str, number: str, prompt: str, by: User, **more: Any) -> dict[str, Any]:
    base = {"station": "pack", "id": number, "step": step, "prompt": prompt, "expect": [], "known": {}, "wrong": ""}
    view = {"queue": queue(by), **more.pop("view", {})}
    return {**base, "commands": ["UNDO", "NEXTBOX", "DONE", "PAUSE", "REPRINT"], "view": view, **more}


def _idle(number: str, by: User) -> dict[str, Any]:
    wave = number if number.startswith(codes.WAVE) else ""
    prompt = _("Scan a tote, an order or a single item")
    return _bench("idle", wave, prompt, by, view={"wave": wave})


def queue(by: User) -> dict[str, Any]:
    """What waits for the benches of this person's warehouses."""
    works = works_here(by).filter(status=WorkStatus.PICKED)
    totes = works.filter(is_single=False).order_by("ship_by", "pk").values_list("tote", "number", "wave__number")[:12]
    return {
        "totes": [{"tote": tote or number, "wave": wave or ""} for tote, number, wave in totes],
        "singles": works.filter(is_single=True).count(),
        "to_label": works_here(by)
        .filter(status=WorkStatus.PACKED, shipments__status=ShipmentStatus.PACKED)
        .distinct()
        .count(),
    }


def _packing_step(work: FulfilmentOrder, by: User, *, has_scale: bool) -> dict[str, Any]:
    lines = list(lines_to_pack().filter(work=work))
    open_lines = [line for line in lines if line.packed < line.picked]
    view = _order_view(work, lines, by)
    if not open_lines:
        step, prompt = ("weigh", _("Weigh the box")) if has_scale else ("finish", _("Scan DONE to print the label"))
        return _bench(step, work.number, prompt, by, view=view)
    line = open_lines[0]
    prompt = _("Scan %(item)s, %(left)s more") % {"item": line.sku.name, "left": line.picked - line.packed}
    return _bench(
        "item",
        work.number,
        prompt,
        by,
        view=view,
        expect=[one for line in lines for one in _codes_of(line.sku, line.picked - line.packed, line=str(line.pk))],
        wrong=_("{code} is not in %(order)s. Take it out") % {"order": work.order.number},
    )


def _order_view(work: FulfilmentOrder, lines: Sequence[FulfilmentLine], by: User) -> dict[str, Any]:
    types, order = box_types(), work.order
    boxes = list(work.boxes.all())
    box = boxes[-1] if boxes else None
    suggestion = suggested(_still_to_box(box, lines), types)
    chosen = box.box if box and box.box else suggestion
    weight = weight_of(_still_to_box(box, lines), chosen)
    return {
        "order": order.number,
        "work": work.number,
        "name": order.recipient,
        "way": _way(work),
        "note": order.note,
        "gift": order.is_gift,
        "lines": [_line_view(line) for line in lines],
        "boxes": [{"code": row.code, "name": row.name, "command": _box_command(row)} for row in types],
        "box": chosen.code if chosen else "",
        "suggested": suggestion.code if suggestion else "",
        "cartons": _cartons_needed(lines, types),
        "carton": box.position if box else 1,
        "weight_g": box.weight_g if box else None,
        "expected_g": weight.expected_g,
        "slack_g": weight.slack_g,
    }


def _way(work: FulfilmentOrder) -> list[str]:
    """Where it goes, how, until when, and what it stands in."""
    order = work.order
    place = " ".join(part for part in (order.ship_postcode, order.ship_city, order.ship_country) if part)
    due = local_time(work.ship_by, work.warehouse.time_zone) if work.ship_by else ""
    parts = [
        place,
        order.shipping_method,
        _("ship by %(time)s") % {"time": due} if due else "",
        _("tote %(tote)s") % {"tote": work.tote} if work.tote else "",
    ]
    return [part for part in parts if part]


def _box_command(row: BoxType) -> str:
    return codes.printed(codes.COMMAND, f"BOX-{row.code}")


def _line_view(line: FulfilmentLine) -> dict[str, Any]:
    sku: Sku = line.sku
    return {
        "item": sku.name,
        "code": sku.code,
        "tail": (sku.barcode or sku.code)[-3:],
        "need": line.picked,
        "have": line.packed,
        "image": sku.image.url if sku.image else "",
    }


def _still_to_box(box: PackBox | None, lines: Sequence[FulfilmentLine]) -> list[tuple[FulfilmentLine, int]]:
    """What the open carton holds and will hold: its own units and those not scanned yet."""
    inside = {item.line_id: item.quantity for item in box.items.all()} if box else {}
    return [(line, units) for line in lines if (units := inside.get(line.pk, 0) + line.picked - line.packed)]


def _cartons_needed(lines: Sequence[FulfilmentLine], types: Sequence[BoxType]) -> int:
    filled = suggest(things_of([(line, line.picked) for line in lines]), [as_box(row) for row in types])
    return len(filled)


def _label_step(work: FulfilmentOrder, by: User) -> dict[str, Any] | None:
    """The labels of a packed order. The server alone judges: the next tote or item may be scanned as well."""
    shipment = work.shipments.filter(status=ShipmentStatus.PACKED).order_by("-pk").first()
    if shipment is None:
        return None
    labels = list(_labels(shipment))
    lines = list(lines_to_pack().filter(work=work))
    return _bench(
        "label",
        work.number,
        _("Put the label on the box and scan it"),
        by,
        view={**_order_view(work, lines, by), "shipment": shipment.number, "labels": _label_views(labels)},
    )


def _labels(shipment: Shipment) -> Sequence[Label]:
    labels = Label.objects.filter(carton__shipment=shipment).filter(Q(state=LabelState.MADE))
    return list(labels.select_related("carton", "document").order_by("carton__position"))


def _label_views(labels: Sequence[Label]) -> list[dict[str, Any]]:
    return [
        {
            "id": label.pk,
            "number": label.tracking_number,
            "carton": label.carton.position,
            "state": _print_state(label),
            "scanned": label.scanned_at is not None,
        }
        for label in labels
    ]


def _print_state(label: Label) -> str:
    """printed, waiting or failed: the paper of the label as the document job left it."""
    document = label.document
    if document is None or document.stored_at:
        return "printed"
    return "failed" if document.dead_at or document.last_error else "waiting"
