"""The PG guides: one TOML file each in `guides/`, read once at start.

A guide file holds what its page shows and, in the same table of parameters, the request that is sent: a
parameter that is explained is the parameter that goes out. No code asks for a PG by name; it asks the guide.
What a parameter means at every PG stands once, in `guides/common/parameters.toml`.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from errors import PgUnavailable, PlanUnavailable

Text = Mapping[str, str]
"""A sentence in each language: `{"ko": …, "en": …}`."""


EVERY_CHARGE = ("customer_uid", "merchant_uid", "amount")
"""Fields of `/again` without which no PG charges anything."""


class ChargeRule(StrEnum):
    """What the `amount` of an issue does at this PG."""

    NEVER = "never"
    """Shown, never charged: the first payment is a charge with the new key."""
    IF_POSITIVE = "if_positive"
    """0 issues the key only; anything above is charged with the issue."""
    ALWAYS = "always"
    """Every issue is a payment; a key alone cannot be had."""


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One field of `IMP.request_pay` or of `/again`, as the page explains it and as the request carries it."""

    name: str
    """Dotted for a nested field: `bypass.widget_code`."""
    type: str
    required: str
    """`always`, `mobile` (the result is lost without it) or `optional`."""
    meaning: Text
    source: str = ""
    """Which value of ours is sent (see `request_for`); empty: not sent unless a variant sets it."""
    value: Any = None
    """A fixed value, where the PG leaves no choice."""
    when: Text = field(default_factory=dict)
    example: Any = None
    pattern: str = ""
    """Regular expression a value must match at this PG, and `hint` says so in words."""
    hint: Text = field(default_factory=dict)
    readings: tuple[Mapping[str, Any], ...] = ()
    """Where documents contradict each other: `where` and `says` of each (both `Text`), the `adopted` one first."""

    @property
    def is_sent(self) -> bool:
        """Whether this shop sends the field on its own; the others are explained only."""
        return bool(self.source) or self.value is not None

    def takes(self, text: str) -> bool:
        """Whether this PG accepts such a value. Anything, where it demands nothing."""
        return not self.pattern or re.fullmatch(self.pattern, text) is not None


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One of the requests a guide describes, e.g. JTNet's key-only issue and its issue with a payment."""

    id: str
    name: Text
    note: Text = field(default_factory=dict)
    amount: str = "price"
    """`price`, or `zero` for a key without a payment."""
    set: Mapping[str, Any] = field(default_factory=dict)
    """Fields this variant adds, by dotted name."""

    def amount_of(self, price: int) -> int:
        """Minor units to send for something of this price: all of it, or 0 for a key alone."""
        return 0 if self.amount == "zero" else price


