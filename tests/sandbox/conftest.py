"""The vendors' official SDKs, pointed at the twins."""

from __future__ import annotations

import pytest
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession


@pytest.fixture(scope="session")
def open_sdk():
    """Return a function that points Meta's SDK at the twin of a channel, over a real socket."""

    def open_for(url, channel, *, token="sandbox-access_token", version="v26.0"):
        session = FacebookSession("sandbox-app_id", "sandbox-app_secret", token)
        session.GRAPH = f"{url}/{channel}"
        api = FacebookAdsApi(session, api_version=version)
        FacebookAdsApi.set_default_api(api)
        return api

    return open_for


@pytest.fixture(scope="session")
def fail_with():
    """Return a function that gives the vendor's error a call ends with."""

    def call_and_catch(call):
        with pytest.raises(FacebookRequestError) as caught:
            call()
        return caught.value

    return call_and_catch
