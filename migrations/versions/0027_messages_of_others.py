"""Remove messages that a link may have put on an order

Revision ID: 0027
Revises: 0026
Create Date: 2026-11-29 16:10:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0027'
down_revision = '0026'
branch_labels = None
depends_on = None

RETURNS = ('callback.received', 'landing.received')

orders = sa.table('orders', sa.column('window_message', sa.String))
journal = sa.table('journal', sa.column('event', sa.String), sa.column('facts', sa.JSON))


def upgrade():
    """Earlier shops stored the text of any return, and do not say whose it was. An empty one still ends a window."""
    op.execute(sa.update(orders).where(orders.c.window_message.is_not(None)).values(window_message=''))
    op.execute(sa.update(journal).where(journal.c.event.in_(RETURNS)).values(facts={'message': ''}))


def downgrade():
    """Earlier shops read an empty message, too."""
