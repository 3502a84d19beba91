"""Add the time of the next deletion attempt of a revoked key

Revision ID: 0006
Revises: 0005
Create Date: 2026-11-21 12:41:00.000000

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0006'
down_revision = '0005'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('billing_keys', schema=None) as batch_op:
        batch_op.add_column(sa.Column('delete_at', models.UTCDateTime(timezone=True), nullable=True))
        batch_op.create_index(batch_op.f('ix_billing_keys_delete_at'), ['delete_at'], unique=False)

    op.execute("UPDATE billing_keys SET delete_at = revoked_at WHERE status = 'revoked' AND deleted_at IS NULL")


def downgrade():
    with op.batch_alter_table('billing_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_billing_keys_delete_at'))
        batch_op.drop_column('delete_at')
