"""Money is exact, typed by currency and never rounds behind one's back."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import BadInput
from core.money import Money, micros_per_minor, minor_digits

CURRENCIES = st.sampled_from(["EUR", "USD", "JPY", "KWD", "CLF", "HUF", "KRW"])


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4), ("HUF", 2)])
def test_minor_digits_follow_iso_4217(currency, digits):
    assert minor_digits(currency) == digits


@given(st.integers(-(10**12), 10**12), CURRENCIES)
def test_minor_to_micros_and_back_is_the_same_amount(minor, currency):
    money = Money(minor, currency)
    assert Money.from_micros(money.micros, currency) == money
    assert Money.from_decimal(money.amount, currency) == money


@given(st.lists(st.integers(0, 10**9), max_size=20), CURRENCIES)
def test_summing_micros_first_is_within_half_a_minor_unit(parts, currency):
    unit = micros_per_minor(currency)
    total = Money.from_micros(sum(parts), currency)
    assert abs(total.minor * unit - sum(parts)) * 2 <= unit


def test_half_a_minor_unit_rounds_to_even():
    assert Money.from_micros(5_000, "EUR").minor == 0
    assert Money.from_micros(15_000, "EUR").minor == 2


def test_an_amount_finer_than_the_minor_unit_is_refused():
    with pytest.raises(BadInput, match="finer"):
        Money.from_decimal("12.345", "EUR")
    with pytest.raises(BadInput, match="finer"):
        Money.from_decimal("1.5", "JPY")


def test_unlike_currencies_do_not_mix():
    with pytest.raises(BadInput, match="do not mix"):
        Money(1, "EUR") + Money(1, "USD")
    with pytest.raises(BadInput, match="do not mix"):
        assert Money(1, "EUR") < Money(2, "USD")


@pytest.mark.parametrize("code", ["eur", "EURO", "€", ""])
def test_a_code_that_is_not_iso_is_refused(code):
    with pytest.raises(BadInput, match="ISO 4217"):
        Money(1, code)


@pytest.mark.parametrize("minor", [1.5, True, "1", Decimal(1)])
def test_only_whole_minor_units_are_money(minor):
    with pytest.raises(BadInput, match="whole minor units"):
        Money(minor, "EUR")


def test_money_reads_like_money():
    assert str(Money(1234, "EUR")) == "12.34 EUR"
    assert str(Money(1234, "JPY")) == "1234 JPY"
