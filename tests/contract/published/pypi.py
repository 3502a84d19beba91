"""What each PyPI client can do, as a scenario: every method, how it succeeds and how it fails."""

from tests.contract.published.steps import (
    APPROVED,
    BUYER,
    CARD,
    DAY,
    DECLINED_LATER,
    DUPLICATE,
    NO_BUYER,
    NO_CARD,
    NO_KEY,
    NO_PAYMENT,
    NO_SCHEDULE,
    NO_SCHEDULED_CUSTOMER,
    NO_STATUS,
    NOTHING_TO_CANCEL,
    NOW,
    ORDER,
    PREPARED_ALREADY,
    certification,
    does,
    fails,
    virtual_account,
)

PERSON = {"name": "김매달", "phone": "010-0000-0000", "birth": "900101", "gender_digit": "1", "carrier": "SKT"}


def _keys_and_charges() -> list:
    """Return the steps that two of the clients share, with the same method names."""
    return [
        does("customer_create", customer_uid="card-1", **CARD, gives={"customer_uid": "card-1", "card_code": "365"}),
        does(
            "customer_create",
            customer_uid="dry",
            **{**CARD, "card_number": DECLINED_LATER},
            gives={"pg_id": "INIBillTst"},
        ),
        fails("customer_create", customer_uid="none", **{**CARD, "card_number": "1111-1111-1111-1111"}, code=-1),
        does("customer_get", "card-1", gives={"customer_uid": "card-1", "card_number": "424242******4242"}),
        fails("customer_get", "nobody", type="HttpError", code=404),
        does(
            "pay_again",
            customer_uid="card-1",
            merchant_uid="again-1",
            amount=1000,
            name="Coffee",
            gives={"status": "paid", "amount": 1000, "customer_uid": "card-1"},
            keep={"again": "imp_uid"},
        ),
        does(
            "pay_again",
            customer_uid="dry",
            merchant_uid="again-2",
            amount=1000,
            name="Coffee",
            gives={"status": "failed", "fail_reason": "잔액이 부족하여 결제가 거절되었습니다."},
        ),
        fails(
            "pay_again",
            customer_uid="card-1",
            merchant_uid="again-1",
            amount=1,
            name="Coffee",
            code=1,
            message=DUPLICATE,
        ),
        fails(
            "pay_again",
            customer_uid="nobody",
            merchant_uid="again-3",
            amount=1,
            name="Coffee",
            code=1,
            message=NO_BUYER,
        ),
        fails(
            "pay_again",
            customer_uid="card-1",
            merchant_uid="again-3",
            amount=0,
            name="Coffee",
            type="HttpError",
            code=400,
        ),
        does("pay_onetime", merchant_uid="once-1", **ORDER, gives={"status": "paid", "customer_uid": None}),
        does(
            "pay_onetime",
            merchant_uid="once-2",
            customer_uid="once",
            **ORDER,
            gives={"status": "paid", "customer_uid_usage": "issue"},
        ),
        does("customer_get", "once", gives={"customer_name": "Mae Dal"}),
        fails(
            "pay_onetime",
            merchant_uid="once-3",
            **{**ORDER, "card_number": "0000-0000-0000-0000"},
            code=-1,
            message=NO_CARD,
        ),
        fails("pay_onetime", merchant_uid="once-1", **ORDER, code=1, message=DUPLICATE),
        does("pay_foreign", merchant_uid="abroad-1", **ORDER, gives={"status": "paid"}),
        fails("pay_foreign", merchant_uid="abroad-2", **{**ORDER, "card_number": "card-number"}, code=-1),
        does("customer_delete", "once", gives={"customer_uid": "once"}),
        fails("customer_delete", "once", type="HttpError", code=404),
    ]


