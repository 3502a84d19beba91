"""The PGs (payment providers) behind the service, each as a `Profile` of traits. No other code names a PG.

A rule or a window reads the trait it needs. A PG that behaves in a new way gets a new trait, never an `if`.
`pgs.toml` lists the PGs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import tables

Device = Literal["pc", "mobile"]
Result = Literal["callback", "redirect"]


class UnknownPG(LookupError):
    """No PG, or no channel of the merchant, has this `pg`."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one PG behaves when a billing key is issued in its window and charged later.

    The names of the traits are the keys of `GET /control/pgs`: a shop's tests may read them.
    """

    id: str
    """Our name for the profile. Each guide of the payment service has a profile of its own."""
    code: str
    """The value of `pg` that a shop sends, alone or followed by `.MID`. The record shows it as `pg_provider`."""
    name_ko: str
    name_en: str
    family: Literal["card", "account", "phone", "wallet"]
    """Selects the window and the test instruments."""
    methods: tuple[str, ...]
    """Values of `pay_method` that the PG accepts, or that it may record with `method_ignored`; the usual one first."""
    ordinary_methods: tuple[str, ...] = ()
    """Further values that the PG accepts without `customer_uid`, by its documents. The sandbox does not play them.

    `*` stands for every value.
    """
    method_ignored: bool = False
    """The PG has no `pay_method`, or ignores the value that the shop sends."""
    mid: str
    """The merchant id (MID) when `pg` contains none."""

    # The amount of a window
    charge: Literal["never", "if_positive", "always", "undocumented"]
    """Whether a window that issues a key charges `amount`: never (it only shows it), when above zero, or always.

    For `undocumented` the lever `undocumented_charge` decides.
    """
    amount_optional: bool = False
    """A window may open without an amount, which then is 0."""
    amount_ignored: bool = False
    """The record shows 0, whatever the shop sends."""
    amount_hidden_on: tuple[Device, ...] = ()
    """Devices whose window does not show the amount."""
    shown_for_zero: int = 0
    """KRW that the window shows instead of 0."""
    least_amount: int = 0
    """The smallest amount, in KRW, that the PG registers or charges."""
    probe_amount: int = 0
    """KRW that the PG charges to verify an instrument when it issues a key without a charge."""
    probe_seconds: int = 0
    """Seconds until the PG refunds the probe."""
    currencies: tuple[str, ...] = ()
    """ISO 4217 codes; empty means any."""

    # The result
    result_pc: Literal["callback", "redirect", "flag"] = "callback"
    result_mobile: Literal["callback", "redirect", "flag"] = "redirect"
    """`flag` means a callback when `popup_flag` is true, else a redirect."""
    popup_flag: str = ""
    """The parameter by which a shop requests a pop-up instead of a layer."""
    popup_on: tuple[Device, ...] = ()
    """Devices whose window is a pop-up even when the shop does not request one."""
    ui_type: str = ""
    """When set, only the button that `IMP.loadUI(ui_type, …)` draws opens the window."""
    payload: Literal["full", "ids_only"] = "full"
    """The result that the browser receives: every field, or only ids and errors without `success`."""
    close_fails_on: tuple[Device, ...] = ()
    """Devices on which closing the window makes the record `failed`; elsewhere it stays `ready`."""

    # The parameters that the shop must send to a window; for REST calls see `calls`
    required: tuple[str, ...] = ()
    """For every window."""
    required_on_mobile: tuple[str, ...] = ()
    required_at_issue: tuple[str, ...] = ()
    """For a window that issues a key."""
    required_at_issue_on_mobile: tuple[str, ...] = ()
    required_for_key_only: tuple[str, ...] = ()
    """For a window that issues a key without a charge."""
    required_for_ordinary: tuple[str, ...] = ()
    """For a window without `customer_uid`, which issues no key."""
    required_for_ordinary_when_strict: tuple[str, ...] = ()
    """Required by the documents, which name no refusal, so that only a *strict* merchant must comply."""
    barred_when_strict: tuple[str, ...] = ()
    """Parameters that the PG does not support. Its handling is undocumented, so only a *strict* merchant is refused."""
    barred_at_issue_when_strict: tuple[str, ...] = ()
    """The same for a window that issues a key."""
    merchant_uid_pattern: str = ""
    """A regular expression that must match the whole `merchant_uid`."""
    name_bytes: int = 0
    """The longest `name` in bytes of EUC-KR, the PG's encoding; 0 means that the PG sets no limit."""
    name_barred: str = ""
    """Characters that `name` must not contain."""
    wants_delivery_reports: bool = False
    """The shop must report the goods that it sells through this PG when it sends them."""
    two_word_buyer_name: bool = False
    """`buyer_name` is `First Last` with one space. Only the schema says so; only a *strict* merchant must comply."""

    # The key and its customer
    customer_id_limit: int = 0
    """The longest `customer_id` in characters; 0 means no limit."""
    customer_id_made_up: bool = False
    """The PG makes a random `customer_id` when the shop sends none."""
    verifies_new_customer: bool = False
    """The first key of a `customer_id` requires an identity check by phone."""
    keyless_mid: str = ""
    """A merchant id without billing rights: the window ends `paid` and issues no key."""
    instrument_shown: bool = True
    """When False, records and keys have null for card name, number and type."""
    reports_issuer: bool = False
    """Records and keys name the card's issuer and publisher. Source: schema, `card_issuer_code`."""
    card_type_known: bool = True
    """When False, records and keys have null for `card_type`."""
    issue_tid_prefix: str = ""
    """The prefix of `pg_tid` when a window issues a key."""

    # The conditions of a later charge
    must_equal_issue: tuple[str, ...] = ()
    """Fields of `/again` that must equal those of the window."""
    currencies_barred_at_again: tuple[str, ...] = ()
    monthly_day_tolerance: int = 0
    """A charge is accepted this many days around the issue's day of the month; 0 means on any day."""
    monthly_only: bool = False
    """The window states that the key is for monthly charges."""
    monthly_cap: bool = False
    """Charges in a calendar month are limited; the lever `monthly_cap` sets how many."""
    again_after_webhook: bool = False
    """A key can be charged only after the webhook of its issue was sent."""
    again_live_only: bool = False
    """A key of a test channel cannot be charged."""
    reviews_approvals: bool = False
    """An approval may stay pending, or follow a failure, and then arrives by webhook."""
    cancels_later: bool = False
    """A cancel may become final some time after the PG accepts it."""
    issues_vbanks: bool = False
    """`POST /vbanks` opens virtual accounts."""
    issues_receipts: bool = False
    """The PG issues cash receipts for payments by bank account."""
    own_calls: tuple[str, ...] = ()
    """API calls that only its payments support: `order_status`, `naver`, `order_form`, `orders`."""
    opens_windows: bool = True
    """When False, buyers order at the PG itself, and no shop opens a window for it."""
    tells_balance: bool = False
    """`GET /payments/{imp_uid}/balance` returns the tax parts of an amount."""

    # The design of its window
    window_variants: Mapping[str, str] = field(default_factory=dict)
    """`bypass.widget_code` → the name of the window that it draws."""
    default_variant: str = ""
    window_languages: tuple[str, ...] = ()
    """Languages that the window supports; empty means any that the payer reads."""

    def result_path(self, device: str, params: Mapping[str, Any]) -> Result:
        """Return how a window opened with `params` delivers its result."""
        path = self.result_mobile if device == "mobile" else self.result_pc
        if path == "flag":
            return "callback" if params.get(self.popup_flag) is True else "redirect"
        return path

    def window_form(self, device: str, params: Mapping[str, Any]) -> Literal["page", "popup", "layer"]:
        """Return the window's form: a `page` in place of the shop's, a `popup` beside it, or a `layer` over it."""
        if self.result_path(device, params) == "redirect":
            return "page"
        wants_popup = bool(self.popup_flag) and params.get(self.popup_flag) is True
        return "popup" if wants_popup or device in self.popup_on else "layer"

    def variant(self, widget_code: str | None) -> str:
        """Return the name of the window for this `bypass.widget_code`; '' for a PG with only one window."""
        return self.window_variants.get(widget_code or "", self.default_variant)


