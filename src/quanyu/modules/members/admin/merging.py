"""Console screens of OneID: pairs to look at, side by side and masked; the history of merges with its undoing."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, QueryDict
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from quanyu.modules.members import api
from quanyu.modules.members.admin.files import CHANNEL_LABELS, KEY_LABELS
from quanyu.modules.members.contracts import Evidence
from quanyu.modules.members.models import Contact, Identity, Match, Member, Merge, MergeMove
from quanyu.modules.members.queries import matches as match_queries
from quanyu.platform.console.access import Units
from quanyu.platform.console.content import Card, Column, Facts, Page, Table
from quanyu.platform.console.deeds import Call, Deed, Done
from quanyu.platform.console.formats import NOTHING, badge, column, link, listed, moment, moment_column, name_of, number
from quanyu.platform.console.forms import DeedForm, ReasonForm
from quanyu.platform.console.registry import Figure, Tile, add_tile, hang_deed, waiting
from quanyu.platform.console.scoped_admin import ScopedAdmin

MERGE = "members.merge"
FIELD_LABELS = {
    "name": _("Full name"),
    "birthday": _("Birthday"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "address": _("Address"),
    "household": _("Household"),
    "keys": _("Proved key"),
    "against": _("Speaks against"),
}
LEVEL_LABELS = {
    "same": _("the same"),
    "same_sound": _("sounds the same"),
    "close": _("nearly the same"),
    "part": _("one is a part of the other"),
    "given_name_only": _("given name only"),
    "surname_only": _("surname only"),
    "different": _("different"),
    "swapped": _("day and month swapped"),
    "slip": _("one slip of the pen"),
    "two_slips": _("two slips of the pen"),
    "lunar": _("one is the other's lunar date"),
    "same_year": _("the same year"),
    "same_local_part": _("the same name, another provider"),
    "same_area": _("the same district"),
    "counted_once": _("phone and address of one household count once"),
    "relatives": _("looks like relatives"),
    "twins": _("looks like twins"),
    "one_row": _("in one row of a file"),
    "other_account": _("two accounts of one kind"),
    "other_phone": _("two proved phones"),
    "other_name": _("clearly other names"),
    "other_birthday": _("clearly other birthdays"),
    "closed": _("a closed membership"),
    "refused_before": _("refused before"),
}
CAUSE_LABELS = {
    "keys": _("Proved keys"),
    "scan": _("Comparison"),
    "import": _("Import"),
    "undo": _("Undone merge"),
    "review": _("Review"),
    "staff": _("By hand"),
    "agreement": _("Full agreement"),
}
STATE_TONES = {"open": "info", "merged": "good", "refused": "plain"}
MOVED_LABELS = {
    "identity": _("keys"),
    "session": _("sign-ins"),
    "device": _("phones with the member code"),
    "export": _("copies of own data"),
    "contact": _("contacts"),
    "address": _("addresses"),
    "member": _("members merged before"),
    "column": _("parts of the file that were empty"),
}


class OptionalReasonForm(DeedForm):
    """May be told why."""

    reason = forms.CharField(label=_("Reason"), max_length=200, required=False)


def _accept(call: Call) -> Done:
    record = api.accept_match(match_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The two files are one now."), go_to=reverse("admin:members_merge_change", args=[record.id]))


def _refuse(call: Call) -> Done:
    api.refuse_match(match_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(
        gettext("Two persons: this pair will not be shown again."), go_to=reverse("admin:members_match_changelist")
    )


def _sides(pair: Match) -> tuple[Member, Member]:
    """Return the members that stand for the two sides today."""
    left, right = (side.merged_into or side for side in (pair.low, pair.high))
    return left, right


def _score(pair: Match) -> str:
    """Return how alike the two are; who share a proved key are not weighed, whatever number keeps them on top."""
    return gettext("Same proved key") if pair.cause == "keys" else f"{pair.score:g}"


@admin.register(Match)
class MatchAdmin(ScopedAdmin[Match]):
    """The review queue: pairs that may be one person, the likeliest first."""

    view_permission = MERGE
    unit_lookups = ("low__store_id", "high__store_id")
    list_display = ("pair", "score_shown", "found_by", "state_shown", "found_at")
    list_filter = ("state", "cause")
    list_select_related = ("low__merged_into", "high__merged_into")
    ordering = ("-score", "-id")
    list_note = _("Nothing is merged until somebody decides. A pair that was refused never comes back.")
    deeds = (
        Deed(
            "merge",
            _("Same person: merge"),
            MERGE,
            _accept,
            OptionalReasonForm,
            "merge",
            "primary",
            text=_("Keys, addresses, orders, coupons, points and tier move to the kept file. It can be undone."),
            when=lambda pair: pair.state == "open",
        ),
        Deed(
            "refuse",
            _("Two persons"),
            MERGE,
            _refuse,
            OptionalReasonForm,
            "group_off",
            text=_("This pair will never be proposed again, and the same keys will not merge it."),
            when=lambda pair: pair.state == "open",
        ),
    )

    pair = column(_("Members"), lambda pair: " · ".join(_called(side) for side in _sides(pair)))
    score_shown = column(_("Score"), _score, order="score")
    found_by = column(_("Found by"), lambda pair: CAUSE_LABELS.get(pair.cause, pair.cause))
    state_shown = column(_("State"), lambda pair: badge(pair.get_state_display(), STATE_TONES[pair.state]))
    found_at = moment_column("created_at", _("Found at"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Show what waits for a decision, unless another state is asked for."""
        if not request.GET:
            request.GET = QueryDict("state__exact=open")
        return super().changelist_view(request, extra_context)

    def page(self, request: HttpRequest, row: Match) -> Page:
        """Return the two files side by side, and what speaks for and against."""
        left, right = _sides(row)
        evidence = match_queries.evidence_of(row.evidence)
        return Page(
            title=gettext("One person or two?"),
            badges=[badge(row.get_state_display(), STATE_TONES[row.state])],
            figures=[(_("Score"), _score(row)), (_("Found by"), CAUSE_LABELS.get(row.cause, row.cause))],
            main=[_side_by_side(left, right), _evidence(evidence, _score(row))],
        )


