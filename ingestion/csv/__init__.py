"""Reports exported from an ad platform by hand, brought in as if a connector had read them."""
