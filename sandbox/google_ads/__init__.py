"""Twin of the Google Ads API over REST: versions 23 to 26."""

from sandbox.google_ads.routes import twin

__all__ = ["twin"]
