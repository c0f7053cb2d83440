"""The pure decisions behind MEM-05: which keys count, how phones and numbers look."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from quanyu.modules.members.contracts import Key, KeyKind
from quanyu.modules.members.rules import certainty, numbers, phones

KEYS = st.builds(
    Key,
    kind=st.sampled_from(KeyKind),
    value=st.sampled_from(["a", "b", "c"]),
    namespace=st.sampled_from(["", "app"]),
    verified=st.booleans(),
)


def place(key: Key) -> tuple[str, str, str]:
    return (key.kind.value, key.namespace, key.value)


@given(st.lists(KEYS))
def test_proved_keys_outrank_told_ones_and_each_counts_once(keys):
    followed = certainty.certain(keys)
    proved = {place(key) for key in keys if key.verified}
    assert {place(key) for key in followed} == (proved or {place(key) for key in keys})
    assert len({place(key) for key in followed}) == len(followed)
    assert all(key.verified for key in followed) == bool(proved) or not followed


@given(st.lists(KEYS), st.randoms())
def test_the_order_in_which_keys_come_does_not_matter(keys, random):
    shuffled = list(keys)
    random.shuffle(shuffled)
    assert certainty.certain(shuffled) == certainty.certain(keys)


@given(st.integers(0, 10**13 - 1), st.sampled_from([numbers.MEMBER_PREFIX, numbers.CARD_PREFIX]))
def test_mem_03_numbers_are_sixteen_digits_with_a_check_digit(drawn, prefix):
    number = numbers.number(prefix, drawn)
    assert (len(number), number[:2], luhn.is_valid(number), numbers.is_number(number)) == (16, prefix, True, True)


@given(st.text(max_size=30))
def test_a_phone_in_its_one_form_stays_as_it_is(text):
    phone = phones.normalised(text)
    if phone is not None:
        assert len(phone) == 11
        assert phones.normalised(phone) == phone
        assert phones.normalised(f"+86 {phone}") == phone


@given(st.builds(Key, kind=st.sampled_from(KeyKind), value=st.text(max_size=200)))
def test_no_value_makes_a_key_stumble(key):
    normal = certainty.in_one_form(key)
    assert normal is None or certainty.in_one_form(normal) == normal
