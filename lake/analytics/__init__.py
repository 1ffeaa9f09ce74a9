"""The questions people ask of the marts, as operations."""
