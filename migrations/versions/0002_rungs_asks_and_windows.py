"""Add the retry time of invoices, and the charge and window facts of orders

Revision ID: 0002
Revises: 0001
Create Date: 2026-11-21 11:20:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.add_column(sa.Column('retry_at', models.UTCDateTime(timezone=True), nullable=True))

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('asked_at', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('window_ended', sa.Boolean(), nullable=False, server_default=sa.false()))

    # Before this version these times were implied: the next retry by the subscription's next check, the sending of a
    # charge by the creation of its order, and the end of a window by its message.
    op.execute(
        "UPDATE invoices SET retry_at = (SELECT next_charge_at FROM subscriptions"
        " WHERE subscriptions.id = invoices.subscription_id) WHERE status = 'open' AND declines > 0"
    )
    op.execute("UPDATE orders SET asked_at = created_at WHERE purpose = 'charge'")
    op.execute("UPDATE orders SET window_ended = (window_message IS NOT NULL)")


def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('window_ended')
        batch_op.drop_column('asked_at')

    with op.batch_alter_table('invoices', schema=None) as batch_op:
        batch_op.drop_column('retry_at')