def _reading_and_cancelling() -> list:
    return [
        does("find_by_imp_uid", "{again}", gives={"merchant_uid": "again-1"}),
        does("find", imp_uid="{again}", gives={"merchant_uid": "again-1"}),
        does("find", merchant_uid="again-1", gives={"imp_uid": "{again}"}),
        fails("find", type="KeyError"),
        fails("find_by_imp_uid", "imp_0", type="HttpError", code=404),
        does("find_by_merchant_uid", "again-1", gives={"imp_uid": "{again}"}),
        fails("find_by_merchant_uid", "nobody", type="HttpError", code=404),
        does("is_paid", 1000, imp_uid="{again}", gives=True),
        does("is_paid", 999, imp_uid="{again}", gives=False),
        does("cancel_by_imp_uid", "{again}", "too dear", amount=300, checksum=1000, gives={"cancel_amount": 300}),
        fails("cancel_by_imp_uid", "{again}", "too dear", amount=300, checksum=1000, code=1),
        fails("cancel_by_imp_uid", "{again}", "too dear", amount=701, code=-1, message="결제취소에 실패하였습니다."),
        does("cancel_by_merchant_uid", "again-1", "rest", gives={"cancel_amount": 1000, "status": "cancelled"}),
        fails("cancel_by_merchant_uid", "again-1", "again", code=1, message="이미 전액취소된 주문입니다."),
        does("cancel", "changed my mind", merchant_uid="once-1", gives={"cancel_reason": "changed my mind"}),
        fails("cancel", "reason", imp_uid="nothing", code=1, message=NOTHING_TO_CANCEL),
        fails("cancel", "reason", type="KeyError"),
        does("is_paid", 1000, merchant_uid="again-1", gives=False),
        does("prepare", "prepared-1", 1000, gives={"merchant_uid": "prepared-1", "amount": 1000}),
        fails("prepare", "prepared-1", 1000, code=1, message=PREPARED_ALREADY),
        does("prepare_validate", "prepared-1", 1000, gives=True),
        does("prepare_validate", "prepared-1", 999, gives=False),
        fails("prepare_validate", "nobody", 1000, type="HttpError", code=404),
    ]


def _schedules() -> list:
    charge = {"schedule_at": NOW + DAY, "amount": 1000, "name": "Coffee"}
    between = {"schedule_from": NOW, "schedule_to": NOW + 2 * DAY}
    return [
        does(
            "pay_schedule",
            customer_uid="card-1",
            schedules=[{"merchant_uid": "later-1", **charge}, {"merchant_uid": "later-2", **charge}],
            gives=[{"merchant_uid": "later-1", "schedule_status": "scheduled"}, {"imp_uid": None}],
        ),
        fails(
            "pay_schedule",
            customer_uid="nobody",
            schedules=[{"merchant_uid": "later-3", **charge}],
            code=1,
            message=NO_SCHEDULED_CUSTOMER,
        ),
        fails("pay_schedule", customer_uid="card-1", schedules=[{"merchant_uid": "later-1", **charge}], code=1),
        does("pay_schedule_get", "later-1", gives={"customer_uid": "card-1", "payment_status": None}),
        fails("pay_schedule_get", "nobody", type="HttpError", code=404),
        does("pay_schedule_get_between", **between, gives={"total": 2}),
        fails("pay_schedule_get_between", schedule_from=NOW, schedule_to=NOW + 365 * DAY, type="HttpError", code=400),
        does("pay_unschedule", customer_uid="card-1", merchant_uid="later-1", gives=[{"schedule_status": "revoked"}]),
        does("pay_unschedule", customer_uid="card-1", gives=[{"merchant_uid": "later-2"}]),
        fails("pay_unschedule", customer_uid="card-1", code=1, message=NO_SCHEDULE),
    ]


def _accounts_and_identities() -> list:
    return [
        virtual_account("account", "account-1"),
        does("revoke_vbank_by_imp_uid", "{account}", gives={"merchant_uid": "account-1", "vbank_code": "003"}),
        fails("revoke_vbank_by_imp_uid", "imp_0", type="HttpError", code=404),
        *certification("person"),
        does("find_certification", "{person}", gives={"certified": True, "name": "김매달"}),
        does("cancel_certification", "{person}", gives={"imp_uid": "{person}"}),
        fails("find_certification", "{person}", type="HttpError", code=404),
        fails("cancel_certification", "{person}", type="HttpError", code=404),
    ]


IAMPORT_REST_CLIENT = [
    *_keys_and_charges(),
    *_reading_and_cancelling(),
    *_schedules(),
    *_accounts_and_identities(),
    does("get_headers", gives={}),
    # This release calls its own method wrongly here, before it sends a request.
    fails("find_by_status", "failed", type="TypeError"),
    does("customer_delete", "card-1", gives={"customer_uid": "card-1"}),
]

