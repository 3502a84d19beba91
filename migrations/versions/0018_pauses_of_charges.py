"""Pause charges by machine time

Revision ID: 0018
Revises: 0017
Create Date: 2026-11-28 21:45:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0018'
down_revision = '0017'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('charge_not_before', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('pauses', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.alter_column('pauses', server_default=None)
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('repeat_not_before', models.UTCDateTime(timezone=True), nullable=True))


def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_column('repeat_not_before')
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.drop_column('pauses')
        batch_op.drop_column('charge_not_before')
