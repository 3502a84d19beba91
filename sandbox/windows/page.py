"""Work out what a window shows its payer, from the payment and its PG's traits."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from flask import jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from ..facts.instruments import INSTRUMENTS, Instrument
from ..facts.pgs import Profile
from ..ledger.models import Payment
from ..merchants import clock
from ..pages import LANGUAGES, in_language, language_links, money
from ..rules.expiry import filled_in
from ..rules.windows import wants_identity_check, window_effect
from ..wire.parameters import CURRENCY
from .secret import window_key


@dataclass(frozen=True, kw_only=True)
class Page:
    """The words and addresses of one window, in the payer's language."""

    skin: str
    """How the window of the PG, or of its variant, looks: an attribute that the style sheet selects by."""
    layout: str
    """`layer` over the shop's page, or a `page` of its own."""
    opener: str
    """The only origin that may receive a message from this window; '' for a page without an opener."""
    pg_name: str
    variant: str
    heading: str
    shop: str
    merchant_code: str
    order_name: str
    amount: str | None
    """Formatted in the payer's language. None where this PG does not show it."""
    effect: str
    """What an approval does to the amount: `charged`, `shown` or `key_only` (`sandbox.rules.windows.window_effect`)."""
    effect_title: str
    effect_text: str
    notes: list[str]
    """Sentences about other peculiarities of this PG."""
    approve_label: str
    instruments: list[Instrument]
    issuers: dict[str, str]
    """Code → name of the banks or carriers that the payer may choose from. Empty where there is no such choice."""
    expiry: str
    """The expiry that a click on a test card fills in, as `MM/YY`."""
    identity_check: bool
    """Whether the payer must pass an identity check first."""
    languages: list[tuple[str, str, str]]
    """Links of the language switch, as `sandbox.pages.language_links` returns them."""


def page_of(payment: Payment) -> Page:
    """Return everything that `templates/windows/window.html` shows of `payment`."""
    profile = payment.profile
    effect = window_effect(payment)
    languages = language_links(url_for("windows.show", imp_uid=payment.imp_uid))
    issues_key = payment.issues_key and payment.pg_id != profile.keyless_mid
    amount = _amount(payment)
    title, text = _effect_in_words(effect, issues_key, is_shown=amount is not None)
    return Page(
        skin=skin_of(payment),
        layout="layer" if payment.window_form == "layer" else "page",
        opener=payment.opener_origin or "",
        pg_name=_name(profile),
        variant=_variant_in_words(payment),
        heading=_heading(profile.family, effect, issues_key),
        shop=urlsplit(payment.opener_origin or "").netloc,
        merchant_code=payment.merchant.code,
        order_name=payment.name or "",
        amount=amount,
        effect=effect,
        effect_title=title,
        effect_text=text,
        notes=_notes(payment, effect),
        approve_label=_("Pay and continue") if effect == "charged" else _("Register and continue"),
        instruments=[instrument for instrument in INSTRUMENTS if instrument.family == profile.family],
        issuers=_issuers(profile.family),
        expiry=filled_in(payment.merchant, clock.of_payment(payment)),
        identity_check=wants_identity_check(payment),
        languages=[link for link in languages if link[0] in (profile.window_languages or LANGUAGES)],
    )


def address(payment: Payment, action: str) -> str:
    """Return the address that the window's form for `action` posts to. It keeps the window's secret and language."""
    lang = request.args.get("lang")
    return url_for(f"windows.{action}", imp_uid=payment.imp_uid, k=window_key(payment), lang=lang)


def leave_to(target: str) -> ResponseReturnValue:
    """Redirect the payer to `target`. The window's script, which cannot follow a redirect elsewhere, receives JSON."""
    wants_json = request.accept_mimetypes.best == "application/json"
    return jsonify(location=target) if wants_json else redirect(target)


def skin_of(payment: Payment) -> str:
    """Return the name of the window's look: of the PG's variant, else of the PG, in lower case."""
    return (_variant(payment) or payment.pg_code).lower()


