"""Webhooks know their customer; attempts and wire entries have the instant at which they began."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute("ALTER TABLE deliveries ADD COLUMN customer_uid VARCHAR")
    op.execute(
        "UPDATE deliveries SET customer_uid ="
        " (SELECT customer_uid FROM payments WHERE payments.id = deliveries.payment_id)"
    )
    op.execute("ALTER TABLE attempts ADD COLUMN began DOUBLE NOT NULL DEFAULT 0")
    op.execute("UPDATE attempts SET began = sent_at")
    op.execute("ALTER TABLE wire_entries ADD COLUMN began DOUBLE NOT NULL DEFAULT 0")
    op.execute("UPDATE wire_entries SET began = at")
