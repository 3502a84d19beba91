"""The fields of `IMP.request_pay` as the request panel of a guide shows them, and the changes that it offers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from services.guides import Guide, Variant
from services.mistakes import Effect, Mistake
from services.parameters import Parameter
from views.incoming import desk
from views.panes import example_of, literal

MADE_BY_THE_SERVER = ("merchant_uid", "customer_uid")


@dataclass(frozen=True, kw_only=True)
class Field:
    """One row of the request panel."""

    name: str
    parameter: Parameter
    is_sent: bool
    value: Any
    """What the guide's variant sends, else the field's example."""

    @property
    def kind(self) -> str:
        """The JSON type: `string`, `number`, `boolean` or `object`."""
        return self.parameter.type.split()[0]

    @property
    def is_id(self) -> bool:
        """Whether the server makes the value for each order."""
        return self.name in MADE_BY_THE_SERVER

    @property
    def options(self) -> list[Any]:
        """The values to choose from, or an empty list for a field that takes any value."""
        if self.kind == "boolean":
            return [True, False]
        offered = list(self.parameter.choices)
        return offered if not offered or not self.is_sent or self.value in offered else [self.value, *offered]

    @property
    def text(self) -> str:
        """What the input shows. An id is empty: the server makes it for each order."""
        if not self.is_sent or self.is_id:
            return ""
        return self.value if isinstance(self.value, str) else literal(self.value)

    @property
    def rank(self) -> Literal["required", "sent", "other"]:
        """How soon a reader needs the field. A short form shows only the required ones that the server leaves to it."""
        if self.parameter.required != "optional" and not self.is_id:
            return "required"
        return "sent" if self.is_sent else "other"

    def facts(self) -> dict[str, Any]:
        """Return what the browser needs to check and send the field."""
        facts = {
            "name": self.name,
            "kind": self.kind,
            "sent": self.is_sent,
            "value": self.value,
            "limit": self.parameter.limit,
            "pattern": self.parameter.pattern,
            "required": self.parameter.required,
            "fixed": self.parameter.value,
            "id": self.is_id,
        }
        return {name: fact for name, fact in facts.items() if fact is not None and fact is not False and fact != ""}


def fields_of(guide: Guide, sent: Mapping[str, Any]) -> list[Field]:
    """Return the guide's fields in its order; `sent` is the request of one variant."""
    fields = []
    for parameter in guide.parameters:
        name = "channelKey" if parameter.name == "pg" and "channelKey" in sent else parameter.name
        value = _value_at(sent, name)
        fields.append(
            Field(
                name=name,
                parameter=parameter,
                is_sent=value is not None,
                value=example_of(parameter) if value is None else value,
            )
        )
    return fields


def offers_of(guide: Guide, variant: Variant, *, paid: str) -> dict[str, Any]:
    """Return the presets and the deliberate mistakes. `paid` is the `merchant_uid` of an earlier payment, or empty."""
    has_own_channel = desk().channel(guide) != guide.pg
    return {
        "presets": () if has_own_channel else guide.presets,
        "mistakes": [(mistake, _change(mistake, paid)) for mistake in guide.mistakes[variant.id]],
    }


def _change(mistake: Mistake, paid: str) -> dict[str, Any]:
    """Return what the browser needs to make the mistake."""
    value = paid if mistake.effect is Effect.USED else mistake.value
    return {"id": mistake.id, "effect": mistake.effect, "field": mistake.field, "value": value}


def _value_at(request: Mapping[str, Any], dotted: str) -> Any:
    value: Any = request
    for part in dotted.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
