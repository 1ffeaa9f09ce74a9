"""The one door to every operation, and the services that change things."""
