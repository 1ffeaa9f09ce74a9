"""Amounts with as many decimals as their currency has."""

import pytest

from core.money import minor_digits
from sandbox.currency import NONE, THREE, exponent_of, write_amount


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (12345, "KWD", "12.345"),
        (-5, "TND", "-0.005"),
        (12345, "EUR", "123.45"),
        (-7, "USD", "-0.07"),
        (12345, "JPY", "12345"),
        (12345, "UGX", "12345"),
    ],
)
def test_an_amount_has_the_decimals_of_its_currency(minor, currency, text):
    assert write_amount(minor, currency) == text


def test_the_decimals_are_those_the_product_reads():
    for currency in (*NONE, *THREE, "EUR", "HUF", "TWD", "COP", "MRU"):
        assert exponent_of(currency) == minor_digits(currency), currency
