"""A channel is what a person means by its name; a slip makes no new one."""

import pytest

from core.errors import BadInput
from ingestion.csv.channel_names import settle_channel

KNOWN = {"google_ads", "meta_ads", "instagram", "mailchimp", "x"}


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("google_ads", "google_ads"),
        ("Google Ads", "google_ads"),
        (" GOOGLE-ADS ", "google_ads"),
        ("Facebook Ads", "meta_ads"),
        ("Twitter", "x"),
        ("new:TV spots", "tv_spots"),
        ("new:google_ads", "google_ads"),
        (None, None),
    ],
)
def test_a_name_is_read_as_it_is_meant(name, channel):
    assert settle_channel(name, KNOWN) == channel


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("google_adz", "did you mean google_ads.*--channel new:google_adz"),
        ("", "there are google_ads, instagram, mailchimp, meta_ads, x.*--channel new:my_channel"),
        ("Instagramm", "did you mean instagram"),
        ("tv spots", "there are .*--channel new:tv_spots"),
        ("new:", "no channel"),
        ("new:__", "no channel"),
        ("../etc", "no channel"),
    ],
)
def test_an_unknown_channel_gets_its_like_and_the_way_to_a_new_one(name, sentence):
    with pytest.raises(BadInput, match=sentence):
        settle_channel(name, KNOWN)
