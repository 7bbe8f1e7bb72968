"""What every part of a description has in common: strict, frozen, no unknown keys."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """Base of all sections: values are not coerced, cannot be changed, and unknown keys are refused."""

    model_config = ConfigDict(
        strict=True, frozen=True, extra="forbid", validate_default=True, use_attribute_docstrings=True
    )
