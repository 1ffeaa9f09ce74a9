"""What the tests of odd answers share: accounts, a row, and how a vendor answers and is read."""

from __future__ import annotations

from datetime import UTC, date, datetime

import httpx

from channels.contract import Account, Gap, Span

NOW = datetime(2026, 9, 10, 6, tzinfo=UTC)
DAY = date(2026, 9, 9)
ACT = Account("act_7", "Shop", "EUR", "Europe/Berlin")
PAGE = Account("1122", "Page", None, "America/Los_Angeles")
SHOP = Account("77", "Shop", "EUR", "Europe/Berlin")
AD_ROW = {
    "date_start": str(DAY),
    "date_stop": str(DAY),
    "account_currency": "EUR",
    "campaign_id": "1",
    "adset_id": "2",
    "ad_id": "31",
    "publisher_platform": "facebook",
    "impressions": "10",
    "clicks": "1",
    "spend": "1.00",
}


def say(body, status=200, **headers):
    return httpx.Response(status, json=body, headers=headers)


def refuse(code, message="No.", status=400, **more):
    return say({"error": {"message": message, "type": "OAuthException", "code": code, **more}}, status)


def read(channel, connection, stream, account, **span):
    pages = channel.stream(stream).pages(connection, account, Span(NOW, **span))
    return list(pages)


def records_of(pages):
    return [record for page in pages if not isinstance(page, Gap) for record in page]


GOOGLE = {"client_id": "c", "client_secret": "s", "refresh_token": "r"}


def google(answer):
    def route(request):
        if request.url.path == "/token":
            return say({"access_token": "t", "expires_in": 3600})
        return answer(request)

    return route
