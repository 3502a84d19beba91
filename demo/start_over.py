"""Start over: erase what a person has in the shop and at the sandbox, and set their clock to the time of day."""

from sqlalchemy import ColumnElement, Table, delete, false, or_, select

from demo import clocks, due, people, sandbox
from demo.tables import journeys, phone_codes
from models import BillingKey, Difference, JournalEntry, ListedPayment, Order, Subscription, User, db

OWNED = {table.__tablename__ for table in (BillingKey, Order, Subscription)}
"""The tables whose rows belong to a person directly. Rows of others belong to these rows."""


class Busy(Exception):
    """Another request is moving the person's clock."""


def start_over(user: User) -> None:
    """Erase the person's records on both sides. A sample person gets the past again that they began with.

    Raises:
        Busy: when another request is moving the person's clock. Nothing was erased.
        requests.RequestException: when the sandbox does not answer. Nothing was erased in the shop.
    """
    with clocks.moving(user.id) as is_ours:
        if not is_ours:
            raise Busy
        due.wait_for_others(user.id)
        sandbox.reset_customers(due.customer_uids(user.id))
        _erase(user.id)
        clocks.put_ahead(user.id, clocks.NO_TIME)
        db.session.commit()
    db.session.expire_all()
    people.tell_story(user)


def _erase(user_id: int) -> None:
    """Delete the rows of the person, those that point to them first. Does not commit."""
    orders = select(Order.merchant_uid).where(Order.user_id == user_id)
    keys = select(BillingKey.customer_uid).where(BillingKey.user_id == user_id)
    paid = select(Order.imp_uid).where(Order.user_id == user_id, Order.imp_uid.is_not(None))
    for statement in (
        delete(JournalEntry).where(or_(JournalEntry.merchant_uid.in_(orders), JournalEntry.customer_uid.in_(keys))),
        delete(Difference).where(Difference.merchant_uid.in_(orders)),
        delete(ListedPayment).where(ListedPayment.imp_uid.in_(paid)),
        delete(journeys).where(journeys.c.user_id == user_id),
        delete(phone_codes).where(phone_codes.c.user_id == user_id),
        *(delete(table).where(_belongs(table, user_id)) for table in reversed(db.metadata.sorted_tables)),
    ):
        db.session.execute(statement, execution_options={"synchronize_session": False})


def _belongs(table: Table, user_id: int) -> ColumnElement[bool]:
    """Return the condition that selects the rows that belong to the person, directly or through another row."""
    if table.name in OWNED:
        return table.c.user_id == user_id
    parents = [(key.parent, key.column) for key in table.foreign_keys if key.column.table is not table]
    through = [
        here.in_(select(there).where(_belongs(there.table, user_id)))
        for here, there in parents
        if _leads_to_owned(there.table)
    ]
    return or_(false(), *through)


def _leads_to_owned(table: Table) -> bool:
    return table.name in OWNED or any(
        _leads_to_owned(key.column.table) for key in table.foreign_keys if key.column.table is not table
    )
