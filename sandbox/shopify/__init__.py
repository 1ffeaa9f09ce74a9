"""Twin of the Shopify Admin API: GraphQL 2026-07 and the legacy REST paths."""

from sandbox.shopify.routes import twin

__all__ = ["twin"]
