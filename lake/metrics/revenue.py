"""What counts as revenue and margin, in words: the page of metrics shows it."""

from __future__ import annotations

REVENUE = """\
## What counts as revenue

Revenue is what customers paid and kept paid, with tax and shipping, booked on the day of the order in the
shop's time zone and currency.

| Order | Counts as |
| --- | --- |
| Edited (a line added or removed) | its total after the edit, paid or not; a line removed is sold no more |
| Refunded, in part or whole | what remains after the refund; refunds are booked on the day of the order |
| Waiting for payment, authorised, partly paid | its total: it is sold, and leaves if nobody pays |
| Payment voided, or the authorisation expired, and nothing paid | no order, revenue 0 |
| Cancelled, or a test | no order, revenue 0 |
| Deleted in the shop | no order; the newest 5,000 are looked up at each load, older ones in turn |
| A gift card sold | revenue 0: the card is owed. An order that holds only gift cards stays an order |
| Paid with a gift card | its whole total: this is when the card becomes revenue |

Orders from files follow the columns the file has: total less refunds, cancelled ones left out.

Margin is the goods alone: their value without tax, less what was given back, less their unit cost. Shipping
is left out on both sides, and so are gift cards. The tax within goods is what the shop tells line by line.
Where a source tells only the order's tax, it is spread over goods and shipping.
"""
