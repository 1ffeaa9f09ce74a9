"""Forecasts, response curves, optimisation and recommendations."""
