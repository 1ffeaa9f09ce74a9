"""Every ratio the product shows, defined once over additive parts."""