def _called(member: Member) -> str:
    return f"{member.name_masked or NOTHING} {member.phone_masked or member.number}"


def _side_by_side(left: Member, right: Member) -> Table:
    parts: list[tuple[object, Any]] = [
        (_("Member number"), lambda member: link("members_member_change", member.pk, member.number)),
        (_("Full name"), lambda member: member.name_masked or NOTHING),
        (_("Phone"), lambda member: member.phone_masked or NOTHING),
        (_("Birthday"), _birthday),
        (_("Level of identification"), lambda member: member.get_level_display()),
        (_("Known by"), _keys),
        (_("Contacts"), _contacts),
        (_("Joined through"), lambda member: CHANNEL_LABELS.get(member.channel, member.channel)),
        (_("Joined at store"), lambda member: name_of(member.store)),
        (_("Joined at"), lambda member: moment(member.created_at)),
    ]
    columns = [Column(""), Column(_called(left)), Column(_called(right))]
    return Table(_("Side by side"), columns, [(title, part(left), part(right)) for title, part in parts])


def _birthday(member: Member) -> str:
    if member.birthday is None:
        return NOTHING
    # The year is the person's own: whether it is the same, the evidence says.
    return f"****-{member.birthday:%m-%d} {gettext('lunar') if member.lunar_birthday else ''}".strip()


def _keys(member: Member) -> str:
    keys = Identity.objects.filter(member=member).order_by("created_at")
    shown = [
        f"{KEY_LABELS.get(key.kind, key.kind)} {key.value_masked}" + (" ✓" if key.verified_at else "") for key in keys
    ]
    return listed(shown) or NOTHING


def _contacts(member: Member) -> str:
    found = Contact.objects.filter(member=member).order_by("created_at").values_list("value_masked", flat=True)
    return listed(found) or NOTHING


def _evidence(evidence: tuple[Evidence, ...], score: str) -> Table:
    columns = [Column(_("What is compared")), Column(_("How alike")), Column(_("Weight (bits)"), is_number=True)]
    rows = [
        (
            FIELD_LABELS.get(part.field, part.field),
            {**KEY_LABELS, **LEVEL_LABELS}.get(part.level, part.level),
            f"{part.weight:+g}" if part.weight else NOTHING,
        )
        for part in evidence
    ]
    note = _("Each bit doubles the odds that it is one person. Proved keys are not weighed: a person decides.")
    return Table(_("Evidence"), columns, rows, foot=(_("Score"), "", score), note=note, empty=_("None."))


def _undo(call: Call) -> Done:
    api.undo_merge(merge_id=call.subject.pk, reason=call.values["reason"], actor=call.actor, now=call.now)
    return Done(gettext("The merge is undone; the pair is refused from now on."))


def _merge_state(merge: Merge) -> object:
    return badge(_("Stands"), "good") if merge.undone_at is None else badge(_("Undone"), "warn")