def _variant(payment: Payment) -> str:
    requested = payment.bypass.get("widget_code") if isinstance(payment.bypass, dict) else None
    return payment.profile.variant(requested if isinstance(requested, str) else None)


def _amount(payment: Payment) -> str | None:
    profile = payment.profile
    if payment.device in profile.amount_hidden_on:
        return None
    if payment.amount == 0 and profile.shown_for_zero:
        return money(profile.shown_for_zero, CURRENCY)
    return money(payment.amount, payment.currency)


def _variant_in_words(payment: Payment) -> str:
    variant = _variant(payment)
    if not variant:
        return ""
    is_default = variant == payment.profile.default_variant
    words: str = _("default window") if is_default else _("%(variant)s window", variant=variant)
    return words


def _heading(family: str, effect: str, issues_key: bool) -> str:
    headings: dict[tuple[str, str], str] = {
        ("card", "issue"): _("Register a card"),
        ("card", "issue and charge"): _("Register a card and pay"),
        ("card", "charge"): _("Pay by card"),
        ("account", "issue"): _("Register an account"),
        ("account", "issue and charge"): _("Register an account and pay"),
        ("account", "charge"): _("Pay from an account"),
        ("phone", "issue"): _("Register a phone number"),
        ("phone", "issue and charge"): _("Register a phone number and pay"),
        ("phone", "charge"): _("Pay by phone bill"),
        ("wallet", "issue"): _("Connect a wallet"),
        ("wallet", "issue and charge"): _("Connect a wallet and pay"),
        ("wallet", "charge"): _("Pay with a wallet"),
    }
    purpose = "issue" if effect != "charged" else "issue and charge" if issues_key else "charge"
    return headings[family, purpose]


def _effect_in_words(effect: str, issues_key: bool, *, is_shown: bool) -> tuple[str, str]:
    if effect == "key_only":
        return _("Key only"), _("The amount is 0: a billing key is issued and nothing is charged.")
    if effect == "shown":
        return _("Shown, not charged") if is_shown else _("Not charged"), _(
            "A billing key is issued and nothing is charged now. The shop charges the key later."
        )
    if issues_key:
        return _("Charged now"), _("A billing key is issued and the amount is charged when you continue.")
    return _("Charged now"), _("The amount is charged when you continue.")


def _notes(payment: Payment, effect: str) -> list[str]:
    profile = payment.profile
    notes = []
    if profile.shown_for_zero and payment.amount == 0:
        shown = money(profile.shown_for_zero, CURRENCY)
        notes.append(_("This PG shows %(amount)s for an amount of 0.", amount=shown))
    if profile.probe_amount and effect == "key_only":
        probe = money(profile.probe_amount, CURRENCY)
        minutes = profile.probe_seconds // 60
        notes.append(
            _(
                "To verify the card, the PG charges %(amount)s and refunds it %(min)s minutes later.",
                amount=probe,
                min=minutes,
            )
        )
    if payment.issues_key and (profile.monthly_only or profile.monthly_day_tolerance):
        notes.append(_("A phone bill can be charged automatically only once a month."))
    if payment.issues_key and payment.pg_id == profile.keyless_mid:
        notes.append(_("This merchant id has no billing rights. No billing key is issued."))
    return notes


def _name(profile: Profile) -> str:
    return in_language(profile, "name")


def _issuers(family: str) -> dict[str, str]:
    if family == "phone":
        return {"SKT": "SKT", "KTF": "KT", "LGT": "LG U+", "CJH": _("MVNO")}
    return _banks() if family == "account" else {}


def _banks() -> dict[str, str]:
    """Return code → name of the banks in the window. The three digits are the service's own bank codes."""
    return {
        "088": _("Shinhan Bank"),
        "004": _("KB Kookmin Bank"),
        "020": _("Woori Bank"),
        "081": _("Hana Bank"),
    }
