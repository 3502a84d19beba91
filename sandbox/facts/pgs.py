"""The PGs (payment providers) behind the service, one `Profile` of traits each. No other place knows a PG by name.

A rule or a window asks for the trait it needs. A PG that behaves in a new way gets a new trait, never an `if`.
The PGs themselves are listed in `pgs.toml`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from . import tables

Device = Literal["pc", "mobile"]
Result = Literal["callback", "redirect"]


class UnknownPG(LookupError):
    """No channel is configured for this `pg`."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one PG behaves when a billing key is issued in its window and charged later."""

    id: str
    """Our name of it, one for each guide."""
    code: str
    """What a shop sends as `pg`, alone or followed by `.MID`; later `pg_provider` of the record."""
    name_ko: str
    name_en: str
    family: Literal["card", "account", "phone", "wallet"]
    """Which window and which test instruments."""
    methods: tuple[str, ...]
    """Values of `pay_method` the PG accepts or, where it ignores the shop's, may record; the usual one first."""
    method_ignored: bool = False
    """The PG has no `pay_method`, or does as it likes whatever was sent."""
    mid: str
    """The merchant id used when `pg` names none."""

    # The amount of a window
    charge: Literal["never", "if_positive", "always", "undocumented"]
    """What `amount` does while a key is issued: only shown, charged when above zero, or always charged.

    Where no document says, the lever `undocumented_charge` does.
    """
    amount_optional: bool = False
    """A window may open without; that is 0."""
    amount_ignored: bool = False
    """Whatever is sent is recorded as 0."""
    amount_hidden_on: tuple[Device, ...] = ()
    """Devices whose window does not show it."""
    shown_for_zero: int = 0
    """KRW the window shows instead of 0."""
    least_amount: int = 0
    """KRW below which the PG neither registers nor charges."""
    probe_amount: int = 0
    """KRW the PG takes to try an instrument out when a key is issued without a charge."""
    probe_seconds: int = 0
    """After so long it gives the probe back."""
    currencies: tuple[str, ...] = ()
    """ISO 4217; empty: any."""

    # The way back
    result_pc: Literal["callback", "redirect", "flag"] = "callback"
    result_mobile: Literal["callback", "redirect", "flag"] = "redirect"
    """`flag`: a callback when `popup_flag` is true, else a redirect."""
    popup_flag: str = ""
    """The parameter by which a shop asks for a pop-up instead of a layer."""
    popup_on: tuple[Device, ...] = ()
    """Devices whose window is a pop-up without being asked for."""
    ui_type: str = ""
    """Opened by the button that `IMP.loadUI(ui_type, …)` draws, and by nothing else."""
    payload: Literal["full", "ids_only"] = "full"
    """What the browser hears: everything, or ids and errors without `success`."""
    close_fails_on: tuple[Device, ...] = ()
    """Devices on which a closed window makes the record `failed`; elsewhere it stays `ready`."""

    # What the shop must send
    required: tuple[str, ...] = ()
    """For every window."""
    required_on_mobile: tuple[str, ...] = ()
    required_at_issue: tuple[str, ...] = ()
    """For a window that issues a key."""
    required_for_key_only: tuple[str, ...] = ()
    """For one that issues a key and charges nothing."""
    required_at_again: tuple[str, ...] = ()
    required_at_onetime: tuple[str, ...] = ()
    required_at_delete: tuple[str, ...] = ()
    """For `DELETE /subscribe/customers/{customer_uid}`; `extra.requester` is nested."""
    barred_when_strict: tuple[str, ...] = ()
    """Parameters the PG does not support. What happens to them is not said, so only a *strict* merchant is refused."""
    merchant_uid_pattern: str = ""
    """A regular expression for the whole of it."""
    name_bytes: int = 0
    """Longest `name` in the PG's encoding, EUC-KR; 0: no limit of its own."""
    name_barred: str = ""
    """Characters a `name` may not have."""
    wants_delivery_reports: bool = False
    """Goods sold through it are to be reported as they are sent."""
    two_word_buyer_name: bool = False
    """`First Last` with one space. Known from the schema only, so demanded from a *strict* merchant alone."""

    # Whose key it is
    customer_id_limit: int = 0
    """Longest `customer_id`; 0: no limit."""
    customer_id_made_up: bool = False
    """A random one where the shop sends none."""
    verifies_new_customer: bool = False
    """The first key of a `customer_id` takes an identity check by phone."""
    keyless_mid: str = ""
    """A merchant id without billing rights: the window ends `paid`, and there is no key."""
    instrument_shown: bool = True
    """False: card name, number and type of records and keys are null."""
    card_type_known: bool = True
    """False: `card_type` of records and keys is null."""
    issue_tid_prefix: str = ""
    """How `pg_tid` of a key issue begins."""

    # What a later charge must heed
    must_equal_issue: tuple[str, ...] = ()
    """Fields which `/again` must repeat exactly as the window had them."""
    currencies_barred_at_again: tuple[str, ...] = ()
    monthly_day_tolerance: int = 0
    """Days around the day of the month of the issue on which charges are taken; 0: any day."""
    monthly_only: bool = False
    """The window says that the key is for monthly charges."""
    monthly_cap: bool = False
    """Only so many charges in a calendar month; the lever `monthly_cap` says how many."""
    again_after_webhook: bool = False
    """A key can be charged once the shop was told of its issue."""
    again_live_only: bool = False
    """A key of a test channel cannot be charged."""
    reviews_approvals: bool = False
    """An approval may stay pending, or follow a failure, and be told by webhook."""
    cancels_later: bool = False
    """A cancel may be final only some time after it was accepted."""
    issues_vbanks: bool = False
    """`POST /vbanks` opens virtual accounts."""
    required_at_vbank: tuple[str, ...] = ()
    issues_receipts: bool = False
    """Cash receipts of payments by bank account."""
    own_calls: tuple[str, ...] = ()
    """Calls of the API that only its payments know: `order_status`, `naver`, `order_form`, `orders`."""
    opens_windows: bool = True
    """False: people order at the PG itself, and no shop opens a window of it."""
    tells_balance: bool = False
    """`GET /payments/{imp_uid}/balance` says what of an amount is tax."""

    # The look of its window
    window_variants: Mapping[str, str] = field(default_factory=dict)
    """`bypass.widget_code` → the name of the window it draws."""
    default_variant: str = ""
    window_languages: tuple[str, ...] = ()
    """Empty: whichever the payer reads."""

    def result_path(self, device: str, params: Mapping[str, Any]) -> Result:
        """How the result of a window opened with `params` travels."""
        path = self.result_mobile if device == "mobile" else self.result_pc
        if path == "flag":
            return "callback" if params.get(self.popup_flag) is True else "redirect"
        return path

    def window_form(self, device: str, params: Mapping[str, Any]) -> Literal["page", "popup", "layer"]:
        """In place of the shop's page, beside it, or over it."""
        if self.result_path(device, params) == "redirect":
            return "page"
        asked = bool(self.popup_flag) and params.get(self.popup_flag) is True
        return "popup" if asked or device in self.popup_on else "layer"

    def variant(self, widget_code: str | None) -> str:
        """The name of the window drawn for this `bypass.widget_code`; '' for a PG that has just one window."""
        return self.window_variants.get(widget_code or "", self.default_variant)


