"""Let staff end a subscription with its paid period

Revision ID: 0021
Revises: 0020
Create Date: 2026-11-28 23:55:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0021'
down_revision = '0020'
branch_labels = None
depends_on = None


def upgrade():
    pass  # the column is text, and nothing in it changes


def downgrade():
    # The older shop cannot read this choice. A refund that is not made yet would apply it; ending is the nearest.
    for table in ('refunds', 'staff_actions'):
        op.execute(f"UPDATE {table} SET effect = 'end' WHERE effect = 'period_end'")
