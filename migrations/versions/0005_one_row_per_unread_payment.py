"""Store each unread payment of an order in a row of its own

Revision ID: 0005
Revises: 0004
Create Date: 2026-11-21 12:40:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0005'
down_revision = '0004'
branch_labels = None
depends_on = None


def upgrade():
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
        " SELECT id, unread_imp_uid FROM orders WHERE unread_imp_uid IS NOT NULL"
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('unread_imp_uid')


def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('unread_imp_uid', sa.String(length=32), nullable=True))

    op.execute(
        "UPDATE orders SET unread_imp_uid ="
        " (SELECT max(imp_uid) FROM unread_payments WHERE unread_payments.order_id = orders.id)"
    )
    op.drop_table('unread_payments')
