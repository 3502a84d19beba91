"""Set a past-due subscription that was never paid to incomplete

Revision ID: 0007
Revises: 0006
Create Date: 2026-11-22 00:05:00.000000

"""
from alembic import op


# revision identifiers, used by Alembic.
revision = '0007'
down_revision = '0006'
branch_labels = None
depends_on = None


def upgrade():
    op.execute("UPDATE subscriptions SET status = 'incomplete' WHERE status = 'past_due' AND paid_until IS NULL")


def downgrade():
    pass  # a worker at version 0006 charges incomplete and past-due subscriptions alike