def _load() -> tuple[Profile, ...]:
    return tuple(Profile(**pg) for pg in tables.load(Path(__file__).with_suffix(".toml"))["pg"])


_EVERY = _load()

PROFILES = tuple(profile for profile in _EVERY if profile.opens_windows)

DEFAULT = PROFILES[0]
"""Who serves a shop that names no `pg`."""

ORDER_FORM = next(profile for profile in _EVERY if "order_form" in profile.own_calls)
"""Whose orders `sandbox.products.naver_orders` has."""

_BY_CODE: dict[str, tuple[Profile, ...]] = {}
for _profile in _EVERY:
    _BY_CODE[_profile.code] = (*_BY_CODE.get(_profile.code, ()), _profile)


def profile_for(pg: str | None, pay_method: str | None = None) -> Profile:
    """The profile behind `pg`: `code`, `code.MID`, or nothing for the default.

    Where a PG has several, one for each `pay_method`, the first stands for those it does not know.

    Raises:
        UnknownPG: nobody configured it.
    """
    candidates = profiles_of(pg.partition(".")[0]) if pg else (DEFAULT,)
    return next((profile for profile in candidates if pay_method in profile.methods), candidates[0])


def profiles_of(code: str) -> tuple[Profile, ...]:
    """Every profile with this `code`. Raises `UnknownPG` when there is none."""
    try:
        return _BY_CODE[code]
    except KeyError:
        raise UnknownPG(code) from None


def methods_of(code: str) -> tuple[str, ...]:
    """Every `pay_method` of the PG, whichever profile it leads to."""
    return tuple(method for profile in profiles_of(code) for method in profile.methods)
