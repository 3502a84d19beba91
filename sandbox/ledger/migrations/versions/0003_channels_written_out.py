"""A merchant without a list of PGs had all of them. They are written out, because an empty list now means none."""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

ALL = [
    "html5_inicis",
    "jtnet",
    "chai",
    "paymentwall",
    "danal_tpay",
    "danal",
    "kcp_billing",
    "kicc",
    "payco",
    "kakaopay",
    "mobilians",
    "naverpay",
    "tosspayments",
    "smartro_v2",
    "welcome",
    "settle_acc",
    "tosspay_v2",
    "smilepay",
    "paypal_v2",
    "mobilians_v2",
    "galaxia",
    "payletter_global",
    "nice_v2",
]


def upgrade() -> None:
    written_out = sa.text("UPDATE merchants SET pg_channels = :every WHERE pg_channels = '[]'")
    op.get_bind().execute(written_out, {"every": json.dumps(ALL)})
