"""The sandbox's front page: what happened lately, newest first. It shows the ledger and changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, current_app, render_template, url_for
from sqlalchemy import select

from sandbox.config import Config
from sandbox.models import BillingKey, Delivery, Merchant, Payment, db
from sandbox.pages import guard, language_links, words

bp = Blueprint("dashboard", __name__)
bp.after_request(guard)
bp.context_processor(words)

LATEST = 50
"""Rows of each table."""

SEOUL = ZoneInfo("Asia/Seoul")


@bp.get("/")
def index() -> str:
    """Latest payments, billing keys and webhook deliveries of the default merchant."""
    config: Config = current_app.extensions["sandbox_config"]
    merchant = db.session.scalars(select(Merchant).where(Merchant.code == config.MERCHANT_CODE)).one()
    return render_template(
        "dashboard/index.html",
        merchant=merchant,
        payments=db.session.scalars(
            select(Payment).where(Payment.merchant_id == merchant.id).order_by(Payment.id.desc()).limit(LATEST)
        ).all(),
        billing_keys=db.session.scalars(
            select(BillingKey).where(BillingKey.merchant_id == merchant.id).order_by(BillingKey.id.desc()).limit(LATEST)
        ).all(),
        deliveries=db.session.scalars(
            select(Delivery)
            .join(Payment)
            .where(Payment.merchant_id == merchant.id)
            .order_by(Delivery.id.desc())
            .limit(LATEST)
        ).all(),
        languages=language_links(url_for("dashboard.index")),
        seoul_time=seoul_time,
    )


def seoul_time(at: int) -> str:
    """Unix seconds as a Korean shop's clock shows them; a dash for what has not happened."""
    return f"{datetime.fromtimestamp(at, UTC).astimezone(SEOUL):%Y-%m-%d %H:%M:%S}" if at else "–"
