"""The tables of version 0.1.0, the first whose ledgers are kept."""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE merchants (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    code VARCHAR NOT NULL,
    "key" VARCHAR NOT NULL,
    secret VARCHAR NOT NULL,
    webhook_url VARCHAR NOT NULL,
    token VARCHAR,
    token_expires_at INTEGER NOT NULL,
    pg_channels JSON NOT NULL,
    switches JSON NOT NULL,
    clock_offset INTEGER NOT NULL,
    customer_offsets JSON NOT NULL,
    UNIQUE (code),
    UNIQUE ("key"),
    UNIQUE (token)
);
CREATE TABLE payments (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    imp_uid VARCHAR NOT NULL,
    merchant_uid VARCHAR NOT NULL,
    status VARCHAR NOT NULL,
    pg_code VARCHAR NOT NULL,
    pg_id VARCHAR NOT NULL,
    pg_tid VARCHAR,
    pay_method VARCHAR NOT NULL,
    channel VARCHAR NOT NULL,
    name VARCHAR,
    amount INTEGER NOT NULL,
    cancel_amount INTEGER NOT NULL,
    tax_free INTEGER NOT NULL,
    vat_amount INTEGER,
    escrow BOOLEAN NOT NULL,
    cash_receipt_issued BOOLEAN NOT NULL,
    card_quota INTEGER NOT NULL,
    currency VARCHAR NOT NULL,
    charged BOOLEAN NOT NULL,
    customer_uid VARCHAR,
    customer_uid_usage VARCHAR,
    customer_id VARCHAR,
    probe_until INTEGER NOT NULL,
    buyer_name VARCHAR,
    buyer_email VARCHAR,
    buyer_tel VARCHAR,
    buyer_addr VARCHAR,
    buyer_postcode VARCHAR,
    custom_data VARCHAR,
    apply_num VARCHAR,
    card_code VARCHAR,
    card_name VARCHAR,
    card_number VARCHAR,
    card_type INTEGER,
    bank_code VARCHAR,
    bank_name VARCHAR,
    receipt_url VARCHAR,
    fail_reason VARCHAR,
    cancel_reason VARCHAR,
    instrument VARCHAR,
    outcome VARCHAR,
    outcome_seconds INTEGER NOT NULL,
    approve_at INTEGER NOT NULL,
    started_at INTEGER NOT NULL,
    paid_at INTEGER NOT NULL,
    failed_at INTEGER NOT NULL,
    cancelled_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    device VARCHAR,
    result_path VARCHAR,
    opener_origin VARCHAR,
    window_form VARCHAR,
    m_redirect_url VARCHAR,
    language VARCHAR,
    bypass JSON,
    notice_urls JSON NOT NULL,
    confirm_url VARCHAR,
    CONSTRAINT ck_payments_amounts CHECK (amount >= 0 AND cancel_amount BETWEEN 0 AND amount),
    FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    UNIQUE (imp_uid)
);
CREATE INDEX ix_payments_merchant_uid ON payments (merchant_id, merchant_uid);
CREATE INDEX ix_payments_customer_uid ON payments (merchant_id, customer_uid);
CREATE INDEX ix_payments_approve_at ON payments (approve_at) WHERE approve_at > 0;
CREATE INDEX ix_payments_merchant_id ON payments (merchant_id);
CREATE UNIQUE INDEX uq_payments_settled_merchant_uid ON payments (merchant_id, merchant_uid)
    WHERE status IN ('paid', 'cancelled');
CREATE TABLE billing_keys (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    customer_uid VARCHAR NOT NULL,
    pg_code VARCHAR NOT NULL,
    pg_id VARCHAR NOT NULL,
    instrument VARCHAR NOT NULL,
    approved_charges INTEGER NOT NULL,
    declined_charges INTEGER NOT NULL,
    pay_method VARCHAR,
    amount INTEGER NOT NULL,
    currency VARCHAR NOT NULL,
    buyer_email VARCHAR,
    customer_id VARCHAR,
    customer_name VARCHAR,
    customer_tel VARCHAR,
    customer_email VARCHAR,
    customer_addr VARCHAR,
    customer_postcode VARCHAR,
    card_code VARCHAR,
    card_name VARCHAR,
    card_number VARCHAR,
    card_type INTEGER,
    inserted_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (merchant_id, customer_uid),
    FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);