def _load() -> tuple[Profile, ...]:
    return tuple(Profile(**pg) for pg in tables.load(Path(__file__).with_suffix(".toml"))["pg"])


_ALL = _load()

PROFILES = tuple(profile for profile in _ALL if profile.opens_windows)
"""Every PG for which a shop can open a window."""

DEFAULT = PROFILES[0]
"""The PG of a shop that sends no `pg`."""

ORDER_FORM = next(profile for profile in _ALL if "order_form" in profile.own_calls)
"""The PG whose orders `sandbox.products.naver_orders` keeps."""

_BY_CODE: dict[str, tuple[Profile, ...]] = {}
for _profile in _ALL:
    _BY_CODE[_profile.code] = (*_BY_CODE.get(_profile.code, ()), _profile)


def profile_for(pg: str | None, pay_method: str | None = None) -> Profile:
    """Return the profile of `pg`: `code`, `code.MID`, or nothing for the default.

    A PG may have one profile per `pay_method`. For a method that none of them lists, return the first.

    Raises:
        UnknownPG: when no PG has this code.
    """
    candidates = profiles_of(pg.partition(".")[0]) if pg else (DEFAULT,)
    return next((profile for profile in candidates if pay_method in profile.methods), candidates[0])


def profiles_of(code: str) -> tuple[Profile, ...]:
    """Return every profile with this `code`.

    Raises:
        UnknownPG: when no PG has this code.
    """
    try:
        return _BY_CODE[code]
    except KeyError:
        raise UnknownPG(code) from None


def every_code() -> list[str]:
    """Return the code of every PG that opens windows, the default first."""
    return list(dict.fromkeys(profile.code for profile in PROFILES))


def methods_of(code: str) -> tuple[str, ...]:
    """Return every `pay_method` of the PG, over all its profiles.

    Raises:
        UnknownPG: when no PG has this code.
    """
    return tuple(method for profile in profiles_of(code) for method in profile.methods)


def ordinary_methods_of(code: str) -> tuple[str, ...]:
    """Return the values of `pay_method` that only an ordinary window of the PG takes, and the sandbox does not play.

    Raises:
        UnknownPG: when no PG has this code.
    """
    return tuple(method for profile in profiles_of(code) for method in profile.ordinary_methods)
