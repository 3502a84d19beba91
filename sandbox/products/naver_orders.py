"""Naver Pay's order form: a buyer orders at Naver, and the shop accepts, ships, takes back or exchanges each product.

The states of a product and the moves between them are in `naver_orders.toml`.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from ..facts import pgs, tables
from ..ledger import entries
from ..ledger.models import Merchant, Model, Payment, db
from ..ledger.transactions import exclusive
from ..merchants import levers
from ..rules import pg_checks
from ..webhooks import notices
from ..wire.errors import Refused
from ..wire.parameters import (
    MERCHANT_UID_LIMIT,
    Fields,
    Malformed,
    integer,
    missing,
    required_integer,
    required_text,
    text,
    texts,
    urls,
    word,
)

NOT_FOUND = "존재하지 않는 상품주문입니다."
NOTHING_MOVED = "요청하신 상품주문을 모두 처리하지 못하였습니다. (현재 상태에서 할 수 없는 요청입니다)"
ORDERED_ALREADY = "this merchant_uid has already been paid"

REFUNDED = ("CANCELED", "RETURNED")
"""Values of `product_order_status` in which the buyer has the money back."""
FINISHED = ("PURCHASE_DECIDED", "EXCHANGED")
"""Values of `product_order_status` in which buyers write reviews."""

REVIEWS = ("general", "premium")

DELIVERY_SECONDS = 3 * 86_400
"""Seconds from the order to `shipping_due`."""

MOST_PRODUCTS = 20


@dataclass(frozen=True, kw_only=True)
class Move:
    """What a shop or a buyer does with a product; the fields are explained at the top of `naver_orders.toml`."""

    name: str
    moves: Mapping[str, str]
    methods: tuple[str, ...] = ()
    courier: str = ""
    texts: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()

    def check(self, fields: Fields) -> None:
        """Check the fields that come with the move.

        Raises:
            Malformed: when a field that the move needs is missing or of the wrong shape.
        """
        if self.methods and word(fields, "delivery_method", self.methods) is None:
            raise missing("delivery_method")
        by_courier = ("delivery_company", "tracking_number") if fields.get("delivery_method") == self.courier else ()
        for name in (*self.texts, *by_courier):
            required_text(fields, name)
        for name in self.integers:
            required_integer(fields, name)

    def reason(self, fields: Fields) -> str | None:
        """Return `reason` if it is one of `reasons`, else the first of them, or None for a move without any."""
        reason = text(fields, "reason")
        return reason if reason in self.reasons else next(iter(self.reasons), None)


def _load() -> tuple[dict[str, list[str]], dict[str, Move], dict[str, Move]]:
    listed = tables.load(Path(__file__).with_suffix(".toml"))
    calls, steps = ({entry["name"]: Move(**entry) for entry in listed[kind]} for kind in ("call", "step"))
    return listed["states"], calls, steps


STATES, CALLS, STEPS = _load()


class ProductOrder(Model):
    """One product of an order. Amounts are won."""

    __tablename__ = "product_orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    product_order_id: Mapped[str] = mapped_column(unique=True)
    state: Mapped[str] = mapped_column(default="paid")
    """A key of `STATES`."""
    reason: Mapped[str | None]
    """Why the product is cancelled or returned."""
    product_id: Mapped[str]
    product_name: Mapped[str]
    product_option_id: Mapped[str]
    product_option_name: Mapped[str]
    product_amount: Mapped[int]
    delivery_amount: Mapped[int]
    quantity: Mapped[int]
    moved_at: Mapped[int]

    payment: Mapped[Payment] = relationship()

    @property
    def status(self) -> str:
        """`product_order_status` of its state."""
        return STATES[self.state][0]

    @property
    def claim(self) -> tuple[str | None, str | None]:
        """`claim_type` and `claim_status` of its state."""
        _, kind, status = (*STATES[self.state], None, None)[:3]
        return kind, status

    @property
    def shipping_due(self) -> int:
        """The latest time at which the shop has to ship it, in Unix seconds."""
        return self.payment.started_at + DELIVERY_SECONDS

    @property
    def total(self) -> int:
        """What the buyer pays for it, delivery included."""
        return self.product_amount + self.delivery_amount

    def move(self, state: str, *, at: int) -> None:
        """Enter `state`, a key of `STATES`. Refund its total when the status becomes one of `REFUNDED`."""
        self.state, self.moved_at = state, at
        if self.status in REFUNDED:
            self.payment.mark_cancelled(self.total, self.reason, at=at)


def order(merchant: Merchant, fields: Fields, now: int) -> Payment:
    """Order `products` at Naver as a buyer, queue the shop's webhook, and return the payment.

    Raises:
        Malformed: when `products` is not a list of at most `MOST_PRODUCTS` objects, a field is of the wrong shape, or
            the `merchant_uid` was paid or cancelled before.
    """
    products = [_product(one, now) for one in _listed(fields)]
    payment = Payment(
        merchant=merchant,
        merchant_uid=text(fields, "merchant_uid", limit=MERCHANT_UID_LIMIT) or f"naver-{secrets.token_hex(8)}",
        pg_code=pgs.ORDER_FORM.code,
        pg_id=pgs.ORDER_FORM.mid,
        pay_method=pgs.ORDER_FORM.methods[0],
        channel="pc",
        status="ready",
        name=products[0].product_name,
        amount=sum(product.total for product in products),
        currency="KRW",
        notice_urls=urls(fields, "notice_url"),
        started_at=now,
        **{field: text(fields, field) for field in ("buyer_name", "buyer_tel", "buyer_addr", "buyer_postcode")},
    )
    with exclusive(merchant):
        if entries.is_settled(merchant, payment.merchant_uid):
            raise Malformed(ORDERED_ALREADY)
        payment.imp_uid, payment.pg_tid = entries.new_imp_uid(), entries.new_pg_tid(payment, now)
        payment.mark_paid(at=now, charged=True)
        for product in products:
            product.payment = payment
        db.session.add_all(products)
        notices.queue_approval(merchant, payment, now)
    return payment


def act(payment: Payment, move: Move, fields: Fields, now: int) -> tuple[list[ProductOrder], bool]:
    """Move the products named by `product_order_id`, or all. Return those that moved, and whether every one did.

    Raises:
        Malformed: when a field is missing or of the wrong shape.
        Refused: when no product may make this move in its state (HTTP 500, as in the schema).
    """
    move.check(fields)
    wanted = set(texts(fields, "product_order_id"))
    with exclusive(payment):
        products = of(payment)
        chosen = [product for product in products if not wanted or product.product_order_id in wanted]
        moved = [product for product in chosen if _moved(product, move, fields, now)]
    if not moved:
        raise Refused(-1, NOTHING_MOVED, http=500, ours=True)
    return moved, len(moved) == len(wanted or products)


def _moved(product: ProductOrder, move: Move, fields: Fields, now: int) -> bool:
    target = move.moves.get(product.state)
    if levers.get(product.payment.merchant, "naver_any_step") and product.status not in REFUNDED:
        target = target or next(iter(move.moves.values()))
    if target is None or (STATES[target][0] in REFUNDED and product.payment.remaining < product.total):
        return False
    product.reason = move.reason(fields) or product.reason
    product.move(target, at=now)
    return True


def of(payment: Payment) -> list[ProductOrder]:
    """Return the products of a payment; empty for one that did not come from the order form."""
    wanted = select(ProductOrder).where(ProductOrder.payment_id == payment.id)
    return list(db.session.scalars(wanted.order_by(ProductOrder.id)))


def get(merchant: Merchant, product_order_id: str) -> ProductOrder:
    """Return one of the merchant's products.

    Raises:
        Refused: with HTTP 404, when there is no such product, or it is another merchant's.
    """
    wanted = (
        select(ProductOrder)
        .join(Payment)
        .where(Payment.merchant_id == merchant.id, ProductOrder.product_order_id == product_order_id)
    )
    product = db.session.scalar(wanted)
    if product is None:
        raise Refused(-1, NOT_FOUND, http=404, ours=True)
    return product


def reviewed(merchant: Merchant, fields: Fields) -> list[ProductOrder]:
    """Return the products finished from `from` to `to`, each of which has a review of each type.

    Raises:
        Malformed: when `from`, `to` or `review_type` is missing or of the wrong shape.
    """
    pg_checks.check_call(merchant, "GET /naver/reviews", fields)
    since, until = required_integer(fields, "from"), required_integer(fields, "to")
    if word(fields, "review_type", REVIEWS) is None:
        raise missing("review_type")
    states = [name for name, (status, *_) in STATES.items() if status in FINISHED]
    wanted = (
        select(ProductOrder)
        .join(Payment)
        .where(
            Payment.merchant_id == merchant.id,
            ProductOrder.state.in_(states),
            ProductOrder.moved_at.between(since, until),
        )
    )
    return list(db.session.scalars(wanted.order_by(ProductOrder.id)))


def _listed(fields: Fields) -> list[Fields]:
    products = fields.get("products") or [{}]
    if not isinstance(products, list) or not all(isinstance(one, dict) for one in products):
        raise Malformed("products must be a list of objects")
    if len(products) > MOST_PRODUCTS:
        raise Malformed(f"an order can have at most {MOST_PRODUCTS} products")
    return products


def _product(fields: Fields, now: int) -> ProductOrder:
    """Return a product, with invented values for what `fields` leave out. Raises `Malformed`."""
    amounts = {"product_amount": (10_000, 1), "delivery_amount": (0, 0), "quantity": (1, 1)}
    words = {"product_id": "coffee", "product_name": "원두", "product_option_id": "", "product_option_name": ""}
    read = {name: integer(fields, name, least=least, most=10**9) for name, (_, least) in amounts.items()}
    return ProductOrder(
        product_order_id=f"{now // 86_400}{secrets.randbelow(10**11):011d}",
        moved_at=now,
        state="paid",
        **{name: amounts[name][0] if value is None else value for name, value in read.items()},
        **{name: text(fields, name, limit=100) or default for name, default in words.items()},
    )