CREATE TABLE prepared (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    merchant_uid VARCHAR NOT NULL,
    amount VARCHAR NOT NULL,
    currency VARCHAR,
    UNIQUE (merchant_id, merchant_uid),
    FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);
CREATE TABLE orders (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    customer_uid VARCHAR,
    outcome VARCHAR NOT NULL,
    place VARCHAR NOT NULL,
    seconds INTEGER,
    times INTEGER NOT NULL,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);
CREATE INDEX ix_orders_merchant_id ON orders (merchant_id);
CREATE TABLE certifications (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    imp_uid VARCHAR NOT NULL,
    merchant_uid VARCHAR,
    name VARCHAR NOT NULL,
    phone VARCHAR NOT NULL,
    birthday VARCHAR NOT NULL,
    gender VARCHAR NOT NULL,
    foreigner BOOLEAN NOT NULL,
    carrier VARCHAR NOT NULL,
    certified_at INTEGER NOT NULL,
    window JSON NOT NULL,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    UNIQUE (imp_uid)
);
CREATE INDEX ix_certifications_merchant_id ON certifications (merchant_id);
CREATE TABLE wire_entries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER,
    kind VARCHAR NOT NULL,
    at INTEGER NOT NULL,
    took DOUBLE NOT NULL,
    method VARCHAR NOT NULL,
    path VARCHAR NOT NULL,
    headers JSON NOT NULL,
    request_body VARCHAR,
    http_status INTEGER NOT NULL,
    code INTEGER,
    message VARCHAR,
    response_body VARCHAR,
    ids VARCHAR NOT NULL,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id)
);
CREATE INDEX ix_wire_entries_merchant_id ON wire_entries (merchant_id, id);
CREATE TABLE cancellations (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    payment_id INTEGER NOT NULL,
    cancellation_id VARCHAR NOT NULL,
    pg_tid VARCHAR,
    amount INTEGER NOT NULL,
    tax_free INTEGER NOT NULL,
    vat_amount INTEGER,
    reason VARCHAR,
    cancelled_at INTEGER NOT NULL,
    FOREIGN KEY(payment_id) REFERENCES payments (id),
    UNIQUE (cancellation_id)
);
CREATE INDEX ix_cancellations_payment_id ON cancellations (payment_id);
CREATE TABLE schedules (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    customer_uid VARCHAR NOT NULL,
    merchant_uid VARCHAR NOT NULL,
    customer_id VARCHAR,
    status VARCHAR NOT NULL,
    payment_id INTEGER,
    pg_code VARCHAR NOT NULL,
    pg_id VARCHAR NOT NULL,
    amount INTEGER NOT NULL,
    currency VARCHAR NOT NULL,
    name VARCHAR,
    buyer_name VARCHAR,
    buyer_email VARCHAR,
    buyer_tel VARCHAR,
    buyer_addr VARCHAR,
    buyer_postcode VARCHAR,
    custom_data VARCHAR,
    fields JSON NOT NULL,
    created_at INTEGER NOT NULL,
    schedule_at INTEGER NOT NULL,
    executed_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    FOREIGN KEY(payment_id) REFERENCES payments (id)
);
CREATE INDEX ix_schedules_status ON schedules (status, schedule_at);
CREATE INDEX ix_schedules_schedule_at ON schedules (merchant_id, schedule_at);
CREATE INDEX ix_schedules_merchant_uid ON schedules (merchant_id, merchant_uid);
CREATE UNIQUE INDEX uq_schedules_open_merchant_uid ON schedules (merchant_id, merchant_uid) WHERE status = 'scheduled';
CREATE TABLE deliveries (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    payment_id INTEGER NOT NULL,
    kind VARCHAR NOT NULL,
    url VARCHAR NOT NULL,
    body JSON NOT NULL,
    format VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    retries_left INTEGER NOT NULL,
    held BOOLEAN NOT NULL,
    after_id INTEGER,
    created_at INTEGER NOT NULL,
    due_at DOUBLE NOT NULL,
    lease_until INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    http_status INTEGER,
    error VARCHAR,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    FOREIGN KEY(payment_id) REFERENCES payments (id),
    FOREIGN KEY(after_id) REFERENCES deliveries (id)
);
CREATE INDEX ix_deliveries_open ON deliveries (merchant_id, due_at) WHERE state IN ('queued', 'sending');
CREATE INDEX ix_deliveries_payment_id ON deliveries (payment_id);
CREATE TABLE pending_cancels (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    payment_id INTEGER NOT NULL,
    amount INTEGER NOT NULL,
    tax_free INTEGER NOT NULL,
    vat_amount INTEGER,
    reason VARCHAR,
    announce BOOLEAN NOT NULL,
    due_at INTEGER NOT NULL,
    FOREIGN KEY(payment_id) REFERENCES payments (id)
);
CREATE TABLE virtual_accounts (
    payment_id INTEGER NOT NULL,
    bank_code VARCHAR NOT NULL,
    number VARCHAR NOT NULL,
    holder VARCHAR,
    due_at INTEGER NOT NULL,
    issued_at INTEGER NOT NULL,
    revoked_at INTEGER NOT NULL,
    PRIMARY KEY (payment_id),
    FOREIGN KEY(payment_id) REFERENCES payments (id)
);
CREATE TABLE shipments (
    payment_id INTEGER NOT NULL,
    company VARCHAR NOT NULL,
    invoice VARCHAR NOT NULL,
    sent_at INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    PRIMARY KEY (payment_id),
    FOREIGN KEY(payment_id) REFERENCES payments (id)
);
CREATE TABLE product_orders (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    payment_id INTEGER NOT NULL,
    product_order_id VARCHAR NOT NULL,
    state VARCHAR NOT NULL,
    reason VARCHAR,
    product_id VARCHAR NOT NULL,
    product_name VARCHAR NOT NULL,
    product_option_id VARCHAR NOT NULL,
    product_option_name VARCHAR NOT NULL,
    product_amount INTEGER NOT NULL,
    delivery_amount INTEGER NOT NULL,
    quantity INTEGER NOT NULL,
    moved_at INTEGER NOT NULL,
    FOREIGN KEY(payment_id) REFERENCES payments (id),
    UNIQUE (product_order_id)
);
CREATE INDEX ix_product_orders_payment_id ON product_orders (payment_id);
CREATE TABLE receipts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    merchant_id INTEGER NOT NULL,
    payment_id INTEGER,
    merchant_uid VARCHAR NOT NULL,
    receipt_tid VARCHAR NOT NULL,
    apply_num VARCHAR NOT NULL,
    kind VARCHAR NOT NULL,
    amount INTEGER NOT NULL,
    vat INTEGER NOT NULL,
    applied_at INTEGER NOT NULL,
    cancelled_at INTEGER NOT NULL,
    FOREIGN KEY(merchant_id) REFERENCES merchants (id),
    FOREIGN KEY(payment_id) REFERENCES payments (id)
);
CREATE UNIQUE INDEX uq_receipts_payment ON receipts (payment_id) WHERE cancelled_at = 0;
CREATE INDEX ix_receipts_merchant_uid ON receipts (merchant_id, merchant_uid);
CREATE TABLE attempts (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    delivery_id INTEGER NOT NULL,
    sent_at INTEGER NOT NULL,
    duration_ms INTEGER NOT NULL,
    request_body VARCHAR NOT NULL,
    request_type VARCHAR NOT NULL,
    http_status INTEGER,
    answer_body VARCHAR,
    error VARCHAR,
    FOREIGN KEY(delivery_id) REFERENCES deliveries (id)
);
CREATE INDEX ix_attempts_delivery_id ON attempts (delivery_id);
"""


def upgrade() -> None:
    for statement in TABLES.split(";\n"):
        if statement.strip():
            op.execute(statement)
