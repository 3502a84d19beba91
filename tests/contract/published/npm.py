"""What each npm client can do, as a scenario: every method, how it succeeds and how it fails."""

import time

from tests.contract.published.pypi import PERSON
from tests.contract.published.steps import (
    ACCOUNT,
    APPROVED,
    BUYER,
    CARD,
    DAY,
    DECLINED_LATER,
    DUPLICATE,
    HOUR,
    NO_BUYER,
    NO_CARD,
    NO_CERTIFICATION,
    NO_KEY,
    NO_PAYMENT,
    NO_SCHEDULE,
    NO_SCHEDULED_CUSTOMER,
    NO_STATUS,
    NOT_PREPARED,
    NOTHING_TO_CANCEL,
    NOW,
    ORDER,
    PREPARED_ALREADY,
    REFUSED,
    UNKNOWN,
    Aside,
    Visit,
    certification,
    does,
    fails,
)

LATER = {"schedule_at": NOW + DAY, "amount": 1000, "name": "Coffee"}
VBANK = {**BUYER, "amount": 5000, **ACCOUNT}


def issued(customer_uid: str, **card: str) -> Aside:
    return Aside(f"/subscribe/customers/{customer_uid}", {**CARD, **card})


def again(merchant_uid: str, customer_uid: str = "card-1", amount: int = 1000) -> dict:
    return {"merchant_uid": merchant_uid, "customer_uid": customer_uid, "amount": amount, "name": "Coffee"}


# iamport --------------------------------------------------------------------------------------------------
# It distinguishes answers of HTTP 400, 401 and 404 by their status alone.

IAMPORT = [
    does("subscribe_customer.create", {"customer_uid": "card-1", **CARD}, gives={"customer_uid": "card-1"}),
    does(
        "subscribe_customer.createCustomers", {"customer_uid": "dry", **CARD, "card_number": DECLINED_LATER}, gives={}
    ),
    fails(
        "subscribe_customer.create",
        {"customer_uid": "no", **CARD, "card_number": UNKNOWN},
        code="IAMPORT_-1",
        message=NO_CARD,
    ),
    fails("subscribe_customer.create", {"customer_uid": "no"}, message="Param missing: card_number"),
    does("subscribe_customer.get", {"customer_uid": "card-1"}, gives={"card_number": "424242******4242"}),
    does("subscribe_customer.getCustomers", {"customer_uid": "card-1"}, gives={"customer_uid": "card-1"}),
    fails("subscribe_customer.get", {"customer_uid": "nobody"}, code="HTTP_404"),
    does("subscribe.again", again("again-1"), gives={"status": "paid"}, keep={"again": "imp_uid"}),
    does("subscribe.again", again("again-2", "dry"), gives={"status": "failed", "paid_at": 0}),
    fails("subscribe.again", again("again-1"), code="IAMPORT_1", message=DUPLICATE),
    fails("subscribe.again", again("again-3", "nobody"), code="IAMPORT_1", message=NO_BUYER),
    fails("subscribe.again", again("again-3", amount="a lot"), code="HTTP_400"),
    does("subscribe.onetime", {"merchant_uid": "once-1", **ORDER}, gives={"status": "paid", "channel": "api"}),
    fails(
        "subscribe.onetime",
        {"merchant_uid": "once-2", **ORDER, "card_number": UNKNOWN},
        code="IAMPORT_-1",
        message=NO_CARD,
    ),
    does(
        "subscribe.schedule",
        {"customer_uid": "card-1", "schedules": [{"merchant_uid": "later-1", **LATER}]},
        gives=[{"merchant_uid": "later-1", "schedule_status": "scheduled"}],
    ),
    fails(
        "subscribe.schedule",
        {"customer_uid": "nobody", "schedules": [{"merchant_uid": "later-2", **LATER}]},
        code="IAMPORT_1",
        message=NO_SCHEDULED_CUSTOMER,
    ),
    does("subscribe.unschedule", {"customer_uid": "card-1"}, gives=[{"schedule_status": "revoked"}]),
    fails("subscribe.unschedule", {"customer_uid": "card-1"}, code="IAMPORT_1", message=NO_SCHEDULE),
    does("payment.getByImpUid", {"imp_uid": "{again}"}, gives={"merchant_uid": "again-1"}),
    fails("payment.getByImpUid", {"imp_uid": "imp_0"}, code="HTTP_404"),
    does("payment.getByMerchant", {"merchant_uid": "again-1"}, gives={"imp_uid": "{again}"}),
    fails("payment.getByMerchant", {"merchant_uid": "nobody"}, code="HTTP_404"),
    does("payment.getByStatus", {"payment_status": "paid", "page": 1, "limit": 1}, gives={"total": 2, "next": 2}),
    fails("payment.getByStatus", {"payment_status": "settled"}, code="HTTP_400"),
    does("payment.cancel", {"imp_uid": "{again}", "amount": 400, "reason": "part"}, gives={"cancel_amount": 400}),
    does("payment.cancel", {"merchant_uid": "again-1"}, gives={"status": "cancelled", "cancel_amount": 1000}),
    fails("payment.cancel", {"imp_uid": "imp_0"}, code="IAMPORT_1", message=NOTHING_TO_CANCEL),
    does("payment.prepare", {"merchant_uid": "prepared-1", "amount": 1000}, gives={"amount": 1000}),
    fails(
        "payment.prepare", {"merchant_uid": "prepared-1", "amount": 1000}, code="IAMPORT_1", message=PREPARED_ALREADY
    ),
    does("payment.getPrepare", {"merchant_uid": "prepared-1"}, gives={"merchant_uid": "prepared-1", "amount": 1000}),
    fails("payment.getPrepare", {"merchant_uid": "nobody"}, code="HTTP_404"),
    does("vbank.create", {"merchant_uid": "account-1", **VBANK}, gives={"status": "ready", "pay_method": "vbank"}),
    fails(
        "vbank.create",
        {"merchant_uid": "account-2", **VBANK, "pg": "jtnet"},
        code="IAMPORT_-1",
        message="계약이 필요합니다.",
    ),
    *certification("person"),
    does("certification.get", {"imp_uid": "{person}"}, gives={"certified": True}),
    does("certification.delete", {"imp_uid": "{person}"}, gives={"imp_uid": "{person}"}),
    fails("certification.get", {"imp_uid": "{person}"}, code="HTTP_404"),
    fails("certification.delete", {"imp_uid": "{person}"}, code="HTTP_404"),
    does("subscribe_customer.delete", {"customer_uid": "card-1"}, gives={"customer_uid": "card-1"}),
    does("subscribe_customer.deleteCustomers", {"customer_uid": "dry"}, gives={"customer_uid": "dry"}),
    fails("subscribe_customer.delete", {"customer_uid": "card-1"}, code="HTTP_404"),
]

