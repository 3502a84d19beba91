"""Give each claim a token and the name of its process

Revision ID: 0013
Revises: 0012
Create Date: 2026-11-28 21:10:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0013'
down_revision = '0012'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.add_column(sa.Column('claim_token', sa.String(length=16), nullable=True))
        batch_op.add_column(sa.Column('claimed_by', sa.String(length=80), nullable=True))
    # A lease by business time means nothing by machine time. A worker of the old version must be stopped by now.
    op.execute("UPDATE subscriptions SET claimed_until = NULL")


def downgrade():
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.drop_column('claimed_by')
        batch_op.drop_column('claim_token')
