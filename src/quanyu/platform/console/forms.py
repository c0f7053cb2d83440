"""Forms of deeds: unfold's look on plain form fields, and fields for yuan and quantities."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold import widgets

from quanyu.kernel.actor import Actor
from quanyu.kernel.money import parse_yuan
from quanyu.kernel.period import Period
from quanyu.kernel.quantity import PIECES, parse_quantity

_LOOKS: tuple[tuple[type[forms.Widget], list[str]], ...] = (
    (forms.CheckboxSelectMultiple, []),
    (forms.CheckboxInput, widgets.CHECKBOX_CLASSES),
    (forms.FileInput, []),
    (forms.Textarea, widgets.TEXTAREA_CLASSES),
    (forms.Select, widgets.SELECT_CLASSES),
    (forms.widgets.Input, widgets.INPUT_CLASSES),
)


class DeedForm(forms.Form):
    """Asks what a deed needs. ``actor`` and ``subject`` (the row, if any) let a form offer fitting choices."""

    # Many short fields stand side by side.
    is_grid = False

    def __init__(self, *args: Any, actor: Actor, subject: Any = None, **kwargs: Any) -> None:
        self.actor, self.subject = actor, subject
        super().__init__(*args, **kwargs)
        self.prepare()
        for field in self.fields.values():
            _dress(field.widget)

    def prepare(self) -> None:
        """Fill in choices and initial values; to be overridden."""


class ReasonForm(DeedForm):
    """Asks for a reason, which is written to the audit trail."""

    reason = forms.CharField(label=_("Reason"), min_length=2, max_length=200, widget=forms.TextInput)


class YuanField(forms.CharField):
    """An amount typed in yuan, clean as fen."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=16, **kwargs)

    def clean(self, value: Any) -> int | None:
        """Return fen; ``None`` for an empty field. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_yuan(text.replace(",", "").replace("¥", ""))
        except ValueError:
            raise forms.ValidationError(_("Enter an amount in yuan, such as 12.50.")) from None


class QuantityField(forms.CharField):
    """Pieces, or kilograms of weighed goods; clean as base units. ``signed`` allows less than nothing."""

    def __init__(self, *, signed: bool = False, **kwargs: Any) -> None:
        self.scale, self.signed = PIECES, signed
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal"}), max_length=16, **kwargs)

    def clean(self, value: Any) -> int | None:
        """Return base units; ``None`` for an empty field. Raises ``ValidationError``."""
        text = super().clean(value)
        if not text:
            return None
        is_less = self.signed and text.startswith(("-", "−"))
        try:
            base = parse_quantity(text.lstrip("+-−") if self.signed else text, scale=self.scale).base
        except ValueError:
            raise forms.ValidationError(
                _("Enter a number of pieces, or kilograms with up to three decimals.")
            ) from None
        return -base if is_less else base


class MomentField(forms.DateTimeField):
    """A moment in the stores' time zone."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
        super().__init__(widget=widget, input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"], **kwargs)


def unit_choices(units: Any) -> list[tuple[str, str]]:
    """Return units (with ``id``, ``code`` and names) as choices."""
    from quanyu.platform.console.formats import in_language

    return [(str(unit.id), f"{in_language(unit.name, unit.name_en)} ({unit.code})") for unit in units]


def period_from(start: datetime, end: datetime) -> Period:
    """Return the half-open period. Raises ``ValidationError`` when it is empty."""
    if end <= start:
        raise forms.ValidationError(_("The end must be after the start."))
    return Period(start, end)


def next_hour(days: int = 0) -> datetime:
    """Return the next full hour, some days later, in the stores' time zone."""
    now = timezone.localtime()
    return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1, days=days)


def _dress(widget: forms.Widget) -> None:
    for kind, classes in _LOOKS:
        if isinstance(widget, kind):
            if classes:
                widget.attrs["class"] = " ".join(classes)
            return