# iamporter ------------------------------------------------------------------------------------------------
# It treats HTTP 404 as an ordinary answer, and a payment that is not `paid` as an error.

IAMPORTER = [
    does("getToken", gives={"status": 200, "message": None}),
    fails("getToken", "wrong", "wrong", type="IamporterError", message="아임포트 API 인증에 실패하였습니다."),
    does("createSubscription", {"customer_uid": "card-1", **CARD}, gives={"data": {"customer_uid": "card-1"}}),
    issued("dry", card_number=DECLINED_LATER),
    fails("createSubscription", {"customer_uid": "none", **CARD, "card_number": UNKNOWN}, message=NO_CARD),
    fails("createSubscription", {"customer_uid": "none"}, message="파라미터 누락"),
    does("getSubscription", "card-1", gives={"status": 200, "data": {"customer_uid": "card-1"}}),
    does("getSubscription", "nobody", gives={"status": 404, "message": NO_KEY, "data": None}),
    does("paySubscription", again("again-1"), gives={"data": {"status": "paid"}}, keep={"again": "data.imp_uid"}),
    fails("paySubscription", again("again-2", "dry"), message="잔액이 부족하여 결제가 거절되었습니다."),
    fails("paySubscription", again("again-3", "nobody"), message=NO_BUYER),
    fails("paySubscription", again("again-1"), message=DUPLICATE),
    does("payOnetime", {"merchant_uid": "once-1", **ORDER}, gives={"data": {"status": "paid"}}),
    fails("payOnetime", {"merchant_uid": "once-2", **ORDER, "card_number": UNKNOWN}, message=NO_CARD),
    does("payForeign", {"merchant_uid": "abroad-1", **ORDER}, gives={"data": {"status": "paid"}}),
    fails(
        "payForeign",
        {"merchant_uid": "abroad-2", **ORDER, "card_number": REFUSED},
        message="카드정보 인증에 실패하였습니다.",
    ),
    does("findByImpUid", "{again}", gives={"status": 200, "data": {"merchant_uid": "again-1"}}),
    does("findByImpUid", "imp_0", gives={"status": 404, "message": NO_PAYMENT, "data": None}),
    does("findByMerchantUid", "again-1", gives={"data": {"imp_uid": "{again}"}}),
    does("findByMerchantUid", "nobody", gives={"status": 404, "message": NO_PAYMENT}),
    does("findAllByMerchantUid", "again-1", gives={"data": {"total": 1, "list": [{"imp_uid": "{again}"}]}}),
    does("findAllByMerchantUid", "again-1", {"status": "paid"}, gives={"data": {"total": 1}}),
    does("findAllByMerchantUid", "nobody", gives={"status": 404, "message": NO_PAYMENT}),
    does("findAllByStatus", gives={"data": {"total": 4, "previous": 0, "next": 0}}),
    does("findAllByStatus", "failed", {"page": 1, "from": NOW - DAY, "to": NOW + DAY}, gives={"data": {"total": 1}}),
    fails("findAllByStatus", "iamporter-test-status", message=NO_STATUS),
    does("cancelByImpUid", "{again}", {"amount": 400}, gives={"data": {"cancel_amount": 400}}),
    does("cancelByMerchantUid", "again-1", gives={"data": {"cancel_amount": 1000}}),
    does("cancel", {"merchant_uid": "once-1", "reason": "late"}, gives={"data": {"cancel_reason": "late"}}),
    fails("cancelByImpUid", "imp_0", message=NOTHING_TO_CANCEL),
    fails("cancelByMerchantUid", "nobody", message=NOTHING_TO_CANCEL),
    fails("cancel", message="지정해주셔야합니다."),
    does("createPreparedPayment", {"merchant_uid": "prepared-1", "amount": 1000}, gives={"data": {"amount": 1000}}),
    fails("createPreparedPayment", {"merchant_uid": "prepared-1", "amount": 1000}, message=PREPARED_ALREADY),
    does("getPreparedPayment", "prepared-1", gives={"data": {"merchant_uid": "prepared-1"}}),
    does("getPreparedPayment", "nobody", gives={"status": 404, "message": NOT_PREPARED, "data": None}),
    does("createVbank", {"merchant_uid": "account-1", **VBANK}, gives={"data": {"vbank_name": "IBK기업은행"}}),
    fails("createVbank", {"merchant_uid": "account-2", **VBANK, "pg": "jtnet"}, message="계약이 필요합니다."),
    *certification("person"),
    does("getCertification", "{person}", gives={"data": {"name": "김매달"}}),
    does("deleteCertification", "{person}", gives={"data": {"imp_uid": "{person}"}}),
    does("getCertification", "{person}", gives={"status": 404, "message": NO_CERTIFICATION, "data": None}),
    does("deleteCertification", "{person}", gives={"status": 404, "message": NO_CERTIFICATION}),
    does("deleteSubscription", "card-1", gives={"data": {"customer_uid": "card-1"}}),
    does("deleteSubscription", "card-1", gives={"status": 404, "message": NO_KEY}),
    does("isExpiredToken", gives=False),
]

