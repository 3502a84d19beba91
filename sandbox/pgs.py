"""The PGs (payment providers) behind the service, one `Profile` of traits each. No other place knows a PG by name.

A rule or a window asks for the trait it needs. A PG that behaves in a new way gets a new trait, never an ``if``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal

Charge = Literal["never", "if_positive", "always"]
Result = Literal["callback", "redirect"]


class UnknownPG(LookupError):
    """No channel is configured for this ``pg``."""


@dataclass(frozen=True, kw_only=True)
class Profile:
    """How one PG behaves when a billing key is issued in its window and charged later."""

    code: str
    """What a shop sends as ``pg``, alone or followed by ``.MID``; later ``pg_provider`` of the record."""
    name_ko: str
    name_en: str
    family: Literal["card", "account"]
    """Which window and which test instruments."""
    methods: tuple[str, ...]
    """Values of ``pay_method`` the PG accepts; the first is what it records."""
    mid: str
    """The merchant id used when ``pg`` names none."""
    charge: Charge
    """What ``amount`` does while a key is issued: only shown, charged when above zero, or always charged."""
    result_pc: Result = "callback"
    result_mobile: Result = "redirect"
    required_at_issue: tuple[str, ...] = ()
    required_at_again: tuple[str, ...] = ()
    must_equal_issue: tuple[str, ...] = ()
    """Fields which ``/again`` must repeat exactly as the window had them."""
    two_word_buyer_name: bool = False
    """``First Last`` with one space. Known from the schema only, so demanded from a *strict* merchant alone."""
    amount_hidden_on: tuple[str, ...] = ()
    """Devices (``pc``, ``mobile``) whose window does not show the amount."""
    close_fails_on: tuple[str, ...] = ()
    """Devices on which a closed window makes the record ``failed``; elsewhere it stays ``ready``."""
    issue_tid_prefix: str = ""
    """How ``pg_tid`` of a key issue begins."""
    card_type_known: bool = True
    """False: ``card_type`` of records and keys is null."""
    window_variants: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """``bypass.widget_code`` → the name of the window it draws."""
    default_variant: str = ""

    def charges(self, amount: int) -> bool:
        """Whether issuing a key with this amount (minor units) takes money."""
        return self.charge == "always" or (self.charge == "if_positive" and amount > 0)

    def result_path(self, device: str) -> Result:
        return self.result_mobile if device == "mobile" else self.result_pc

    def variant(self, widget_code: str | None) -> str:
        """The name of the window drawn for this ``bypass.widget_code``; '' for a PG that has just one window."""
        return self.window_variants.get(widget_code or "", self.default_variant)


PROFILES = (
    Profile(
        code="html5_inicis",
        name_ko="KG이니시스",
        name_en="KG Inicis",
        family="card",
        methods=("card",),
        mid="INIBillTst",
        charge="never",
        required_at_issue=("buyer_tel",),
        required_at_again=("name",),
        amount_hidden_on=("mobile",),
        close_fails_on=("pc",),
        issue_tid_prefix="StdpayBill",
        card_type_known=False,
    ),
    Profile(
        code="jtnet",
        name_ko="JTNet",
        name_en="JTNet",
        family="card",
        methods=("card",),
        mid="tpaytest2m",
        charge="if_positive",
    ),
    Profile(
        code="chai",
        name_ko="차이",
        name_en="CHAI",
        family="account",
        methods=("trans",),
        mid="chai_sandbox",
        charge="never",
        result_pc="redirect",
        required_at_issue=("m_redirect_url",),
    ),
    Profile(
        code="paymentwall",
        name_ko="페이먼트월",
        name_en="Paymentwall",
        family="card",
        methods=("card",),
        mid="pw_sandbox",
        charge="always",
        required_at_issue=("buyer_email", "buyer_name"),
        required_at_again=("buyer_email", "currency", "browser_ip"),
        must_equal_issue=("buyer_email", "currency"),
        two_word_buyer_name=True,
        window_variants=MappingProxyType({"t3_1": "Terminal3"}),
        default_variant="Paymentwall",
    ),
)

DEFAULT = PROFILES[0]
"""Who serves a shop that names no ``pg``."""

_BY_CODE = {profile.code: profile for profile in PROFILES}


def profile_for(pg: str | None) -> Profile:
    """The profile behind ``pg``: ``code``, ``code.MID``, or nothing for the default.

    Raises:
        UnknownPG: nobody configured it.
    """
    if not pg:
        return DEFAULT
    try:
        return _BY_CODE[pg.partition(".")[0]]
    except KeyError:
        raise UnknownPG(pg) from None


def mid_of(pg: str | None) -> str:
    """The merchant id in ``pg``, or the one its profile falls back to. Raises `UnknownPG`."""
    return (pg or "").partition(".")[2] or profile_for(pg).mid
