"""Notes on a day: what happened that the numbers do not say."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lake.state.declared import Declared, Text


class Note(BaseModel):
    """A remark on a day, such as a price change or a broken tag."""

    model_config = ConfigDict(extra="forbid")

    day_on: date = Field(description="The day it is about.")
    channel: Text | None = Field(None, description="The channel it is about; null for all.")
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)] = Field(
        description="What happened."
    )


NOTE = Declared("note", Note, "db.insert")