# iamport-rest-client-nodejs -------------------------------------------------------------------------------

RECEIPT = {"identifier": "010-0000-0000", "identifier_type": "phone", "type": "person"}
PARCEL = {
    "sender": {"name": "Maedal", "tel": "02-000-0000", "addr": "1 Teheran-ro", "postcode": "06130"},
    "receiver": {"name": "Mae Dal", "tel": "010-0000-0000", "addr": "2 Teheran-ro", "postcode": "06130"},
    "logis": {"company": "LOGEN", "invoice": "1234", "sent_at": NOW},
}
WALLET = "010-4242-4242"
"""A wallet that always approves."""

LANDING = "http://shop.test/landing"
NAVER = {"naverProductCode": "coffee", "naverProductCount": 1, "naverPopupMode": True}


def key_of(pg: str, **more: object) -> Visit:
    """Return the step that issues a key in a PG's wallet window. The key is named after the PG."""
    order = {"merchant_uid": f"issue-{pg}", "name": "Coffee", "amount": 1000, "buyer_tel": "010-0000-0000"}
    return Visit(f"key-{pg}", WALLET, {"pg": pg, "customer_uid": pg, "m_redirect_url": LANDING, **order, **more})


def _payments() -> list:
    range_ = {"page": 1, "limit": 20, "from": NOW - DAY, "to": NOW + DAY, "sorting": "-started"}
    return [
        does("Subscribe.again", again("again-1"), gives={"status": "paid"}, keep={"again": "imp_uid"}),
        does("Subscribe.again", again("again-2", "dry"), gives={"status": "failed"}, keep={"declined": "imp_uid"}),
        fails("Subscribe.again", again("again-1"), message=DUPLICATE, code=1),
        fails("Subscribe.again", again("again-3", "nobody"), message=NO_BUYER, code=1),
        does(
            "Subscribe.onetime", {"merchant_uid": "once-1", **ORDER}, gives={"status": "paid"}, keep={"once": "imp_uid"}
        ),
        fails(
            "Subscribe.onetime", {"merchant_uid": "once-2", **ORDER, "card_number": UNKNOWN}, code=-1, message=NO_CARD
        ),
        does("Payments.getByImpUid", {"imp_uid": "{again}"}, gives={"merchant_uid": "again-1", "cancel_history": []}),
        fails("Payments.getByImpUid", {"imp_uid": "imp_0"}, message="404"),
        does(
            "Payments.getByImpUids",
            {"imp_uid": ["{again}", "{declined}"]},
            gives=[{"status": "paid"}, {"status": "failed"}],
        ),
        does("Payments.getByImpUids", {"imp_uid": ["{again}", "imp_0"]}, gives=[{"imp_uid": "{again}"}]),
        fails("Payments.getByImpUids", {"imp_uid": ["imp_0"]}, message="404"),
        does("Payments.getByMerchantUid", {"merchant_uid": "again-1", "status": "paid"}, gives={"imp_uid": "{again}"}),
        fails("Payments.getByMerchantUid", {"merchant_uid": "again-1", "status": "failed"}, message="404"),
        does(
            "Payments.getByMerchantUids",
            {"merchant_uid": "again-1", "status": "all", "page": 1, "sorting": "paid"},
            gives={"total": 1, "previous": 0, "next": 0, "list": [{"imp_uid": "{again}"}]},
        ),
        fails("Payments.getByMerchantUids", {"merchant_uid": "nobody", "status": "all", "page": 1}, message="404"),
        does("Payments.getByStatus", {"status": "paid", **range_}, gives={"total": 2}),
        fails("Payments.getByStatus", {"status": "settled", **range_}, message="400"),
        fails("Payments.getByStatus", {"status": "paid", **range_, "from": NOW - 100 * DAY}, message="400"),
        does("Payments.cancel", {"imp_uid": "{once}", "checksum": 1000, "amount": 300}, gives={"cancel_amount": 300}),
        fails("Payments.cancel", {"imp_uid": "{once}", "checksum": 1000}, code=1),
        fails("Payments.cancel", {"imp_uid": "imp_0"}, code=1, message=NOTHING_TO_CANCEL),
        fails("Payments.getAmountByImpUid", {"imp_uid": "{once}"}, code=-1, message="(현재는 PAYCO, KCP만 지원됩니다)"),
        issued("kcp", pg="kcp_billing"),
        does("Subscribe.again", {**again("kcp-1", "kcp"), "amount": 1100}, gives={}, keep={"kcp": "imp_uid"}),
        does(
            "Payments.getAmountByImpUid",
            {"imp_uid": "{kcp}"},
            gives={"amount": 1100, "primary": {"supply": 1000, "vat": 100, "tax_free": 0, "service": 0}},
        ),
        does("Prepare.postAmount", {"merchant_uid": "prepared-1", "amount": 1000}, gives={"amount": 1000}),
        fails("Prepare.postAmount", {"merchant_uid": "prepared-1", "amount": 1000}, code=1, message=PREPARED_ALREADY),
        does("Prepare.getAmount", {"merchant_uid": "prepared-1"}, gives={"merchant_uid": "prepared-1"}),
        fails("Prepare.getAmount", {"merchant_uid": "nobody"}, message="404"),
    ]


