"""Pause looks, refunds and deletions by machine time

Revision ID: 0023
Revises: 0022
Create Date: 2026-11-29 11:40:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0023'
down_revision = '0022'
branch_labels = None
depends_on = None

PAUSES = {
    'orders': ('look_not_before', 'looks'),
    'refunds': ('look_not_before', None),
    'billing_keys': ('delete_not_before', 'deletions'),
}
"""The column of a pause and that of its exponent, by table. What waits now keeps its time in `look_at`, `delete_at`."""


def upgrade():
    for table, (pause, exponent) in PAUSES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column(pause, models.UTCDateTime(timezone=True), nullable=True))
            if exponent is not None:
                batch_op.add_column(sa.Column(exponent, sa.Integer(), nullable=False, server_default='0'))
        if exponent is not None:
            with op.batch_alter_table(table, schema=None) as batch_op:
                batch_op.alter_column(exponent, server_default=None)


def downgrade():
    for table, (pause, exponent) in PAUSES.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            if exponent is not None:
                batch_op.drop_column(exponent)
            batch_op.drop_column(pause)
