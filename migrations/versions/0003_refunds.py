"""Add refunds, and the time of the next check of an order

Revision ID: 0003
Revises: 0002
Create Date: 2026-11-21 11:10:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('refunds',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('order_id', sa.Integer(), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=True),
    sa.Column('currency', sa.String(length=10), nullable=False),
    sa.Column('status', sa.Enum('decided', 'asked', 'made', 'refused', name='refundstatus', native_enum=False, length=20), nullable=False),
    sa.Column('refusals', sa.Integer(), nullable=False),
    sa.Column('refusal', sa.String(length=500), nullable=True),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('look_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('asked_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('made_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['order_id'], ['orders.id'], name=op.f('fk_refunds_order_id_orders')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refunds')),
    sa.UniqueConstraint('imp_uid', name=op.f('uq_refunds_imp_uid'))
    )
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refunds_look_at'), ['look_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_refunds_order_id'), ['order_id'], unique=False)

    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('look_at', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_orders_look_at'), ['look_at'], unique=False)

    # Check every open order soon: a payment that was rejected and not refunded gets its refund then.
    op.execute(
        "UPDATE orders SET look_at = created_at WHERE status = 'ready' OR (mismatch IS NOT NULL AND refunded = 0)"
    )


def downgrade():
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refunds_order_id'))
        batch_op.drop_index(batch_op.f('ix_refunds_look_at'))

    op.drop_table('refunds')
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_look_at'))
        batch_op.drop_column('look_at')