def _keys() -> list:
    return [
        does("Customers.postBillingKey", {"customer_uid": "card-1", **CARD}, gives={"customer_uid": "card-1"}),
        does("Customers.postBillingKey", {"customer_uid": "dry", **CARD, "card_number": DECLINED_LATER}, gives={}),
        fails("Customers.postBillingKey", {"customer_uid": "no", **CARD, "card_number": REFUSED}, code=-1),
        does("Customers.getBillingKey", {"customer_uid": "card-1"}, gives={"card_number": "424242******4242"}),
        fails("Customers.getBillingKey", {"customer_uid": "nobody"}, message="404"),
        does("Customers.getBillingKeys", {"customer_uid": ["card-1", "dry"]}, gives=[{"customer_uid": "card-1"}, {}]),
        does("Customers.getBillingKeys", {"customer_uid": ["card-1", "nobody"]}, gives=[{"customer_uid": "card-1"}]),
        fails("Customers.getBillingKeys", {"customer_uid": ["nobody"]}, message="404"),
    ]


def _schedules() -> list:
    between = {"from": NOW, "to": NOW + 2 * DAY, "page": 1, "schedule-status": "scheduled"}
    schedule = {"customer_uid": "card-1", "schedules": [{"merchant_uid": "later-1", **LATER}]}
    return [
        does("Subscribe.schedule", schedule, gives=[{"merchant_uid": "later-1", "schedule_status": "scheduled"}]),
        fails("Subscribe.schedule", {**schedule, "customer_uid": "nobody"}, code=1, message=NO_SCHEDULED_CUSTOMER),
        does("Subscribe.getScheduled", {"merchant_uid": "later-1"}, gives={"customer_uid": "card-1"}),
        fails("Subscribe.getScheduled", {"merchant_uid": "nobody"}, message="404"),
        does("Subscribe.getScheduleds", {"customer_uid": "card-1", **between}, gives={"total": 1}),
        does("Customers.getScheduleds", {"customer_uid": "card-1", **between}, gives={"list": [{"imp_uid": None}]}),
        fails("Customers.getScheduleds", {"customer_uid": "card-1", **between, "to": NOW + 365 * DAY}, message="400"),
        does("Subscribe.unschedule", {"customer_uid": "card-1"}, gives=[{"schedule_status": "revoked"}]),
        fails("Subscribe.unschedule", {"customer_uid": "card-1"}, code=1, message=NO_SCHEDULE),
        does(
            "Customers.getPayments",
            {"customer_uid": "card-1", "page": 1},
            gives={"total": 1, "list": [{"imp_uid": "{again}"}]},
        ),
        fails("Customers.getPayments", {"customer_uid": "nobody", "page": 1}, message="404"),
        does("Customers.deleteBillingKey", {"customer_uid": "card-1"}, gives={"customer_uid": "card-1"}),
        fails("Customers.deleteBillingKey", {"customer_uid": "card-1"}, message="404"),
    ]


