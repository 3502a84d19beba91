"""Give a refund its own amount and cause, so that one payment may have several

Revision ID: 0012
Revises: 0011
Create Date: 2026-11-28 22:00:00.000000

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0012'
down_revision = '0011'
branch_labels = None
depends_on = None


def upgrade():
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.add_column(sa.Column('cause', sa.Enum('surplus', 'staff', name='refundcause', native_enum=False, length=20), nullable=False, server_default='surplus'))
        batch_op.add_column(sa.Column('cancelled_before', sa.Integer(), nullable=False, server_default='0'))
        batch_op.add_column(sa.Column('reason', sa.String(length=200), nullable=True))
        batch_op.add_column(sa.Column('effect', sa.Enum('keep', 'suspend', 'end', name='refundeffect', native_enum=False, length=20), nullable=True))
        batch_op.drop_constraint(batch_op.f('uq_refunds_imp_uid'), type_='unique')
        batch_op.create_index(batch_op.f('ix_refunds_imp_uid'), ['imp_uid'], unique=False)

    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.alter_column('cause', server_default=None)
        batch_op.alter_column('cancelled_before', server_default=None)


def downgrade():
    # The older tables hold one refund for each payment, and none by staff.
    op.execute("DELETE FROM refunds WHERE cause = 'staff'")
    with op.batch_alter_table('refunds', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refunds_imp_uid'))
        batch_op.create_unique_constraint(batch_op.f('uq_refunds_imp_uid'), ['imp_uid'])
        batch_op.drop_column('effect')
        batch_op.drop_column('reason')
        batch_op.drop_column('cancelled_before')
        batch_op.drop_column('cause')
