"""the Korean names of the bean plans

Revision ID: 0008
Revises: 0007
Create Date: 2026-11-28 20:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0008'
down_revision = '0007'
branch_labels = None
depends_on = None

NAMES = [
    ('coffee-monthly', '매달 원두', '원두 월간 구독'),
    ('coffee-yearly', '한 해 원두', '원두 연간 구독'),
]


def upgrade():
    for slug, old, new in NAMES:
        rename(slug, old, new)


def downgrade():
    for slug, old, new in NAMES:
        rename(slug, new, old)


def rename(slug, old, new):
    """Rename the plan, unless the shop has given it a name of its own."""
    plans = sa.table('plans', sa.column('slug'), sa.column('name_ko'))
    op.execute(plans.update().where(plans.c.slug == slug, plans.c.name_ko == old).values(name_ko=new))