def _accounts_and_receipts() -> list:
    external = {"merchant_uid": "till-1", "name": "Coffee", "amount": 1100, **RECEIPT}
    return [
        does(
            "Vbanks.post",
            {"merchant_uid": "account-1", **VBANK, "vbank_num": "12345"},
            gives={"status": "ready"},
            keep={"account": "imp_uid"},
        ),
        fails(
            "Vbanks.post", {"merchant_uid": "account-2", **VBANK, "pg": "jtnet"}, code=-1, message="계약이 필요합니다."
        ),
        does(
            "Vbanks.put", {"imp_uid": "{account}", "amount": 11000, "vbank_due": NOW + 2 * DAY}, gives={"amount": 11000}
        ),
        fails("Vbanks.put", {"imp_uid": "{again}", "amount": 1}, message="400"),
        does("Vbanks.getHolder", {"bank_code": "003", "bank_num": "12345"}, gives={"bank_holder": "Maedal"}),
        fails("Vbanks.getHolder", {"bank_code": "003", "bank_num": "1"}, message="404"),
        fails("Receipts.postReceipt", {"imp_uid": "{account}", **RECEIPT}, message="400"),
        Aside("/control/deposits", {"imp_uid": "{account}"}),
        fails("Vbanks.delete", {"imp_uid": "{account}"}, message="400"),
        does(
            "Receipts.postReceipt",
            {"imp_uid": "{account}", **RECEIPT},
            gives={"amount": 11000, "vat": 1000, "type": "person"},
        ),
        fails("Receipts.postReceipt", {"imp_uid": "{account}", **RECEIPT}, message="400"),
        does("Receipts.getReceipt", {"imp_uid": "{account}"}, gives={"imp_uid": "{account}", "cancelled_at": 0}),
        does("Receipts.deleteReceipt", {"imp_uid": "{account}"}, gives={"imp_uid": "{account}"}),
        fails("Receipts.getReceipt", {"imp_uid": "{account}"}, message="404"),
        fails("Receipts.deleteReceipt", {"imp_uid": "{account}"}, message="400"),
        does("Vbanks.post", {"merchant_uid": "account-3", **VBANK}, gives={}, keep={"unused": "imp_uid"}),
        does("Vbanks.delete", {"imp_uid": "{unused}"}, gives={"status": "failed"}),
        does("External.postReceipt", external, gives={"merchant_uid": "till-1", "vat": 100}),
        fails("External.postReceipt", external, message="400"),
        does("External.getReceipt", {"merchant_uid": "till-1"}, gives={"amount": 1100}),
        does("External.deleteReceipt", {"merchant_uid": "till-1"}, gives={"merchant_uid": "till-1"}),
        fails("External.getReceipt", {"merchant_uid": "till-1"}, message="404"),
        fails("External.deleteReceipt", {"merchant_uid": "till-1"}, message="404"),
    ]


