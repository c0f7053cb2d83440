"""Searching a list so that indexes can answer: what is said about another table is looked up there first.

``sku__code__exact OR cause_id__exact`` over a join reads every row of a ledger. Asked in two steps (which SKUs are
called so; which rows are of those SKUs or of that cause) it is two looks into indexes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.contrib.admin.utils import lookup_spawns_duplicates
from django.core.exceptions import FieldDoesNotExist, FieldError, ValidationError
from django.db import models
from django.db.models import Q, QuerySet

WORDS_MAX = 6
# More things of another table than this are not named one by one in the condition.
NAMED_MAX = 500


def search(rows: QuerySet[Any], fields: Sequence[str], text: str) -> tuple[QuerySet[Any], bool]:
    """Return the rows in which each word of the text stands in one of the fields, and whether rows may come twice."""
    model = rows.model
    words = text.split()[:WORDS_MAX]
    if not words or not fields:
        return rows, False
    lookups = [_lookup(model, field) for field in fields]
    for word in words:
        rows = rows.filter(_any_of(model, lookups, word))
    return rows, any(lookup_spawns_duplicates(model._meta, lookup) for lookup in lookups)


def _lookup(model: type[models.Model], field: str) -> str:
    """Return a field's lookup; without one it is "contains"."""
    last = field.rpartition("__")[2]
    try:
        is_lookup = bool(_path_field(model, field.rpartition("__")[0]).get_lookup(last)) if "__" in field else False
    except FieldDoesNotExist:
        is_lookup = False
    return field if is_lookup else f"{field}__icontains"


def _path_field(model: Any, path: str) -> Any:
    field: Any = None
    for part in path.split("__"):
        field = model._meta.get_field(part)
        model = field.related_model
    return field


def _any_of(model: type[models.Model], lookups: Iterable[str], word: str) -> Q:
    found, elsewhere = Q(), defaultdict(list)
    for lookup in lookups:
        first, _, rest = lookup.partition("__")
        field = model._meta.get_field(first)
        if field.is_relation and field.concrete and not field.many_to_many and "__" in rest:
            elsewhere[first].append(rest)
        elif _is_fit(model, lookup, word):
            found |= Q(**{lookup: word})
    for first, rests in elsewhere.items():
        found |= _of_others(model._meta.get_field(first), rests, word)
    return found or Q(pk__in=[])


def _of_others(field: Any, rests: Sequence[str], word: str) -> Q:
    """Return the condition that a related row fits, with the fitting rows named."""
    asked = Q()
    for rest in rests:
        if _is_fit(field.related_model, rest, word):
            asked |= Q(**{rest: word})
    if not asked:
        return Q()
    target = field.target_field.attname
    named: QuerySet[Any, Any] = QuerySet(field.related_model).filter(asked).values_list(target, flat=True)
    keys = list(named[: NAMED_MAX + 1])
    if len(keys) > NAMED_MAX:
        return Q(**{f"{field.attname}__in": named})
    return Q(**{f"{field.attname}__in": keys}) if keys else Q()


def _is_fit(model: type[models.Model], lookup: str, word: str) -> bool:
    """Tell whether a field can hold the word at all: a number cannot hold letters."""
    try:
        QuerySet(model).filter(**{lookup: word})
    except (ValueError, ValidationError, FieldError):
        return False
    return True
