"""What a window demands of its parameters: as the PG's profile in `pgs.toml` says, a window that issues a key and one
without `customer_uid` each in its own way.

The texts of refusals are assumed: the real ones are each PG's prose, and no shop may branch on them.
"""

from ..facts import pgs
from ..facts.pgs import Profile
from ..ledger.models import Merchant, Payment
from ..merchants import levers
from ..wire.errors import WindowRefused
from ..wire.parameters import Fields, Malformed, missing
from . import pg_checks

OUTSIDE = (
    "샌드박스에 없는 결제창입니다. 실제 서비스의 {pg} 일반결제는 pay_method {method}를 지원합니다. "
    "샌드박스에는 {methods}만 있습니다. (Outside the sandbox, not a refusal of the PG.)"
)


def check(merchant: Merchant, payment: Payment, params: Fields, *, charges: bool) -> None:
    """Check the parameters of a window; `charges` is whether it charges its amount.

    Raises:
        Malformed: when the PG would not open the window.
        WindowRefused: when only the sandbox does not.
    """
    profile = payment.profile
    _check_method(payment, params)
    if profile.ui_type != (params.get("ui_type") or ""):
        raise Malformed(f"{profile.name_ko}: {_opening_call(profile)}로 호출해야 하는 결제창입니다.")
    for field in _required(profile, payment, charges):
        if params.get(field) in (None, ""):
            raise missing(field)
    _check_strictly(merchant, payment, params)
    pg_checks.check_order(profile, payment)
    if profile.customer_id_limit and len(payment.customer_id or "") > profile.customer_id_limit:
        raise Malformed(f"customer_id 파라메터는 {profile.customer_id_limit}자를 넘을 수 없습니다.")
    if charges and payment.amount == 0:
        raise Malformed(f"{profile.name_ko}: amount는 0보다 커야 합니다.")


def _check_method(payment: Payment, params: Fields) -> None:
    """Check that the PG accepts `pay_method` in such a window. What the sandbox does not play, the PG may accept.

    Raises:
        Malformed: when the PG does not accept it.
        WindowRefused: when only the sandbox does not.
    """
    profile = payment.profile
    if payment.pay_method in profile.methods:
        return
    if not params.get("pay_method") and "pay_method" in _required(profile, payment, charges=False):
        raise missing("pay_method")
    methods = ", ".join(pgs.methods_of(profile.code))
    if not payment.issues_key and {payment.pay_method, "*"} & set(pgs.ordinary_methods_of(profile.code)):
        raise WindowRefused("SANDBOX", OUTSIDE.format(pg=profile.name_ko, method=payment.pay_method, methods=methods))
    if payment.issues_key:
        raise Malformed(f"{profile.name_ko}: 빌링키 발급에서 지원하지 않는 pay_method입니다. ({methods})")
    others = "".join(f", {method}" for method in pgs.ordinary_methods_of(profile.code))
    raise Malformed(f"{profile.name_ko}: 지원하지 않는 pay_method입니다. ({methods}{others})")


def _opening_call(profile: Profile) -> str:
    return f"IMP.loadUI('{profile.ui_type}')" if profile.ui_type else "IMP.request_pay"


def _required(profile: Profile, payment: Payment, charges: bool) -> tuple[str, ...]:
    fields, is_mobile = profile.required, payment.device == "mobile"
    fields += profile.required_on_mobile if is_mobile else ()
    if not payment.issues_key:
        return fields + profile.required_for_ordinary
    fields += profile.required_at_issue
    fields += profile.required_at_issue_on_mobile if is_mobile else ()
    return fields + (() if charges else profile.required_for_key_only)


def _check_strictly(merchant: Merchant, payment: Payment, params: Fields) -> None:
    if not levers.get(merchant, "strict"):
        return
    profile, issues_key = payment.profile, payment.issues_key
    for field in profile.barred_when_strict + (profile.barred_at_issue_when_strict if issues_key else ()):
        if params.get(field) not in (None, ""):
            raise pg_checks.unsupported(profile, field)
    for field in () if issues_key else profile.required_for_ordinary_when_strict:
        if params.get(field) in (None, "", []):
            raise missing(field)
    pg_checks.check_buyer_name(merchant, profile, params.get("buyer_name"))