def _particular_pgs() -> list:
    naver = {**again("naver-1", "naverpay"), "amount": 1100}
    return [
        Visit(
            "held",
            APPROVED,
            {"merchant_uid": "held-1", "name": "Coffee", "amount": 1000, "escrow": True, "buyer_tel": "1"},
        ),
        does("Escrows.postEscrow", {"imp_uid": "{held}", **PARCEL}, gives={"company": "LOGEN", "invoice": "1234"}),
        fails("Escrows.postEscrow", {"imp_uid": "{held}", **PARCEL}, message="409"),
        does(
            "Escrows.putEscrow",
            {"imp_uid": "{held}", **PARCEL, "logis": {**PARCEL["logis"], "invoice": "5678"}},
            gives={"invoice": "5678"},
        ),
        fails("Escrows.postEscrow", {"imp_uid": "{again}", **PARCEL}, message="409"),
        fails("Escrows.putEscrow", {"imp_uid": "{again}", **PARCEL}, message="404"),
        key_of("payco"),
        does("Subscribe.again", again("payco-1", "payco"), gives={"pg_provider": "payco"}, keep={"payco": "imp_uid"}),
        does(
            "Payco.postOrderStatus",
            {"imp_uid": "{payco}", "status": "DELIVERY_START"},
            gives={"status": "DELIVERY_START"},
        ),
        fails("Payco.postOrderStatus", {"imp_uid": "{payco}", "status": "LOST"}, message="400"),
        fails("Payco.postOrderStatus", {"imp_uid": "{again}", "status": "CANCELED"}, code=-1),
        key_of("naverpay", **NAVER),
        does("Subscribe.again", naver, gives={"pg_provider": "naverpay"}, keep={"naver": "imp_uid"}),
        does("NaverPay.getCashAmount", {"imp_uid": "{naver}"}, gives={"amount_total": 1100, "amount_vat": 100}),
        fails("NaverPay.getCashAmount", {"imp_uid": "{again}"}, code=-1),
        # This release parses every answer with a class that these two requests do not have.
        fails("NaverPay.postPoint", {"imp_uid": "{naver}"}, type="TypeError"),
        fails("NaverPay.postEscrow", {"imp_uid": "{naver}"}, type="TypeError"),
        fails("NaverPay.postPoint", {"imp_uid": "{again}"}, code=-1),
        *certification("person"),
        does("Certifications.getCertification", {"imp_uid": "{person}"}, gives={"certified": True, "name": "김매달"}),
        does("Certifications.deleteCertification", {"imp_uid": "{person}"}, gives={"imp_uid": "{person}"}),
        fails("Certifications.getCertification", {"imp_uid": "{person}"}, message="404"),
        fails("Certifications.deleteCertification", {"imp_uid": "{person}"}, message="404"),
    ]


def _naver_order(name: str, products: int = 1) -> Aside:
    """Return the step that places an order at Naver and keeps its payment as `name`."""
    return Aside("/control/naver/orders", {"products": [{}] * products}, keep={name: "imp_uid"})


def _buyer(name: str, step: str) -> Aside:
    return Aside("/control/naver/steps", {"imp_uid": f"{{{name}}}", "step": step})


