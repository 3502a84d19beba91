"""Order the journal by machine time

Revision ID: 0019
Revises: 0018
Create Date: 2026-11-28 23:10:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0019'
down_revision = '0018'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.add_column(sa.Column('recorded_at', models.UTCDateTime(timezone=True), nullable=True))
    op.execute(sa.text('UPDATE journal SET recorded_at = at'))
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.alter_column('recorded_at', nullable=False)


def downgrade():
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.drop_column('recorded_at')
