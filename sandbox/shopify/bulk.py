"""Bulk operations and webhook subscriptions: what GraphQL mutations leave behind."""

from __future__ import annotations

from typing import Any

from sandbox.guarded import GuardedWorld
from sandbox.shopify.answering import Answerer
from sandbox.shopify.selection import GraphError, Picked, read_selection
from sandbox.shopify.shop import Shop, Thing, read_number, write_gid, write_instant
from sandbox.twin import Store

# What a poll finds: each look moves the operation one step on.
STEPS = ("CREATED", "RUNNING", "COMPLETED")


class Ledger:
    """The operations and subscriptions of the app, kept in the store."""

    def __init__(self, world: GuardedWorld, store: Store, base_url: str) -> None:
        self.world = world
        self.store = store
        self.base_url = base_url
        self.bulk: dict[str, Any] = store.table("bulk")
        self.hooks: dict[str, Any] = store.table("webhooks")

    def roots(self) -> dict[str, Any]:
        """The root fields answered here, by name."""
        return {
            "bulkOperation": lambda given: self.look(read_number(given["id"])),
            "currentBulkOperation": lambda _: self.look(next(reversed(self.bulk), "")),
            "bulkOperationRunQuery": self.run_bulk,
            "webhookSubscriptions": lambda _: [self.describe_hook(key) for key in self.hooks],
            "webhookSubscriptionCreate": self.create_hook,
            "webhookSubscriptionDelete": self.delete_hook,
        }

    def run_bulk(self, given: dict[str, Any]) -> Thing:
        """Start a bulk query; one at a time."""
        busy = any(entry["status"] != "COMPLETED" for entry in self.bulk.values())
        if busy:
            message = "A bulk query operation for this app and shop is already in progress."
            return {"bulkOperation": None, "userErrors": [{"field": None, "message": message}]}
        try:
            read_bulk(given["query"])
        except GraphError as error:
            message = f"Invalid bulk query: {error.errors[0]['message']}"
            return {"bulkOperation": None, "userErrors": [{"field": ["query"], "message": message}]}
        with self.world.hold():
            number = self.store.next_id("bulk", 4_100_000_000_001)
            self.bulk[number] = {
                "query": given["query"],
                "status": STEPS[0],
                "at": write_instant(self.world.now),
            }
            self.store.save()
        return {"bulkOperation": self.describe_bulk(number), "userErrors": []}

    def look(self, number: str) -> Thing | None:
        """An operation, one step further than at the last look."""
        if number not in self.bulk:
            return None
        entry = self.bulk[number]
        entry["status"] = STEPS[min(STEPS.index(entry["status"]) + 1, len(STEPS) - 1)]
        return self.describe_bulk(number)

    def describe_bulk(self, number: str) -> Thing:
        """A bulk operation object."""
        entry = self.bulk[number]
        is_done = entry["status"] == "COMPLETED"
        lines = self.count_lines(number) if is_done else (0, 0, 0)
        return {
            "id": write_gid("BulkOperation", number),
            "status": entry["status"],
            "errorCode": None,
            "createdAt": entry["at"],
            "completedAt": entry["at"] if is_done else None,
            "objectCount": str(lines[0]),
            "rootObjectCount": str(lines[1]),
            "fileSize": str(lines[2]) if is_done else None,
            "url": f"{self.base_url}/bulk/{number}.jsonl" if is_done and lines[0] else None,
            "partialDataUrl": None,
            "query": entry["query"],
            "type": "QUERY",
        }

    def count_lines(self, number: str) -> tuple[int, int, int]:
        """Objects, root objects and bytes of a result."""
        content = self.read_result(number)
        total = content.count(b"\n")
        return total, total - content.count(b'"__parentId"'), len(content)

    def read_result(self, number: str) -> bytes:
        """The JSONL of a finished operation."""
        return self.world.cached(("shopify bulk", number), lambda: self.build_result(number))

    def build_result(self, number: str) -> bytes:
        """Run the query of an operation."""
        root = read_bulk(self.bulk[number]["query"])
        lines = Answerer(Shop(self.world), "", {}).write_lines(root)
        return b"".join(line + b"\n" for line in lines)

    def create_hook(self, given: dict[str, Any]) -> Thing:
        """Subscribe to a topic."""
        spec = given["webhookSubscription"]
        uri = spec.get("uri") or spec.get("callbackUrl") or ""
        if not uri.startswith(("https://", "pubsub://", "arn:")):
            error = {
                "field": ["webhookSubscription", "uri"],
                "message": "Address protocol http:// is not supported",
            }
            return {"webhookSubscription": None, "userErrors": [error]}
        taken = any(entry["uri"] == uri and entry["topic"] == given["topic"] for entry in self.hooks.values())
        if taken:
            error = {
                "field": ["webhookSubscription", "uri"],
                "message": "Address for this topic has already been taken",
            }
            return {"webhookSubscription": None, "userErrors": [error]}
        with self.world.hold():
            number = self.store.next_id("webhook", 1_200_000_000_001)
            self.hooks[number] = {
                "topic": given["topic"], "uri": uri, "format": spec.get("format") or "JSON",
                "filter": spec.get("filter"), "at": write_instant(self.world.now),
            }  # fmt: skip
            self.store.save()
        return {"webhookSubscription": self.describe_hook(number), "userErrors": []}

    def describe_hook(self, number: str) -> Thing:
        """A webhook subscription object."""
        entry = self.hooks[number]
        named = {"id": write_gid("WebhookSubscription", number), "legacyResourceId": number}
        kept = {name: entry[name] for name in ("topic", "uri", "format", "filter")}
        return named | kept | {"createdAt": entry["at"], "updatedAt": entry["at"]}

    def delete_hook(self, given: dict[str, Any]) -> Thing:
        """End a subscription."""
        with self.world.hold():
            found = self.hooks.pop(read_number(given["id"]), None)
            self.store.save()
        if found is None:
            error = {"field": ["id"], "message": "Webhook subscription does not exist"}
            return {"deletedWebhookSubscriptionId": None, "userErrors": [error]}
        return {"deletedWebhookSubscriptionId": given["id"], "userErrors": []}


def read_bulk(text: str) -> Picked:
    """The one list a bulk query asks for; raises GraphError."""
    selection = read_selection(text, {}, None, is_bulk=True)
    if len(selection.fields) != 1 or not selection.fields[0].is_connection:
        raise GraphError({"message": "Bulk queries must contain at least one connection."})
    return selection.fields[0]
