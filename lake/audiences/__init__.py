"""Audiences: what a definition may say, how it is kept, and who is in it."""