ASYNC_IAMPORT = [
    *_keys_and_charges(),
    *_reading_and_cancelling(),
    *_schedules(),
    *_accounts_and_identities(),
    does("find_by_status", "failed", gives={"total": 2, "previous": 0, "next": 0}),
    does("find_by_status", "all", page=2, limit=2, gives={"previous": 1, "next": 3}),
    fails("find_by_status", "settled", type="HttpError", code=400),
    does("find_by_merchant_uid", "again-1", "cancelled", gives={"imp_uid": "{again}"}),
    fails("find_by_merchant_uid", "again-1", "failed", type="HttpError", code=404),
    does("adjust_prepare_amount", "prepared-1", 2000, gives={"amount": 2000}),
    does("prepare_validate", "prepared-1", 2000, gives=True),
    fails("adjust_prepare_amount", "nobody", 2000, type="HttpError", code=404),
    does("init_otp_certification", **PERSON, gives={}, keep={"checked": "imp_uid"}),
    fails("init_otp_certification", **{**PERSON, "carrier": "KTF"}, type="HttpError", code=400),
    fails("confirm_otp_certification", "{checked}", otp="000000", type="HttpError", code=400),
    does("confirm_otp_certification", "{checked}", otp="123456", gives={"certified": True}),
    fails("confirm_otp_certification", "{checked}", otp="123456", type="HttpError", code=400),
    fails("confirm_otp_certification", "imp_0", otp="123456", type="HttpError", code=404),
    does("close_session", gives=None),
    fails("find_by_imp_uid", "{again}", type="ConnectionError"),
]

BUYER_INFO = {"name": "Mae Dal", "email": "mae@example.com", "tel": "010-0000-0000"}

CARD_OF = {"card_number": APPROVED, "expiry": "2099-12", "birth": "900101"}

