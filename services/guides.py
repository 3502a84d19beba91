"""The PG guides: one TOML file each in `guides/`, read once at start.

One table of parameters in a guide file describes both the page and the request: the parameter that the page explains
is the parameter that the shop sends. No code branches on a PG's name; it asks the guide. What a parameter means at
every PG is written once, in `guides/common/parameters.toml`.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from errors import PgUnavailable
from services import mistakes
from services.mistakes import Mistake, Preset
from services.parameters import Parameter, Text

EVERY_CHARGE = ("customer_uid", "merchant_uid", "amount")
"""Fields of `/again` that every PG needs for a charge."""
EVERY_ISSUE = ("pay_method", "merchant_uid", "customer_uid", "name", "amount")
"""Fields of `IMP.request_pay` that every PG needs to issue a key."""


class ChargeRule(StrEnum):
    """What the `amount` of an issue means at this PG."""

    NEVER = "never"
    """The window shows the amount, and the PG does not charge it. The first payment is a charge with the new key."""
    IF_POSITIVE = "if_positive"
    """0 issues only the key. The PG charges any higher amount together with the issue."""
    ALWAYS = "always"
    """Every issue is a payment; this PG issues no key without one."""


@dataclass(frozen=True, kw_only=True)
class Link:
    """A document on the web that facts of a guide come from."""

    name: Text
    url: str
    history: bool = False
    """Whether the address is only history: the guides' documents name it, and it now leads elsewhere or nowhere."""


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One of the requests that a guide describes, e.g. JTNet's key-only issue or its issue with a payment."""

    id: str
    name: Text
    note: Text = field(default_factory=dict)
    amount: str = "price"
    """`price`, or `zero` for a key without a payment."""
    set: Mapping[str, Any] = field(default_factory=dict)
    """Fields this variant adds, by dotted name."""

    def amount_of(self, price: int) -> int:
        """Return the minor units to send for this price: the whole price, or 0 for a key alone."""
        return 0 if self.amount == "zero" else price

    def differs_from(self, other: "Variant") -> list[str]:
        """Return the fields that make this request another one: what either sets, and the amount if it differs."""
        return sorted({*self.set, *other.set, *(["amount"] if self.amount != other.amount else [])})


