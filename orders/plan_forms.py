"""What people type in the editor of a plan and about promotion codes."""

import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext as _g
from django.utils.translation import gettext_lazy as _

from inventory.forms import CURRENCIES, decimal_of
from inventory.models import Sku
from ordermgmt.day_field import DayField
from ordermgmt.money import minor_unit
from orders.billing_states import DiscountKind, PriceModel
from orders.models import Plan, PlanVersion, Promotion
from orders.periods import Interval
from orders.plan_facts import TERMS, known_items
from orders.plan_pricing import TIERED_MODELS, TierError, read_tiers
from orders.plan_rules import ItemFacts, PriceFacts, interval_words, read_interval

MOST_CHOICES = 12
UNITS_WIDGET = forms.NumberInput(attrs={"min": "0", "inputmode": "numeric"})


class MoneyInput(forms.CharField):
    """An amount as people type it; empty is nothing."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            required=False, max_length=20, widget=forms.TextInput(attrs={"inputmode": "decimal"}), **kwargs
        )

    def clean(self, value: Any) -> Any:
        text = super().clean(value)
        amount = decimal_of(text) if text else Decimal(0)
        if amount < 0:
            raise ValidationError(_g("A price cannot be below 0"))
        return amount


class PlanForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, text and terms. `allowed_intervals` are typed as numbers in the unit of the delivery: 2, 4, 6."""

    name = forms.CharField(label=_("Name"), max_length=120, error_messages={"required": _("Enter a name")})
    description = forms.CharField(
        label=_("Text for customers"), required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    allowed_intervals = forms.CharField(
        label=_("Customers may choose every"), required=False, help_text=_("Numbers in the same unit, like 2, 4, 6")
    )

    class Meta:
        model = PlanVersion
        fields: ClassVar = [name for name in TERMS if name != "tax_class"]
        labels: ClassVar = {"deliver_unit": _("Unit"), "bill_unit": _("Unit of charging")}
        help_texts: ClassVar = {
            "bill_every": _("Longer than delivery: paid in advance"),
            "cut_off_days": _("Until the end of that day customers may change it"),
            "choices_per_box": _("Only when customers choose from a group"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("trial_days", "minimum_deliveries", "choices_per_box"):
            self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        for name in ("trial_days", "minimum_deliveries", "choices_per_box"):
            data[name] = data.get(name) or 0
        for name in ("deliver_every", "bill_every"):
            if data.get(name) == 0:
                self.add_error(name, _g("Enter 1 or more"))
        return data

    def clean_allowed_intervals(self) -> list[str]:
        words = re.findall(r"[^,;\s]+", self.cleaned_data["allowed_intervals"])
        unit = self.cleaned_data.get("deliver_unit") or self.data.get("deliver_unit") or "month"
        if len(words) > MOST_CHOICES or not all(word.isdecimal() and 0 < int(word) < 1000 for word in words):
            raise ValidationError(_g("Enter whole numbers like 2, 4, 6"))
        return [f"{number} {unit}" for number in sorted({int(word) for word in words})]

    def _post_clean(self) -> None:
        """The guards of the plan check it as a whole; no version is written from this form."""

    def terms(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.Meta.fields}


def plan_initial(plan: Plan | None, version: PlanVersion) -> dict[str, Any]:
    """What the form shows of a version."""
    own = {name: getattr(version, name) for name in PlanForm.Meta.fields}
    numbers = [str(read_interval(text).every) for text in version.allowed_intervals]
    about = {"name": plan.name, "description": plan.description} if plan else {}
    return {**own, "allowed_intervals": ", ".join(numbers), **about}


_TIER = re.compile(r"^(?P<up_to>\d+|\*)\s*[:=]\s*(?P<amount>[\d.,]+)(?:\s*\+\s*(?P<flat>[\d.,]+))?$")


class PriceForm(forms.Form):
    """The price in one currency."""

    currency = forms.ChoiceField(
        label=_("Currency"), required=False, choices=[("", "–"), *((code, code) for code in CURRENCIES)]
    )
    model = forms.ChoiceField(label=_("Price"), choices=PriceModel.choices, initial=PriceModel.FLAT, required=False)
    amount = MoneyInput(label=_("Amount with tax"))
    set_up_fee = MoneyInput(label=_("Set-up fee, once"))
    tiers = forms.CharField(
        label=_("Tiers"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_(
            "One a line: up to how many boxes, amount, fee. The last with a star: 2: 10.00, 5: 8.00 + 1.50, *: 6.00"
        ),
    )

    def clean_tiers(self) -> list[list[Any]]:
        lines = [part.strip() for part in re.split(r"[\n;]|,\s", self.cleaned_data["tiers"]) if part.strip()]
        found = [_TIER.match(line) for line in lines]
        if not all(found):
            raise ValidationError(_g("Write each tier like 5: 8.00 + 1.50"))
        return [
            [None if m["up_to"] == "*" else int(m["up_to"]), str(decimal_of(m["amount"])),
             str(decimal_of(m["flat"] or "0"))]
            for m in found if m
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        currency = data.get("currency")
        for name in ("amount", "set_up_fee"):
            amount = data.get(name)
            if currency and amount and amount != amount.quantize(minor_unit(currency)):
                self.add_error(name, _g("%(currency)s has fewer decimals") % {"currency": currency})
        if currency and data.get("model") in TIERED_MODELS and "tiers" in data:
            try:
                read_tiers(data["tiers"])
            except TierError as error:
                self.add_error("tiers", str(error))
        return data

    def facts(self) -> PriceFacts | None:
        data = self.cleaned_data
        if not data.get("currency"):
            return None
        return PriceFacts(
            currency=data["currency"],
            model=data["model"] or PriceModel.FLAT,
            amount=data["amount"],
            tiers=data["tiers"] if data["model"] in TIERED_MODELS else [],
            set_up_fee=data["set_up_fee"],
        )


def price_initial(price: PriceFacts) -> dict[str, Any]:
    unit = minor_unit(price.currency)
    rows = [[up_to or "*", amount, *flat] for up_to, amount, *flat in price.tiers]
    lines = [f"{row[0]}: {row[1]}" + (f" + {row[2]}" if len(row) > 2 and Decimal(row[2]) else "") for row in rows]
    return {
        "currency": price.currency,
        "model": price.model,
        "amount": price.amount.quantize(unit) if price.amount else "",
        "set_up_fee": price.set_up_fee.quantize(unit) if price.set_up_fee else "",
        "tiers": "\n".join(lines),
    }


class BasePrices(BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        codes = [form.cleaned_data.get("currency") for form in self.forms if hasattr(form, "cleaned_data")]
        known = [code for code in codes if code]
        if len(known) != len(set(known)):
            raise ValidationError(_g("Each currency has one price."))


class ItemForm(forms.Form):
    """One item of the box."""

    code = forms.CharField(label=_("Item"), required=False, max_length=64)
    quantity = forms.IntegerField(label=_("Units"), required=False, min_value=1, max_value=9_999, widget=UNITS_WIDGET)
    group = forms.CharField(label=_("Group"), required=False, max_length=40)
    month = forms.CharField(label=_("Month"), required=False, widget=forms.TextInput(attrs={"placeholder": "2026-12"}))
    is_default = forms.BooleanField(label=_("Usual"), required=False, initial=True)

    def clean_month(self) -> Any:
        text = self.cleaned_data["month"].strip()
        if not text:
            return None
        try:
            return forms.DateField().to_python(f"{text[:7]}-01")
        except ValidationError:
            raise ValidationError(_g("Write the month like 2026-12")) from None


class BaseItems(BaseFormSet):  # type: ignore[type-arg]
    """The items of the box; rows without a code are left away."""

    def clean(self) -> None:
        wanted = {form.cleaned_data.get("code", "").strip().upper() for form in self.forms if form.is_valid()}
        found = {sku.code.upper(): sku for sku in Sku.objects.filter(code__in=wanted | {c.lower() for c in wanted})}
        self.rows: list[tuple[Sku, dict[str, Any]]] = []
        for form in self.forms:
            code = form.cleaned_data.get("code", "").strip() if form.is_valid() else ""
            if not code:
                continue
            sku = found.get(code.upper())
            if sku is None:
                form.add_error("code", _g("We do not know the item %(code)s") % {"code": code})
                raise ValidationError(_g("We do not know the item %(code)s.") % {"code": code})
            data = form.cleaned_data
            self.rows.append((sku, {"quantity": data["quantity"] or 1, "group": data["group"].strip(),
                                    "month": data["month"], "is_default": data["is_default"]}))  # fmt: skip
        keys = [(sku.pk, facts["group"], facts["month"]) for sku, facts in self.rows]
        if len(keys) != len(set(keys)):
            raise ValidationError(_g("Each item is in the box once. Add its units up."))

    def facts(self) -> list[ItemFacts]:
        return known_items(self.rows)


def item_initial(item: ItemFacts) -> dict[str, Any]:
    month = item.month.strftime("%Y-%m") if item.month else ""
    return {"code": item.code, "quantity": item.quantity, "group": item.group, "month": month,
            "is_default": item.is_default}  # fmt: skip


PriceForms = formset_factory(PriceForm, formset=BasePrices, extra=1, max_num=12)
ItemForms = formset_factory(ItemForm, formset=BaseItems, extra=3, max_num=60)


def cadence_words(every: int, unit: str) -> str:
    """`every 4 weeks`."""
    return _g("every %(interval)s") % {"interval": interval_words(Interval(every, unit))}


class PromotionForm(forms.ModelForm):  # type: ignore[type-arg]
    """A new promotion code."""

    currency = forms.ChoiceField(
        label=_("Currency"), required=False, choices=[("", "–"), *((code, code) for code in CURRENCIES)]
    )
    is_for_ever = forms.BooleanField(label=_("For every charge, for ever"), required=False)

    class Meta:
        model = Promotion
        fields: ClassVar = ["code", "name", "kind", "percent", "amount", "currency", "cycles", "is_for_ever",
                            "starts_on", "ends_on", "most_uses", "most_per_customer", "plans"]  # fmt: skip
        labels: ClassVar = {"cycles": _("For how many charges"), "plans": _("Only for these plans")}
        help_texts: ClassVar = {"ends_on": _("The last day it may be used"), "plans": _("None chosen: for all")}
        widgets: ClassVar = {
            "plans": forms.CheckboxSelectMultiple,
        }
        field_classes: ClassVar = {"starts_on": DayField, "ends_on": DayField}

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        kind = data.get("kind")
        if kind == DiscountKind.PERCENT and not 0 < (data.get("percent") or 0) <= 100:
            self.add_error("percent", _g("Enter a number from 0 to 100"))
        if kind == DiscountKind.AMOUNT and not (data.get("amount") or 0) > 0:
            self.add_error("amount", _g("Enter an amount like 5.00"))
        if kind == DiscountKind.AMOUNT and not data.get("currency"):
            self.add_error("currency", _g("Choose the currency of the amount"))
        if data.get("starts_on") and data.get("ends_on") and data["ends_on"] < data["starts_on"]:
            self.add_error("ends_on", _g("It ends before it begins"))
        return data

    def facts(self) -> dict[str, Any]:
        """What is kept: only the value that belongs to its kind."""
        data = dict(self.cleaned_data)
        kind = data["kind"]
        if data.pop("is_for_ever"):
            data["cycles"] = None
        data["percent"] = data["percent"] if kind == DiscountKind.PERCENT else None
        data["amount"] = data["amount"] if kind == DiscountKind.AMOUNT else None
        data["currency"] = data["currency"] if kind == DiscountKind.AMOUNT else ""
        return data

    def _post_clean(self) -> None:
        """The verb writes it and says what is refused."""
