"""when to look again at what may still be approved

Revision ID: 0014
Revises: 0013
Create Date: 2026-11-28 21:30:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0014'
down_revision = '0013'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.add_column(sa.Column('ended_at', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.add_column(sa.Column('late_look_at', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_orders_late_look_at'), ['late_look_at'], unique=False)
    # When an earlier attempt ended was not stored. Look at each one now; the schedule counts from its creation.
    op.execute(
        "UPDATE orders SET ended_at = created_at, late_look_at = created_at"
        " WHERE status IN ('failed', 'cancelled') AND paid_at IS NULL"
    )


def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_late_look_at'))
        batch_op.drop_column('late_look_at')
        batch_op.drop_column('ended_at')
