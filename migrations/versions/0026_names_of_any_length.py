"""Store names and phone numbers as people type them

Revision ID: 0026
Revises: 0025
Create Date: 2026-11-29 15:50:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0026'
down_revision = '0025'
branch_labels = None
depends_on = None

LENGTHS = {
    ('users', 'name'): 100,
    ('users', 'tel'): 32,
    ('orders', 'buyer_name'): 100,
    ('orders', 'buyer_tel'): 32,
    ('billing_keys', 'issue_name'): 100,
}
"""The length of each column. It was 16, what the payment service accepts."""


def upgrade():
    for (table, column), length in LENGTHS.items():
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=sa.String(length=16), type_=sa.String(length=length))


def downgrade():
    for (table, column), length in LENGTHS.items():
        op.execute(f"UPDATE {table} SET {column} = substr({column}, 1, 16) WHERE length({column}) > 16")
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.alter_column(column, existing_type=sa.String(length=length), type_=sa.String(length=16))
