"""Bring e-mail addresses and names of accounts to one form

Revision ID: 0025
Revises: 0024
Create Date: 2026-11-29 15:30:00.000000

"""
from alembic import op
import sqlalchemy as sa

import texts


# revision identifiers, used by Alembic.
revision = '0025'
down_revision = '0024'
branch_labels = None
depends_on = None

users = sa.table('users', sa.column('id', sa.Integer), sa.column('email', sa.String), sa.column('name', sa.String))


def upgrade():
    """An address that another account has already stays as it is: each of the two people signs in as before."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(users).order_by(users.c.id)).all()
    taken = {row.email for row in rows}
    for row in rows:
        name, email = texts.one_line(row.name) or row.name, texts.email(row.email)
        if email in taken:
            email = row.email
        if (name, email) != (row.name, row.email):
            taken.add(email)
            connection.execute(sa.update(users).where(users.c.id == row.id).values(name=name, email=email))


def downgrade():
    """Older shops read these forms, too."""
