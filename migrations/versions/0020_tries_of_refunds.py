"""Count the tries of a refund that got no answer

Revision ID: 0020
Revises: 0019
Create Date: 2026-11-28 23:20:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0020'
down_revision = '0019'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.add_column(sa.Column('tries', sa.Integer(), nullable=False, server_default='0'))
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.alter_column('tries', server_default=None)


def downgrade():
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_column('tries')