IAMPORTER = [
    does(
        "create_billkey",
        customer_uid="card-1",
        **CARD,
        customer_info={"name": "Mae Dal"},
        gives={"customer_uid": "card-1", "customer_name": "Mae Dal"},
    ),
    fails(
        "create_billkey",
        customer_uid="none",
        **{**CARD, "card_number": "1111-1111-1111-1111"},
        type="ImpApiError",
        code=-1,
        message=NO_CARD,
    ),
    fails("create_billkey", customer_uid=None, **CARD, type="KeyError"),
    does("find_billkey", "card-1", gives={"customer_uid": "card-1"}),
    fails("find_billkey", "nobody", type="ImpApiError", code=1, message=f"요청하신 customer_uid(nobody){NO_KEY}"),
    does(
        "create_payment",
        merchant_uid="again-1",
        customer_uid="card-1",
        name="Coffee",
        amount=1000,
        vat=90,
        gives={"status": "paid", "customer_uid_usage": "payment"},
        keep={"again": "imp_uid"},
    ),
    fails(
        "create_payment",
        merchant_uid="again-2",
        customer_uid="nobody",
        name="Coffee",
        amount=1000,
        type="ImpApiError",
        code=1,
        message=NO_BUYER,
    ),
    fails(
        "create_payment",
        merchant_uid="again-1",
        customer_uid="card-1",
        name="Coffee",
        amount=1000,
        type="ImpApiError",
        code=1,
        message=DUPLICATE,
    ),
    does(
        "create_payment",
        merchant_uid="once-1",
        name="Coffee",
        amount=60_000,
        **CARD_OF,
        buyer_info=BUYER_INFO,
        card_quota=3,
        custom_data='{"size": "L"}',
        gives={"status": "paid", "card_quota": 3, "custom_data": '{"size": "L"}'},
        keep={"once": "imp_uid"},
    ),
    fails(
        "create_payment",
        merchant_uid="once-2",
        name="Coffee",
        amount=1000,
        buyer_info=BUYER_INFO,
        **{**CARD_OF, "card_number": "1111-1111-1111-1111"},
        type="ImpApiError",
        code=-1,
        message=NO_CARD,
    ),
    fails("create_payment", merchant_uid=None, name="Coffee", amount=1000, type="KeyError"),
    does("find_payment", imp_uid="{again}", gives={"merchant_uid": "again-1"}),
    does("find_payment", merchant_uid="again-1", gives={"imp_uid": "{again}"}),
    fails("find_payment", imp_uid="test", type="ImpApiError", code=-1, message=NO_PAYMENT),
    fails("find_payment", merchant_uid="âàáaā", type="ImpApiError", message=NO_PAYMENT),
    fails("find_payment", type="KeyError"),
    does("cancel_payment", imp_uid="{again}", amount=400, tax_free=0, reason="part", gives={"cancel_amount": 400}),
    does("cancel_payment", merchant_uid="again-1", gives={"cancel_amount": 1000}),
    fails("cancel_payment", imp_uid="nothing", reason="reason", type="ImpApiError", code=1, message=NOTHING_TO_CANCEL),
    does("payments.get", "{once}", gives={"status": 200, "code": 0, "response": {"merchant_uid": "once-1"}}),
    does("payments.get", "imp_0", gives={"status": 404, "code": -1, "message": NO_PAYMENT, "response": None}),
    does("payments.get_balance", "{once}", gives={"message": "(현재는 PAYCO, KCP만 지원됩니다)"}),
    does("payments.get_balance", "imp_0", gives={"status": 404}),
    does("payments.get_find", "again-1", payment_status="cancelled", sorting="-updated", gives={"code": 0}),
    does("payments.get_find", "again-1", payment_status="failed", gives={"status": 404, "message": NO_PAYMENT}),
    does("payments.get_findall", "again-1", page=1, sorting="paid", gives={"response": {"total": 1, "next": 0}}),
    does("payments.get_findall", "nobody", gives={"status": 404, "message": NO_PAYMENT}),
    does(
        "payments.get_status",
        "all",
        page=1,
        limit=1,
        search_from=NOW - DAY,
        search_to=NOW + DAY,
        gives={"response": {"total": 2, "previous": 0, "next": 2}},
    ),
    does("payments.get_status", "all", page=2, limit=1, gives={"response": {"previous": 1, "next": 0}}),
    does("payments.get_status", "all", page=3, limit=1, gives={"status": 400, "code": -1}),
    does("payments.get_status", "settled", gives={"status": 400, "message": NO_STATUS}),
    does("payments.post_cancel", imp_uid="{once}", checksum=60_000, reason="all", gives={"code": 0}),
    does("payments.post_cancel", imp_uid="{once}", gives={"code": 1, "message": "이미 전액취소된 주문입니다."}),
    does("subscribe.post_customers", "card-2", "4242-4242-4242-4242", "2099-12", "900101", gives={"code": 0}),
    does("subscribe.post_customers", "card-3", "4000-0000-0000-0002", "2099-12", "900101", gives={"code": -1}),
    does("subscribe.get_customers", "card-2", gives={"response": {"customer_uid": "card-2"}}),
    does("subscribe.get_customers", "nobody", gives={"status": 404, "code": 1}),
    does("subscribe.post_payments_again", "card-2", "again-5", 1000, "Coffee", gives={"response": {"status": "paid"}}),
    does("subscribe.post_payments_again", "nobody", "again-6", 1000, "Coffee", gives={"message": NO_BUYER}),
    does(
        "subscribe.post_payments_onetime",
        "once-5",
        1000,
        "4242-4242-4242-4242",
        "2099-12",
        birth="900101",
        **BUYER,
        gives={"response": {"status": "paid"}},
    ),
    does("subscribe.post_payments_onetime", "once-6", 1000, "1111-1111-1111-1111", "2099-12", gives={"code": -1}),
    does("subscribe.get_customers_payments", "card-2", page=1, gives={"response": {"list": [{"amount": 1000}]}}),
    does("subscribe.get_customers_payments", "nobody", gives={"status": 404, "code": 1}),
    does("subscribe.delete_customers", "card-2", gives={"code": 0}),
    does("subscribe.delete_customers", "card-2", gives={"status": 404, "code": 1}),
    does("delete_billkey", "card-1", gives={"customer_uid": "card-1"}),
    fails("delete_billkey", "card-1", type="ImpApiError", code=1, message=NO_KEY),
]

STORIES = {
    "iamport_rest_client": IAMPORT_REST_CLIENT,
    "iamporter": IAMPORTER,
    "async_iamport": ASYNC_IAMPORT,
}

NOT_CALLS = {"get_response", "methods"}
"""Methods with a public name that call no endpoint."""

WITH_A_WRONG_SECRET = {
    "iamport_rest_client": fails("find_by_imp_uid", "imp_0", type="HttpError", code=401),
    "iamporter": fails(
        "find_payment",
        imp_uid="imp_0",
        type="ImpUnAuthorized",
        message="인증에 실패하였습니다. API키와 secret을 확인하세요.",
    ),
    "async_iamport": fails("find_by_imp_uid", "imp_0", type="HttpError", code=401),
}
