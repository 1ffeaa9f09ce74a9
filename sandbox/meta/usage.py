"""Meta's usage counters: calls by account and use case in wall time, told in headers, with limits."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import dataclass, field

import orjson

from sandbox.meta.ask import Ask
from sandbox.meta.errors import too_many_calls

HOUR = 3600
DAY = 24 * HOUR
APP_USERS = 500  # users of the app: 200 calls an hour for each (platform limit of the app)
BUSINESS = "1900"
CODES = {
    "ads_insights": 80000,
    "ads_management": 80004,
    "custom_audience": 80003,
    "pages": 80001,
    "instagram": 80002,
}


@dataclass(slots=True)
class Meter:
    """Calls of the recent past by key; safe for threads, forgotten at a restart."""

    calls: dict[tuple[str, str], deque[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, use_case: str, account: str, window: int, limit: int) -> tuple[int, int]:
        """Count one call; how many the window has, and the minutes to wait when it is beyond the limit."""
        now = time.monotonic()
        with self.lock:
            seen = self.calls.setdefault((use_case, account), deque())
            while seen and seen[0] <= now - window:
                seen.popleft()
            seen.append(now)
            if len(seen) <= limit:
                return len(seen), 0
            return len(seen), 1 + int((seen[0] + window - now) // 60)


def charge(ask: Ask, meter: Meter, use_case: str, account: str, limit: int) -> None:
    """Count a call of a business use case (per hour for ads, per 24 hours else) and put it into the headers.

    Raises the vendor's limit error when the account has used its allowance.
    """
    is_ads = use_case in ("ads_insights", "ads_management", "custom_audience")
    used, wait = meter.count(use_case, account, HOUR if is_ads else DAY, limit)
    percent = min(100, round(100 * used / limit))
    entry = {
        "type": use_case,
        "call_count": percent,
        "total_cputime": percent // 4,
        "total_time": percent // 4,
        "estimated_time_to_regain_access": wait,
    }
    if is_ads:
        entry["ads_api_access_tier"] = "development_access"
        ask.headers["X-Ad-Account-Usage"] = write(
            {
                "acc_id_util_pct": round(100 * used / limit, 2),
                "reset_time_duration": HOUR,
                "ads_api_access_tier": "development_access",
            }
        )
    if use_case == "ads_insights":
        ask.headers["x-fb-ads-insights-throttle"] = write(
            {"app_id_util_pct": 0, "acc_id_util_pct": round(100 * used / limit, 2)}
        )
    ask.headers["X-Business-Use-Case-Usage"] = write({BUSINESS: [entry]})
    charge_app(ask, meter)
    if wait:
        raise too_many_calls(CODES[use_case], wait, ask.headers)


def charge_app(ask: Ask, meter: Meter) -> None:
    """Count a call of the app."""
    used, _ = meter.count("app", "app", HOUR, 200 * APP_USERS)
    percent = min(100, 100 * used // (200 * APP_USERS))
    ask.headers["X-App-Usage"] = write(
        {"call_count": percent, "total_time": percent // 4, "total_cputime": percent // 4}
    )


def write(value: dict[str, object]) -> str:
    """A header's JSON text."""
    return orjson.dumps(value).decode()
