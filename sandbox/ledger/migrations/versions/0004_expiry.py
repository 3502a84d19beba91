"""Keys and payments know the expiry of their card. A card from before has none, and never expires."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.execute("ALTER TABLE billing_keys ADD COLUMN expiry VARCHAR")
    op.execute("ALTER TABLE payments ADD COLUMN expiry VARCHAR")