def _order_form() -> list:
    parcel = {"delivery_method": "DELIVERY", "delivery_company": "CJGLS", "tracking_number": "1", "dispatched_at": NOW}
    back = {"delivery_method": "RETURN_DESIGNATED", "reason": "BROKEN"}
    today = time.strftime("%Y%m%d", time.gmtime(NOW + 9 * HOUR))
    kept, bad, swap = {"imp_uid": "{kept}"}, {"imp_uid": "{bad}"}, {"imp_uid": "{swap}"}
    refused = [
        fails(f"NaverCo.{call}", {"imp_uid": "{kept}", **fields}, message="500")
        for call, fields in [
            ("place", {}),
            ("shipExchanged", parcel),
            ("requestReturn", back),
            ("withholdReturn", {"memo": "fee"}),
            ("resolveReturn", {}),
            ("rejectReturn", {"memo": "used"}),
            ("approveReturn", {}),
        ]
    ]
    return [
        _naver_order("kept", products=2),
        does(
            "NaverCo.getProductOrderIds",
            kept,
            gives=[{"product_order_status": "PAYED"}, {"product_order_status": "PAYED"}],
            keep={"product": "0.product_order_id"},
        ),
        fails("NaverCo.getProductOrderIds", {"imp_uid": "imp_0"}, message="404"),
        does("NaverCo.getOrderDetail", {"product_order_id": "{product}"}, gives={"quantity": 1}),
        fails("NaverCo.getOrderDetail", {"product_order_id": "1"}, message="404"),
        fails("NaverCo.ship", {**kept, **parcel}, message="500"),
        fails("NaverCo.ship", {**kept, "delivery_method": "PIGEON", "dispatched_at": NOW}, message="400"),
        does("NaverCo.place", {**kept, "product_order_id": ["{product}"]}, gives=[{}]),
        does(
            "NaverCo.cancel",
            {**kept, "product_order_id": ["{product}"], "reason": "SOLD_OUT"},
            gives=[{"claim_status": "CANCEL_DONE"}],
        ),
        fails("NaverCo.cancel", {**kept, "product_order_id": ["{product}"]}, message="500"),
        does("NaverCo.place", {**kept, "product_order_id": None}, gives=[{}]),
        *refused,
        does("NaverCo.ship", {**kept, **parcel}, gives=[{"product_order_status": "DELIVERING"}]),
        _buyer("kept", "receive"),
        _buyer("kept", "decide"),
        does(
            "NaverCo.getReviews",
            {"from": NOW - DAY, "to": NOW + DAY, "review_type": "general"},
            gives=[{"score": "5"}],
        ),
        fails("NaverCo.getReviews", {"from": NOW, "to": NOW, "review_type": "long"}, message="400"),
        _naver_order("bad"),
        does("NaverCo.place", bad, gives=[{}]),
        does("NaverCo.ship", {**bad, **parcel}, gives=[{}]),
        does("NaverCo.requestReturn", {**bad, **back}, gives=[{"claim_status": "RETURN_REQUEST"}]),
        does("NaverCo.rejectReturn", {**bad, "memo": "used"}, gives=[{"claim_status": "RETURN_REJECT"}]),
        does("NaverCo.requestReturn", {**bad, **back}, gives=[{}]),
        does("NaverCo.withholdReturn", {**bad, "memo": "fee", "extra_charge": 100}, gives=[{}]),
        does("NaverCo.resolveReturn", bad, gives=[{}]),
        does("NaverCo.approveReturn", bad, gives=[{"product_order_status": "RETURNED"}]),
        _naver_order("swap"),
        does("NaverCo.place", swap, gives=[{}]),
        does("NaverCo.ship", {**swap, **parcel}, gives=[{}]),
        _buyer("swap", "receive"),
        _buyer("swap", "request_exchange"),
        Aside("/payments/{swap}/naver/collect-exchanged", {}),
        does("NaverCo.shipExchanged", {**swap, **parcel}, gives=[{"claim_type": "EXCHANGE"}]),
        fails("NaverCo.place", {"imp_uid": "{again}"}, code=-1),
        key_of("kakaopay"),
        does("Kakao.getOrders", {"payment_request_date": today}, gives={"orders": [{"status": "SUCCESS_PAYMENT"}]}),
        fails("Kakao.getOrders", {"payment_request_date": "today"}, message="400"),
    ]


IAMPORT_REST_CLIENT_NODEJS = [
    does("Authenticate.getToken", {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}, gives={}),
    fails("Authenticate.getToken", {"imp_key": "sandbox_key", "imp_secret": "no"}, message="401"),
    does("Cards.getCards", gives=[{}] * 15),
    does("Cards.getCard", {"code": "041"}, gives={"code": "041", "name": "우리카드"}),
    fails("Cards.getCard", {"code": "999"}, message="404"),
    does("Banks.getBanks", gives=[{}] * 25),
    does("Banks.getBank", {"code": "088"}, gives={"name": "신한은행"}),
    fails("Banks.getBank", {"code": "999"}, message="404"),
    *_keys(),
    *_payments(),
    *_schedules(),
    *_accounts_and_receipts(),
    *_particular_pgs(),
    *_order_form(),
]

# iamport-server-api ---------------------------------------------------------------------------------------
# It returns whole envelopes, and raises by HTTP status alone.

