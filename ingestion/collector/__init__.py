"""The first-party event collector: what visitors do on the site, accepted once and never lost."""
