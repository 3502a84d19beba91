"""Add the cases: payments refunded or reversed without our request

Revision ID: 0009
Revises: 0008
Create Date: 2026-11-28 21:30:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0009'
down_revision = '0008'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('cases',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('refunded', 'partly_refunded', 'reversed', name='casekind', native_enum=False, length=20), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('opened_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('closed_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('closed_by_id', sa.Integer(), nullable=True),
    sa.Column('note', sa.String(length=500), nullable=True),
    sa.ForeignKeyConstraint(['closed_by_id'], ['users.id'], name=op.f('fk_cases_closed_by_id_users')),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_cases_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_cases'))
    )
    with op.batch_alter_table('cases', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_cases_closed_at'), ['closed_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_cases_order_id'), ['order_id'], unique=False)

    # Until now nobody was shown such a refund, so staff get an open case for each. Its invoice stays paid.
    op.execute(
        "INSERT INTO cases (order_id, kind, amount, opened_at)"
        " SELECT id, CASE status WHEN 'paid' THEN 'partly_refunded' ELSE 'refunded' END, refunded, paid_at"
        " FROM orders WHERE status IN ('paid', 'cancelled') AND refunded > 0 AND mismatch IS NULL"
        " AND paid_at IS NOT NULL AND invoice_id IS NOT NULL"
    )


def downgrade():
    # The older shop cannot read these statuses. Its nearest ones grant no more and charge nothing.
    op.execute("UPDATE invoices SET status = 'paid' WHERE status IN ('refunded', 'reversed')")
    op.execute("UPDATE subscriptions SET status = 'paused' WHERE status = 'suspended'")
    op.drop_table('cases')
