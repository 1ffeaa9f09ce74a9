"""What a file cannot tell and a person can: asked at a terminal, else refused with the option to pass."""

from __future__ import annotations

from collections.abc import Sequence

from core.errors import BadInput


class Question(BadInput):
    """A file can be read in several ways; `option` of the command line says which, by one of `choices`."""

    def __init__(self, message: str, *, option: str, choices: Sequence[str]) -> None:
        super().__init__(message)
        self.option = option
        self.choices = tuple(choices)
