"""A shop of many persons, made by chance and always the same."""

from __future__ import annotations

import numpy as np

from tests.transforms.spark.shop import Shop


def busy_shop() -> Shop:
    """A quarter of a year: 400 people who visit, of whom those who visit most buy most."""
    rng, shop = np.random.default_rng(8), Shop()
    for number in range(400):
        person, eager = f"person:{number}", rng.random()
        for days in rng.integers(0, 100, 1 + int(12 * eager)):
            source = [{}, {"utm_source": "mailchimp", "utm_medium": "email"}, {"utm_medium": "cpc"}][
                int(rng.integers(3))
            ]
            shop.visit(f"b{number}", int(days), person=person if eager > 0.5 else None, **source)
        for days in rng.integers(0, 100, int(9 * eager * rng.random())):
            euros, product = int(rng.integers(5, 200)), str(rng.choice(["mug", "rug", "bag"]))
            shop.order(person if eager > 0.5 else None, int(days), euros, product)
    return shop
