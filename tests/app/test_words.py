"""Sentences of the API name channels as people write them."""

from __future__ import annotations

import pytest

from app.words import name_channels


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        (
            "The spend of google_ads, meta_ads shows no pause.",
            "The spend of Google Ads, Meta Ads shows no pause.",
        ),
        ("my_google_ads_list and direct", "my_google_ads_list and direct"),
        ("Nothing of them.", "Nothing of them."),
    ],
)
def test_channels_are_named_whole_words_only(sentence, told):
    assert name_channels(sentence, {"google_ads", "meta_ads", "direct"}) == told


def test_without_channels_a_sentence_stays():
    assert name_channels("google_ads", ()) == "google_ads"
