"""Create the first tables

Revision ID: 0001
Revises: 
Create Date: 2026-11-21 05:15:25.117987

"""
from alembic import op
import sqlalchemy as sa

import models


# revision identifiers, used by Alembic.
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


def upgrade():
    op.create_table('journal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('lane', sa.String(length=10), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('merchant_uid', sa.String(length=40), nullable=True),
    sa.Column('imp_uid', sa.String(length=32), nullable=True),
    sa.Column('customer_uid', sa.String(length=80), nullable=True),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_journal'))
    )
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_journal_customer_uid'), ['customer_uid'], unique=False)
        batch_op.create_index(batch_op.f('ix_journal_merchant_uid'), ['merchant_uid'], unique=False)

    op.create_table('plans',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('slug', sa.String(length=40), nullable=False),
    sa.Column('name_ko', sa.String(length=30), nullable=False),
    sa.Column('name_en', sa.String(length=30), nullable=False),
    sa.Column('summary_ko', sa.String(length=200), nullable=False),
    sa.Column('summary_en', sa.String(length=200), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('months', sa.Integer(), nullable=False),
    sa.Column('is_sold', sa.Boolean(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.CheckConstraint('amount > 0', name=op.f('ck_plans_amount_positive')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plans')),
    sa.UniqueConstraint('slug', name=op.f('uq_plans_slug'))
    )
    op.create_table('users',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('email', sa.String(length=64), nullable=False),
    sa.Column('password_hash', sa.String(length=255), nullable=False),
    sa.Column('name', sa.String(length=16), nullable=False),
    sa.Column('tel', sa.String(length=16), nullable=False),
    sa.Column('language', sa.String(length=2), nullable=True),
    sa.Column('is_staff', sa.Boolean(), nullable=False),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('billing_keys',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('customer_uid', sa.String(length=80), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('guide_id', sa.String(length=30), nullable=False),
    sa.Column('status', sa.Enum('pending', 'active', 'revoked', name='keystatus', native_enum=False, length=20), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('issue_email', sa.String(length=64), nullable=False),
    sa.Column('issue_name', sa.String(length=16), nullable=False),
    sa.Column('issue_ip', sa.String(length=45), nullable=False),
    sa.Column('card_name', sa.String(length=40), nullable=True),
    sa.Column('card_number', sa.String(length=40), nullable=True),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('activated_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('confirmed_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('revoked_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('deleted_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_billing_keys_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_billing_keys')),
    sa.UniqueConstraint('customer_uid', name=op.f('uq_billing_keys_customer_uid'))
    )
    with op.batch_alter_table('billing_keys', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_billing_keys_user_id'), ['user_id'], unique=False)

    op.create_table('subscriptions',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('plan_id', sa.Integer(), nullable=False),
    sa.Column('billing_key_id', sa.Integer(), nullable=True),
    sa.Column('status', sa.Enum('incomplete', 'active', 'paused', 'past_due', 'cancelled', name='subscriptionstatus', native_enum=False, length=20), nullable=False),
    sa.Column('anchor_day', sa.Integer(), nullable=False),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('paid_until', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('next_charge_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('cancelled_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('touched', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['billing_key_id'], ['billing_keys.id'], name=op.f('fk_subscriptions_billing_key_id_billing_keys')),
    sa.ForeignKeyConstraint(['plan_id'], ['plans.id'], name=op.f('fk_subscriptions_plan_id_plans')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_subscriptions_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_subscriptions'))
    )
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_subscriptions_next_charge_at'), ['next_charge_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_subscriptions_user_id'), ['user_id'], unique=False)

    op.create_table('invoices',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('number', sa.String(length=30), nullable=False),
    sa.Column('subscription_id', sa.Integer(), nullable=False),
    sa.Column('period_start', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('period_end', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('status', sa.Enum('open', 'paid', 'uncollectible', 'void', name='invoicestatus', native_enum=False, length=20), nullable=False),
    sa.Column('declines', sa.Integer(), nullable=False),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('paid_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('amount > 0', name=op.f('ck_invoices_amount_positive')),
    sa.CheckConstraint('period_end > period_start', name=op.f('ck_invoices_period_forward')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscriptions.id'], name=op.f('fk_invoices_subscription_id_subscriptions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_invoices')),
    sa.UniqueConstraint('number', name=op.f('uq_invoices_number')),
    sa.UniqueConstraint('subscription_id', 'period_start', name=op.f('uq_invoices_subscription_id_period_start'))
    )
    op.create_table('orders',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('merchant_uid', sa.String(length=40), nullable=False),
    sa.Column('user_id', sa.Integer(), nullable=False),
    sa.Column('subscription_id', sa.Integer(), nullable=False),
    sa.Column('invoice_id', sa.Integer(), nullable=True),
    sa.Column('billing_key_id', sa.Integer(), nullable=False),
    sa.Column('guide_id', sa.String(length=30), nullable=False),
    sa.Column('variant', sa.String(length=30), nullable=False),
    sa.Column('purpose', sa.Enum('issue', 'issue_and_charge', 'charge', name='orderpurpose', native_enum=False, length=20), nullable=False),
    sa.Column('status', sa.Enum('ready', 'paid', 'failed', 'cancelled', name='orderstatus', native_enum=False, length=20), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('amount', sa.Integer(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('buyer_name', sa.String(length=16), nullable=False),
    sa.Column('buyer_email', sa.String(length=64), nullable=False),
    sa.Column('buyer_tel', sa.String(length=16), nullable=False),
    sa.Column('imp_uid', sa.String(length=32), nullable=True),
    sa.Column('fail_reason', sa.String(length=500), nullable=True),
    sa.Column('mismatch', sa.String(length=60), nullable=True),
    sa.Column('window_message', sa.String(length=500), nullable=True),
    sa.Column('created_at', models.UTCDateTime(timezone=True), nullable=False),
    sa.Column('checked_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('paid_at', models.UTCDateTime(timezone=True), nullable=True),
    sa.Column('refunded', sa.Integer(), nullable=False),
    sa.Column('receipt_url', sa.String(length=500), nullable=True),
    sa.Column('charge_follows', sa.Boolean(), nullable=False),
    sa.CheckConstraint('amount >= 0', name=op.f('ck_orders_amount_not_negative')),
    sa.ForeignKeyConstraint(['billing_key_id'], ['billing_keys.id'], name=op.f('fk_orders_billing_key_id_billing_keys')),
    sa.ForeignKeyConstraint(['invoice_id'], ['invoices.id'], name=op.f('fk_orders_invoice_id_invoices')),
    sa.ForeignKeyConstraint(['subscription_id'], ['subscriptions.id'], name=op.f('fk_orders_subscription_id_subscriptions')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_orders_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_orders')),
    sa.UniqueConstraint('merchant_uid', name=op.f('uq_orders_merchant_uid'))
    )
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_orders_imp_uid'), ['imp_uid'], unique=False)
        batch_op.create_index(batch_op.f('ix_orders_invoice_id'), ['invoice_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_orders_subscription_id'), ['subscription_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_orders_user_id'), ['user_id'], unique=False)



def downgrade():
    with op.batch_alter_table('orders', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_orders_user_id'))
        batch_op.drop_index(batch_op.f('ix_orders_subscription_id'))
        batch_op.drop_index(batch_op.f('ix_orders_invoice_id'))
        batch_op.drop_index(batch_op.f('ix_orders_imp_uid'))

    op.drop_table('orders')
    op.drop_table('invoices')
    with op.batch_alter_table('subscriptions', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_subscriptions_user_id'))
        batch_op.drop_index(batch_op.f('ix_subscriptions_next_charge_at'))

    op.drop_table('subscriptions')
    with op.batch_alter_table('billing_keys', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_billing_keys_user_id'))

    op.drop_table('billing_keys')
    op.drop_table('users')
    op.drop_table('plans')
    with op.batch_alter_table('journal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_journal_merchant_uid'))
        batch_op.drop_index(batch_op.f('ix_journal_customer_uid'))

    op.drop_table('journal')