@admin.register(Merge)
class MergeAdmin(ScopedAdmin[Merge]):
    """Every merge, who did it, and its undoing."""

    view_permission = MERGE
    unit_lookups = ("winner__store_id", "loser__store_id")
    list_display = ("kept_file", "merged", "cause_shown", "by", "merged_at", "state")
    list_filter = ("cause", ("undone_at", admin.EmptyFieldListFilter), ("at", admin.DateFieldListFilter))
    list_select_related = ("winner", "loser")
    search_fields = ("winner__number__exact", "loser__number__exact")
    search_help_text = _("Member number")
    ordering = ("-at", "-id")
    deeds = (
        Deed(
            "undo",
            _("Undo this merge"),
            MERGE,
            _undo,
            ReasonForm,
            "undo",
            "danger",
            text=_(
                "Everything that the merge moved goes back, orders, coupons and points too. What came after it stays "
                "with the kept file. The two files are never merged by themselves again."
            ),
            when=lambda merge: merge.undone_at is None,
        ),
    )

    kept_file = column(_("Kept file"), lambda merge: _called(merge.winner))
    merged = column(_("Merged file"), lambda merge: _called(merge.loser))
    cause_shown = column(_("Cause"), lambda merge: CAUSE_LABELS.get(merge.cause, merge.cause))
    by = column(_("By"), lambda merge: merge.actor)
    merged_at = moment_column("at", _("Merged at"))
    state = column(_("State"), _merge_state)

    def name_of_row(self, row: Merge) -> str:
        """Return what a merge is called above its undoing."""
        return f"{_called(row.winner)} ← {_called(row.loser)}"

    def page(self, request: HttpRequest, row: Merge) -> Page:
        """Return who became one, what moved, and what became of it."""
        facts: list[tuple[object, object]] = [
            (_("Kept file"), link("members_member_change", row.winner_id, _called(row.winner))),
            (_("Merged file"), link("members_member_change", row.loser_id, _called(row.loser))),
            (_("Cause"), CAUSE_LABELS.get(row.cause, row.cause)),
            (_("Reason"), row.reason or NOTHING),
            (_("By"), row.actor),
            (_("Merged at"), moment(row.at)),
        ]
        cards: list[Card] = [Facts("", facts), _moved(row)]
        if row.undone_at is not None:
            undone = [(_("By"), row.undone_by), (_("When"), moment(row.undone_at)), (_("Reason"), row.undo_reason)]
            cards.append(Facts(_("Undone"), undone))
        return Page(title=self.name_of_row(row), badges=[_merge_state(row)], main=cards)


def _moved(merge: Merge) -> Table:
    counts: dict[str, int] = {}
    for kind in MergeMove.objects.filter(merge=merge).order_by("kind").values_list("kind", flat=True):
        counts[kind] = counts.get(kind, 0) + 1
    rows = [(MOVED_LABELS.get(kind, kind), number(count)) for kind, count in counts.items()]
    note = _("Orders, coupons, points, growth and cart were moved with them.")
    columns = [Column(_("What moved")), Column(_("Rows"), is_number=True)]
    return Table(_("Moved"), columns, rows, note=note, empty=_("Nothing in the file itself."))


class MergeWithForm(ReasonForm):
    """The other file, by its member number, and why."""

    field_order = ("number",)
    number = forms.CharField(label=_("Member number of the other file"), max_length=20)

    def clean_number(self) -> Member:
        """Return the other member. Raises ``ValidationError``."""
        found = Member.objects.filter(
            Q(number=self.cleaned_data["number"]) | Q(card_number=self.cleaned_data["number"])
        )
        if not found:
            raise forms.ValidationError(_("There is no such member."))
        return found[0]


def _merge_with(call: Call) -> Done:
    record = api.merge(
        one_id=call.subject.pk,
        other_id=call.values["number"].pk,
        reason=call.values["reason"],
        actor=call.actor,
        now=call.now,
    )
    return Done(gettext("The two files are one now."), go_to=reverse("admin:members_merge_change", args=[record.id]))


MERGE_WITH = Deed(
    "merge-with",
    _("Merge with another file"),
    MERGE,
    _merge_with,
    MergeWithForm,
    "merge",
    text=_("For two files of one person that the customer service has looked at. It can be undone."),
    when=lambda member: member.is_active and member.merged_into_id is None and member.erased_at is None,
)
hang_deed("members.member", MERGE_WITH)


def _waiting(units: Units, now: datetime) -> Figure:
    pairs: QuerySet[Match] = Match.objects.filter(state="open")
    if units is not None:
        pairs = pairs.filter(Q(low__store_id__in=units) | Q(high__store_id__in=units))
    found = pairs.aggregate(count=Count("pk"), oldest=Min("created_at"))
    return waiting(found["count"], found["oldest"])


add_tile(
    Tile(
        "member-matches",
        _("Possible duplicates of members"),
        "group_search",
        MERGE,
        _waiting,
        lambda _now: f"{reverse('admin:members_match_changelist')}?state__exact=open",
        85,
        is_todo=True,
    )
)
