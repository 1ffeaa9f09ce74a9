"""Twin of the YouTube Data API v3 and the YouTube Analytics API v2."""

from sandbox.youtube.routes import twin

__all__ = ["twin"]
