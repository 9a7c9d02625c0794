"""What every table of the configuration is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Strict

Texts = Annotated[tuple[str, ...], Strict(False)]  # TOML has lists; frozen settings hold tuples


class Table(BaseModel):
    """A table of the configuration file: unknown keys are errors, values are never coerced from another type."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, validate_by_name=True, serialize_by_alias=True
    )
