"""Store notices, and let the worker read them

Revision ID: 0011
Revises: 0010
Create Date: 2026-11-28 21:00:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0011'
down_revision = '0010'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('notices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=False),
    sa.Column('by_webhook', sa.Boolean(), nullable=False),
    sa.Column('reports', sa.Integer(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('not_before', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', models.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_notices_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('order_id', 'imp_uid', name=op.f('uq_notices_order_id_imp_uid'))
    )
    op.create_index(op.f('ix_notices_not_before'), 'notices', ['not_before'], unique=False)
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('notices_not_before', models.UTCDateTime(timezone=True), nullable=True))

    op.execute(
        "INSERT INTO notices (order_id, imp_uid, by_webhook, reports, attempts)"
        " SELECT order_id, imp_uid, false, 1, 0 FROM unread_payments ORDER BY id"
    )
    op.drop_table('unread_payments')


def downgrade():
    op.create_table('unread_payments',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_unread_payments_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_unread_payments')),
    sa.UniqueConstraint('order_id', 'imp_uid', name=op.f('uq_unread_payments_order_id_imp_uid'))
    )
    op.execute(
        "INSERT INTO unread_payments (order_id, imp_uid)"
        " SELECT order_id, imp_uid FROM notices WHERE imp_uid <> '' ORDER BY id"
    )
    # Until then, `reconcile` read the orders of unread payments: let it look at each of them.
    op.execute(
        "UPDATE orders SET look_at = created_at"
        " WHERE look_at IS NULL AND id IN (SELECT order_id FROM notices)"
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('notices_not_before')

    op.drop_index(op.f('ix_notices_not_before'), table_name='notices')
    op.drop_table('notices')
