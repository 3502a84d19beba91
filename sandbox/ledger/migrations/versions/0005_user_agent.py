"""A payment keeps the User-Agent of the browser that opened its window."""

from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.execute("ALTER TABLE payments ADD COLUMN user_agent VARCHAR")
