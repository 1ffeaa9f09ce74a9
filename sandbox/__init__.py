"""Vendor twins and the simulated market behind them; shares no code with the product."""
