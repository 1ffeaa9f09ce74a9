"""Loads what the vendors and the site say into the lake, once and completely."""
