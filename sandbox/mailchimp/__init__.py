"""Twin of the Mailchimp Marketing API 3.0."""

from sandbox.mailchimp.routes import twin

__all__ = ["twin"]