@dataclass(frozen=True, kw_only=True)
class Guide:
    """Everything the shop knows about one PG: what its page shows, and how its requests are built."""

    id: str
    name: Text
    pg: str
    """The guide's test channel, `code` or `code.MID`. `PG_CHANNELS` replaces it."""
    currencies: tuple[str, ...]
    charges_at_issue: ChargeRule
    result: Mapping[str, str]
    """`pc` and `mobile`: `callback` or `redirect`."""
    waits_for_webhook: bool
    """Whether the key may be charged only after the webhook of its issue has arrived."""
    cancels_later: bool
    """Whether the PG accepts a cancel and makes it later, so that the record does not show it immediately."""
    parameters: tuple[Parameter, ...]
    """Fields of `IMP.request_pay`, in the order in which they are sent."""
    again: tuple[Parameter, ...]
    """Fields of `POST /subscribe/payments/again`."""
    variants: tuple[Variant, ...]
    presets: tuple[Preset, ...]
    mistakes: Mapping[str, tuple[Mistake, ...]]
    """The deliberate mistakes by variant."""
    page: Mapping[str, Any]
    """Prose of the guide's page. Only the templates read it."""
    pitfalls: tuple[Mapping[str, Any], ...]
    """Common mistakes at this PG: what is `wrong` and what is `right` (both `Text`)."""
    links: Mapping[str, Link]
    """The documents that the facts come from, by the ids that a fact's `cite` names."""

    @property
    def is_retired(self) -> bool:
        """Whether the PG has left the market. Its guide stays, but no new contract is possible."""
        return bool(self.page["status"] == "legacy")

    @property
    def pay_method(self) -> str:
        """The `pay_method` of an issue, `card` or `trans` (a bank account): each of these PGs takes one."""
        return str(self.parameter("pay_method").value)

    @property
    def provider(self) -> str:
        """The `pg_provider` in this PG's records: the code without the merchant's own id."""
        return self.pg.partition(".")[0]

    def charges(self, amount: int) -> bool:
        """Whether an issue with this amount takes money."""
        return self.charges_at_issue is ChargeRule.ALWAYS or (
            self.charges_at_issue is ChargeRule.IF_POSITIVE and amount > 0
        )

    @property
    def can_issue_without_charge(self) -> bool:
        """Whether this PG can issue a key without a payment."""
        return self.charges_at_issue is not ChargeRule.ALWAYS

    @property
    def again_fields(self) -> tuple[str, ...]:
        """The fields that `/again` requires beyond `customer_uid`, `merchant_uid` and `amount`."""
        return tuple(f.name for f in self.again if f.required == "always" and f.name not in EVERY_CHARGE)

    @property
    def sources(self) -> dict[str, str]:
        """The name of our value behind each field of `IMP.request_pay`, for the fields that have one."""
        return {f.name: f.source for f in self.parameters if f.source}

    @property
    def required_fields(self) -> tuple[str, ...]:
        """The fields that `IMP.request_pay` requires at this PG, on a phone at least, beyond those of every PG."""
        return tuple(f.name for f in self.parameters if f.required != "optional" and f.name not in EVERY_ISSUE)

    def parameter(self, name: str) -> Parameter:
        """Return the named field of `IMP.request_pay`.

        Raises:
            StopIteration: when this guide does not have the field.
        """
        return next(parameter for parameter in self.parameters if parameter.name == name)

    def again_for(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return the body of `/again`. `values` holds the shop's values by source, as in `request_for`."""
        return {field.name: field.fitted(values[field.source]) for field in self.again if field.source}

    def variant(self, variant_id: str = "") -> Variant:
        """Return the named variant; without a name the first one, which the shop itself uses.

        Raises:
            PgUnavailable: when the guide has no such variant.
        """
        for variant in self.variants:
            if variant.id == variant_id or not variant_id:
                return variant
        raise PgUnavailable(f"{self.id} has no variant {variant_id!r}", pg=self.id)

    def request_for(self, values: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
        """Return the parameters of `IMP.request_pay`.

        `values` holds the shop's values by source: `channel`, `merchant_uid`, `customer_uid`, `order_name`, `amount`
        (major units), `currency`, `buyer_name`, `buyer_email`, `buyer_tel`, `redirect_url`, `notice_url`, `language`.
        """
        request: dict[str, Any] = {}
        for parameter in self.parameters:
            if parameter.value is not None:
                _put(request, parameter.name, parameter.value)
            elif parameter.source == "channel":
                # `pg` takes the older PG codes; a channel key from the console has a field of its own.
                channel = values["channel"]
                request["channelKey" if channel.startswith("channel-key-") else "pg"] = channel
            elif parameter.source:
                _put(request, parameter.name, parameter.fitted(values[parameter.source]))
        for name, value in variant.set.items():
            _put(request, name, value)
        return request


@cache
def load(folder: Path) -> dict[str, Guide]:
    """Return every guide by id, in the order of the files' `position`.

    A process reads the files once, however many applications it creates.

    Raises:
        ValueError: when a file is not a guide; the message names the file.
    """
    common = {path.stem: _read(path) for path in (folder / "common").glob("*.toml")}
    found = []
    for path in sorted(folder.glob("*.toml")):
        data = _read(path)
        try:
            found.append((data["position"], _guide(path.stem, data, common)))
        except (KeyError, TypeError, ValueError) as err:
            raise ValueError(f"{path.name} is not a guide: {err!r}") from err
    return {guide.id: guide for _, guide in sorted(found, key=lambda pair: pair[0])}


def _read(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _guide(guide_id: str, data: dict[str, Any], common: dict[str, dict[str, Any]]) -> Guide:
    shared, links = common["parameters"], common["links"] | data["links"]
    return Guide(
        id=guide_id,
        name=data["name"],
        pg=data["pg"],
        currencies=tuple(data["currencies"]),
        charges_at_issue=ChargeRule(data["charges_at_issue"]),
        result=data["result"],
        waits_for_webhook=data.get("waits_for_webhook", False),
        cancels_later=data.get("cancels_later", False),
        parameters=_parameters(data["parameters"], shared["request"]),
        again=_parameters(data["again"], shared["again"]),
        variants=tuple(Variant(**entry) for entry in data["variants"]),
        presets=tuple(Preset(**entry) for entry in data.get("presets", ())),
        mistakes={
            entry["id"]: mistakes.at_guide(common["mistakes"]["mistakes"], guide_id, entry["id"])
            for entry in data["variants"]
        },
        page=common["facts"] | common["chapters"] | data.get("page", {}),
        pitfalls=tuple(one for one in common["pitfalls"]["pitfalls"] if guide_id in one.get("guides", [guide_id])),
        links={link_id: Link(**link) for link_id, link in links.items()},
    )


def _parameters(entries: list[dict[str, Any]], shared: dict[str, Any]) -> tuple[Parameter, ...]:
    """Return the guide's parameters. A guide's own entry overrides the shared one."""
    merged = ({**shared.get(entry["name"], {}), **entry} for entry in entries)
    return tuple(Parameter(**{**entry, "readings": tuple(entry.get("readings", ()))}) for entry in merged)


def _put(request: dict[str, Any], dotted: str, value: Any) -> None:
    *parents, leaf = dotted.split(".")
    for parent in parents:
        request = request.setdefault(parent, {})
    request[leaf] = value
