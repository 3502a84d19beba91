"""Add the comparisons of a day with the service's lists

Revision ID: 0015
Revises: 0014
Create Date: 2026-11-28 21:20:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0015'
down_revision = '0014'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('comparisons',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('step', sa.Enum('paid', 'cancelled', 'failed', 'orders', 'refunds', 'repair', 'done', name='comparisonstep', native_enum=False, length=20), nullable=False),
    sa.Column('cursor', sa.Integer(), nullable=False),
    sa.Column('listed', sa.Integer(), nullable=False),
    sa.Column('foreign', sa.Integer(), nullable=False),
    sa.Column('totals', sa.JSON(), nullable=False),
    sa.Column('finished_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_comparisons')),
    sa.UniqueConstraint('day', name=op.f('uq_comparisons_day'))
    )
    op.create_table('differences',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('comparison_id', sa.Integer(), nullable=False),
    sa.Column('kind', sa.Enum('paid_there', 'paid_here', 'refunded_there', 'failed_there', 'surplus', 'amount', 'refund_open', 'unknown', name='differencekind', native_enum=False, length=20), nullable=False),
    sa.Column('rule', sa.Enum('settle', 'refund', 'staff', name='repair', native_enum=False, length=20), nullable=False),
    sa.Column('merchant_uid', sa.String(length=40), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=False),
    sa.Column('currency', sa.String(length=10), nullable=False),
    sa.Column('ours', sa.Integer(), nullable=True),
    sa.Column('theirs', sa.Integer(), nullable=True),
    sa.Column('repaired_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['comparison_id'], ['comparisons.id'], name=op.f('fk_differences_comparison_id_comparisons')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_differences')),
    sa.UniqueConstraint('comparison_id', 'imp_uid', name=op.f('uq_differences_comparison_id_imp_uid'))
    )
    with op.batch_alter_table('differences', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_differences_repaired_at'), ['repaired_at'], unique=False)

    op.create_table('listed_payments',
    sa.Column('comparison_id', sa.Integer(), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=False),
    sa.ForeignKeyConstraint(['comparison_id'], ['comparisons.id'], name=op.f('fk_listed_payments_comparison_id_comparisons')),
    sa.PrimaryKeyConstraint('comparison_id', 'imp_uid', name=op.f('pk_listed_payments'))
    )
    # The step that reads our own payments of a day selects orders by the time of their payment.
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_orders_paid_at'), ['paid_at'], unique=False)


def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_paid_at'))

    op.drop_table('listed_payments')
    op.drop_table('differences')
    op.drop_table('comparisons')