IAMPORT_SERVER_API = [
    does("users.getToken", {"imp_key": "sandbox_key", "imp_secret": "sandbox_secret"}, gives={"code": 0}),
    fails("users.getToken", {"imp_key": "sandbox_key", "imp_secret": "wrong"}, type="HttpError", code=401),
    does(
        "subscribe.customers.create",
        "card-1",
        {"customer_uid": "card-1", **CARD},
        gives={"response": {"customer_uid": "card-1"}},
    ),
    does(
        "subscribe.customers.create",
        "none",
        {"customer_uid": "none", **CARD, "card_number": UNKNOWN},
        gives={"code": -1, "message": NO_CARD, "response": None},
    ),
    does("subscribe.customers.at", "card-1", gives={"response": {"card_name": "삼성카드"}}),
    fails("subscribe.customers.at", "nobody", type="HttpError", code=404, message=NO_KEY),
    does(
        "subscribe.payments.again",
        again("again-1"),
        gives={"response": {"status": "paid"}},
        keep={"again": "response.imp_uid"},
    ),
    does("subscribe.payments.again", again("again-1"), gives={"code": 1, "message": DUPLICATE, "response": None}),
    does("subscribe.payments.again", again("again-2", "nobody"), gives={"code": 1, "message": NO_BUYER}),
    does("subscribe.payments.onetime", {"merchant_uid": "once-1", **ORDER}, gives={"response": {"status": "paid"}}),
    does("subscribe.payments.onetime", {"merchant_uid": "once-2", **ORDER, "card_number": UNKNOWN}, gives={"code": -1}),
    fails("subscribe.payments.onetime", {"merchant_uid": "once-2"}, type="HttpError", code=400),
    does("payments.at", "{again}", {"extension": True}, gives={"response": {"merchant_uid": "again-1"}}),
    fails("payments.at", "imp_0", {}, type="HttpError", code=404, message=NO_PAYMENT),
    does(
        "payments.cancel",
        {"imp_uid": "{again}", "merchant_uid": "again-1", "amount": 400, "checksum": 1000, "reason": "part"},
        gives={"response": {"cancel_amount": 400}},
    ),
    does(
        "payments.cancel",
        {"imp_uid": "{again}", "merchant_uid": "again-1", "checksum": None, "reason": "rest"},
        gives={"response": {"cancel_amount": 1000, "status": "cancelled"}},
    ),
    does(
        "payments.cancel",
        {"imp_uid": "imp_0", "merchant_uid": "again-1", "checksum": None, "reason": "none"},
        gives={"code": 1, "message": NOTHING_TO_CANCEL},
    ),
    does(
        "vbanks.create",
        {"merchant_uid": "account-1", **VBANK},
        gives={"response": {"status": "ready"}},
        keep={"account": "response.imp_uid"},
    ),
    does("vbanks.create", {"merchant_uid": "account-2", **VBANK, "pg": "jtnet"}, gives={"code": -1}),
    Aside("/control/deposits", {"imp_uid": "{account}"}),
    does("receipts.create", "{account}", {"imp_uid": "{account}", **RECEIPT}, gives={"response": {"amount": 5000}}),
    fails("receipts.create", "{account}", {"imp_uid": "{account}", **RECEIPT}, type="HttpError", code=400),
    does("receipts.at", "{account}", gives={"response": {"imp_uid": "{account}"}}),
    does("receipts.erase", "{account}", gives={"code": 0}),
    fails("receipts.at", "{account}", type="HttpError", code=404),
    fails("receipts.erase", "{account}", type="HttpError", code=400),
    does(
        "certifications.otp.request",
        {**PERSON, "birth": "19900101"},
        gives={"code": 0},
        keep={"person": "response.imp_uid"},
    ),
    fails("certifications.otp.request", {**PERSON, "gender_digit": "9"}, type="HttpError", code=400),
    does("certifications.at", "{person}", gives={"response": {"certified": False}}),
    fails("certifications.otp.confirm", "{person}", {"otp": "000000"}, type="HttpError", code=400),
    does("certifications.otp.confirm", "{person}", {"otp": "123456"}, gives={"response": {"certified": True}}),
    does("certifications.erase", "{person}", gives={"response": {"birthday": "1990-01-01"}}),
    fails("certifications.erase", "{person}", type="HttpError", code=404),
    does("subscribe.customers.erase", "card-1", gives={"response": {"customer_uid": "card-1"}}),
    fails("subscribe.customers.erase", "card-1", type="HttpError", code=404),
]

STORIES = {
    "iamport": IAMPORT,
    "iamporter": IAMPORTER,
    "iamport-rest-client-nodejs": IAMPORT_REST_CLIENT_NODEJS,
    "iamport-server-api": IAMPORT_SERVER_API,
}

WITH_A_WRONG_SECRET = {
    "iamport": fails("payment.getByImpUid", {"imp_uid": "imp_0"}, code="HTTP_401"),
    "iamporter": fails("findByImpUid", "imp_0", type="IamporterError", message="아임포트 API 인증에 실패하였습니다."),
    "iamport-rest-client-nodejs": fails("Payments.getByImpUid", {"imp_uid": "imp_0"}, message="401"),
    "iamport-server-api": fails("payments.at", "imp_0", {}, type="HttpError", code=401),
}

NOT_SERVED = {
    # Endpoints of another fake server. The real service lacks them too: it changes a virtual account by `imp_uid`.
    "iamport-server-api": {
        "internal.deposit": "imp_0",
        "internal.webhook": {"imp_uid": "imp_0", "merchant_uid": "order-1", "status": "paid"},
        "vbanks.update": {"imp_uid": "imp_0", "amount": 1},
    },
}
"""Client → the methods whose endpoint the sandbox lacks, each with an argument."""