@dataclass(frozen=True, kw_only=True)
class Guide:
    id: str
    name: Text
    pg: str
    """Test channel the guide names, `code` or `code.MID`; `PG_CHANNELS` replaces it."""
    currencies: tuple[str, ...]
    charges_at_issue: ChargeRule
    result: Mapping[str, str]
    """`pc` and `mobile`: `callback` or `redirect`."""
    waits_for_webhook: bool
    """Whether the key may be charged only after the webhook of its issue has come."""
    parameters: tuple[Parameter, ...]
    """Fields of `IMP.request_pay`, in the order in which they are sent."""
    again: tuple[Parameter, ...]
    """Fields of `POST /subscribe/payments/again`."""
    variants: tuple[Variant, ...]
    page: Mapping[str, Any]
    """Prose of the guide's page; only its templates look inside."""

    @property
    def provider(self) -> str:
        """What records of this PG carry as `pg_provider`: the code without the merchant's own id."""
        return self.pg.partition(".")[0]

    def charges(self, amount: int) -> bool:
        """Whether an issue with this amount takes money."""
        return self.charges_at_issue is ChargeRule.ALWAYS or (
            self.charges_at_issue is ChargeRule.IF_POSITIVE and amount > 0
        )

    @property
    def can_issue_without_charge(self) -> bool:
        return self.charges_at_issue is not ChargeRule.ALWAYS

    @property
    def again_fields(self) -> tuple[str, ...]:
        """What `/again` must carry beyond `customer_uid`, `merchant_uid` and `amount`."""
        return tuple(f.name for f in self.again if f.required == "always" and f.name not in EVERY_CHARGE)

    def parameter(self, name: str) -> Parameter:
        """Raises `StopIteration` for a field that `IMP.request_pay` of this guide does not have."""
        return next(parameter for parameter in self.parameters if parameter.name == name)

    def again_for(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The body of `/again`, from our values by source, as `request_for`."""
        return {field.name: values[field.source] for field in self.again if field.source}

    def variant(self, variant_id: str = "") -> Variant:
        """The named variant; without a name the first one, which is the one the shop itself uses."""
        for variant in self.variants:
            if variant.id == variant_id or not variant_id:
                return variant
        raise PgUnavailable(f"{self.id} has no variant {variant_id!r}", pg=self.id)

    def request_for(self, values: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
        """The parameters of `IMP.request_pay`.

        `values` are ours, by source: `channel`, `merchant_uid`, `customer_uid`, `order_name`, `amount` (major
        units), `currency`, `buyer_name`, `buyer_email`, `buyer_tel`, `redirect_url`, `notice_url`, `language`.
        """
        request: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.value is not None:
                _put(request, parameter.name, parameter.value)
            elif parameter.source == "channel":
                # PG codes are the historical form; a channel key from the console goes under its own name.
                channel = values["channel"]
                request["channelKey" if channel.startswith("channel-key-") else "pg"] = channel
            elif parameter.source:
                _put(request, parameter.name, values[parameter.source])
        for name, value in variant.set.items():
            _put(request, name, value)
        return request


@cache
def load(folder: Path) -> dict[str, Guide]:
    """Every guide by id, in the order of the files' `position`. A broken file stops the start, naming itself.

    Read once for a process, however many applications it makes.
    """
    shared = _read(folder / "common" / "parameters.toml")
    found = []
    for path in sorted(folder.glob("*.toml")):
        data = _read(path)
        try:
            found.append((data["position"], _guide(path.stem, data, shared)))
        except (KeyError, TypeError, ValueError) as err:
            raise ValueError(f"{path.name} is not a guide: {err!r}") from err
    return {guide.id: guide for _, guide in sorted(found, key=lambda pair: pair[0])}


def for_currency(guides: Mapping[str, Guide], currency: str) -> list[Guide]:
    """The guides a buyer may choose from. Raises `PlanUnavailable`: what nobody can pay for is not sold."""
    offers = [guide for guide in guides.values() if currency in guide.currencies]
    if not offers:
        raise PlanUnavailable(f"no guide takes {currency}", currency=currency)
    return offers


def pick(guides: Mapping[str, Guide], guide_id: str, *, currency: str) -> Guide:
    """The guide, if it can take this currency. Raises `PgUnavailable`."""
    guide = guides.get(guide_id)
    if guide is None or currency not in guide.currencies:
        raise PgUnavailable(f"{guide_id!r} cannot take {currency}", pg=guide_id, currency=currency)
    return guide


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _guide(guide_id: str, data: dict[str, Any], shared: dict[str, Any]) -> Guide:
    return Guide(
        id=guide_id,
        name=data["name"],
        pg=data["pg"],
        currencies=tuple(data["currencies"]),
        charges_at_issue=ChargeRule(data["charges_at_issue"]),
        result=data["result"],
        waits_for_webhook=data.get("waits_for_webhook", False),
        parameters=_parameters(data["parameters"], shared["request"]),
        again=_parameters(data["again"], shared["again"]),
        variants=tuple(Variant(**entry) for entry in data["variants"]),
        page=data.get("page", {}),
    )


def _parameters(entries: list[dict[str, Any]], shared: dict[str, Any]) -> tuple[Parameter, ...]:
    """What the guide says wins over what holds everywhere."""
    merged = ({**shared.get(entry["name"], {}), **entry} for entry in entries)
    return tuple(Parameter(**{**entry, "readings": tuple(entry.get("readings", ()))}) for entry in merged)


def _put(request: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, leaf = dotted.split(".")
    for parent in parents:
        request = request.setdefault(parent, {})
    request[leaf] = value
