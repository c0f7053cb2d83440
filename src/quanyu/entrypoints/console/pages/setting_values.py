"""How values of settings are shown, typed and read again: yuan, numbers with their limits, yes and no, lists."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.kernel.money import format_yuan, parse_yuan
from quanyu.kernel.problem import N_, Invalid
from quanyu.platform.console.formats import number, yuan
from quanyu.platform.console.forms import ReasonForm
from quanyu.platform.settings_tree import Kind, Setting


def title(setting: Setting) -> str:
    """Return what the setting is called; amounts are typed in yuan, so the unit in its title would mislead."""
    return gettext(setting.title).replace(" (fen)", "").replace("（分）", "")


def shown(setting: Setting, value: Any) -> str:
    """Return a value as a person reads it."""
    match setting.kind:
        case Kind.BOOLEAN:
            return gettext("Yes") if value else gettext("No")
        case Kind.FEN:
            return yuan(value)
        case Kind.TEXT_LIST:
            return ", ".join(value) or "–"
        case Kind.CHOICE:
            return gettext(setting.title_of(value))
        case _:
            return str(value) if value != "" else "–"


def typed(setting: Setting, value: Any) -> str:
    """Return a value as it stands in its field."""
    match setting.kind:
        case Kind.FEN:
            return format_yuan(value)
        case Kind.TEXT_LIST:
            return "\n".join(value)
        case _:
            return str(value)


def field_of(setting: Setting) -> dict[str, str]:
    """Return what the browser may know of the field: its type and limits."""
    if setting.kind is Kind.INTEGER:
        ends = {"min": setting.minimum, "max": setting.maximum}
        return {"type": "number", "step": "1", **{name: str(end) for name, end in ends.items() if end is not None}}
    if setting.kind is Kind.FEN:
        return {"type": "text", "inputmode": "decimal"}
    return {"type": "text", "maxlength": "2000"}


def limits(setting: Setting) -> str:
    """Return what may be typed, in words; nothing where everything may."""
    look = yuan if setting.kind is Kind.FEN else number
    least, most = setting.minimum, setting.maximum
    if least is not None and most is not None:
        return gettext("From %(least)s to %(most)s") % {"least": look(least), "most": look(most)}
    if least is not None:
        return gettext("At least %(least)s") % {"least": look(least)}
    if most is not None:
        return gettext("At most %(most)s") % {"most": look(most)}
    return gettext("One entry a line") if setting.kind is Kind.TEXT_LIST else ""


def change_form(
    setting: Setting, *, typed: str, choices: list[tuple[str, str, bool]], is_own: bool
) -> type[ReasonForm]:
    """Return the form that asks for another value of a sensitive setting, or to drop the one set here, and why."""
    field: forms.Field
    if setting.kind is Kind.BOOLEAN:
        offered = [("yes", _("Yes")), ("no", _("No"))]
        field = forms.ChoiceField(choices=offered, initial="yes" if typed == "True" else "no")
    elif choices:
        field = forms.ChoiceField(choices=[choice[:2] for choice in choices], initial=typed)
    else:
        asked = forms.Textarea(attrs={"rows": 3}) if setting.kind is Kind.TEXT_LIST else forms.TextInput()
        field = forms.CharField(max_length=2000, initial=typed, help_text=limits(setting), widget=asked)
    field.label = gettext("Value")

    class ChangeForm(ReasonForm):
        value = field
        as_above = forms.BooleanField(label=_("As above"), required=False)

        def prepare(self) -> None:
            self.order_fields(["value", "as_above", "reason"])
            if not is_own:
                self.fields["as_above"].widget = forms.HiddenInput()

    return ChangeForm


def read(setting: Setting, text: str) -> Any:
    """Return the typed text as a value. Raises ``Invalid``."""
    try:
        match setting.kind:
            case Kind.BOOLEAN:
                return text == "yes"
            case Kind.INTEGER:
                return int(text)
            case Kind.FEN:
                return parse_yuan(text.replace(",", "").replace("¥", ""))
            case Kind.TEXT_LIST:
                return [line.strip() for line in text.splitlines() if line.strip()]
            case _:
                return text
    except ValueError as failure:
        raise Invalid(field="value", reason=N_("the value is of another kind")) from failure
