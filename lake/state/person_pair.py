"""Pairs of records that may be one person, and what people decided about them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lake.state.declared import Declared, Text

Decision = Literal["proposed", "merged", "apart"]
Key = Annotated[str, StringConstraints(pattern=r"^person:[0-9a-f]{64}$")]
Cells = Annotated[dict[str, str | None], Field(max_length=50)]


class PersonPair(BaseModel):
    """Two records of a file that may be one person's."""

    model_config = ConfigDict(extra="forbid")

    source: Text = Field(description="Name of the file.")
    record: Cells = Field(description="One record: its cells by column.")
    other_record: Cells = Field(description="The other record.")
    key: Key | None = Field(None, description="Keyed hash of its e-mail address; null without one.")
    other_key: Key | None = Field(None, description="The same of the other record.")
    probability: float = Field(ge=0, le=1, description="How likely the two are one person.")
    decision: Decision = Field("proposed", description="proposed, merged (one person) or apart (two).")


PERSON_PAIR = Declared("person_pair", PersonPair, "db.update")
