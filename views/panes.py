"""The values and the code that a guide's page shows: examples before a run, the run's own afterwards."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, render_template
from flask_babel import get_locale
from markupsafe import Markup

from models import Order, Plan, new_uid
from money import Money
from services import charges as charging
from services import checkout, orders, run_proof
from services.guides import Guide, Variant
from services.parameters import Parameter
from services.run_proof import Proof
from views import code_marks
from views.highlight import highlight
from views.incoming import desk

SNIPPETS = (
    ("javascript", "IMP.request_pay", "request.js"),
    ("html", "HTML + JavaScript", "subscribe.html"),
    ("python", "Flask", "shop.py"),
    ("bash", "curl", "charge.sh"),
)
_READ = re.compile(r'call\("GET", f"/payments/\{quote\(imp_uid\)\}([^"]*)"\)')
"""How the Flask file reads a payment, with its query."""

EXAMPLE_INVOICE = "inv_4d8e17c3b05a926f7e41"
"""What the next charge is for, as the code shows it before a run."""


@dataclass(frozen=True, kw_only=True)
class Pane:
    """One tab of code: its language, its title, the snippet's file and the finished code."""

    language: str
    title: str
    file: str
    code: str
    fields: Mapping[int, str]
    """The field of the request that a line shows, by line number, counted from 0."""

    @property
    def markup(self) -> Markup:
        """The code in its colours. A line that shows a field names it."""
        return code_marks.wrap(highlight(self.code, self.language), self.fields)


def init_app(app: Flask) -> None:
    """Add what snippets use: the filters `highlight` and `literal`, and `mark`."""
    app.jinja_env.filters.update(highlight=highlight, literal=literal)
    app.jinja_env.globals.update(mark=code_marks.mark)


def literal(value: Any) -> str:
    """Return a value as a JavaScript and JSON literal, safe in a script element. A string is valid Python as well."""
    return json.dumps(value, ensure_ascii=False).replace("</", "<\\/")


def facts_of(
    guide: Guide, variant: Variant, plan: Plan, order: Order | None, *, buyer: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the snippets show, before a run or after it.

    `sent` is the request of the browser. `again` is the body of the newest charge with the run's key, or of the next
    charge if there is none. `buyer` holds values of the signed-in account that replace the examples.
    """
    amount = order.price if order else Money(variant.amount_of(plan.amount), plan.currency)
    charges = guide.charges(amount.minor)
    charge = orders.newest_charge(order) if order else None
    values = _values(guide, plan, amount, buyer, charges=charges) | (_run_values(order, charge) if order else {})
    return {
        "guide": guide,
        "plan": plan,
        "amount": amount,
        "values": values,
        "charges": charges,
        "sent": _sent(guide, variant, values, order),
        "again": _again(guide, values, charge, invoice=new_uid("inv") if order else EXAMPLE_INVOICE),
        "api_url": current_app.config["IMP_API_URL"],
        "is_run": order is not None,
        "charge": charge,
    }


def panes_of(facts: dict[str, Any]) -> list[Pane]:
    """Return the code with these facts."""
    return [_pane(language, title, file, facts) for language, title, file in SNIPPETS]


def code_of(facts: dict[str, Any], order: Order | None) -> dict[str, Any]:
    """Return the panes with these facts, and the proofs of a run by language."""
    panes = panes_of(facts)
    return {"panes": panes, "proofs": _proofs_of(panes, facts, order)}


def _proofs_of(panes: list[Pane], facts: dict[str, Any], order: Order | None) -> dict[str, list[Proof]]:
    """Return by language what the run sent, beside what the panes print with these facts. Empty before a run."""
    if order is None or order.run_id is None:
        return {}
    guide, charge, again = facts["guide"], facts["charge"], facts["again"]
    read = next(_READ.finditer("".join(pane.code for pane in panes)), None)
    expected = run_proof.record_expected(guide, order, channel=desk().channel(guide))
    found = {
        "javascript": [run_proof.of_window(order, facts["sent"])],
        "python": [
            run_proof.of_read(order, read[1] if read else "", expected),
            run_proof.of_charge(charge, again, own=run_proof.OWN_NUMBER),
        ],
        "bash": [run_proof.of_charge(charge, again)],
    }
    return {language: list(filter(None, proofs)) for language, proofs in found.items()}


def _pane(language: str, title: str, file: str, facts: dict[str, Any]) -> Pane:
    code, fields = code_marks.take(render_template(f"guides/snippets/{file}.j2", **facts))
    return Pane(language=language, title=title, file=file, code=code, fields=fields)


def example_of(parameter: Parameter) -> Any:
    """Return the parameter's example in the reader's language, or None if the guide has none."""
    example = parameter.example
    return example[str(get_locale())] if isinstance(example, dict) and "ko" in example else example


def _sent(guide: Guide, variant: Variant, values: dict[str, Any], order: Order | None) -> dict[str, Any]:
    if order:
        return checkout.request(desk(), order, language=values["language"])
    return guide.request_for(values, variant)


def _again(guide: Guide, values: dict[str, Any], charge: Order | None, *, invoice: str) -> dict[str, Any]:
    if charge:
        return charging.body_of(desk(), charge) | {"amount": charge.price.to_json()}
    next_charge = {"merchant_uid": f"{invoice}-1", "order_name": values["plan"], "amount": values["price"]}
    return guide.again_for(values | next_charge)


def _run_values(order: Order, charge: Order | None) -> dict[str, Any]:
    key = order.billing_key
    return {
        **({"plan": charge.name} if charge else {}),
        "language": run_proof.language_of(order) or str(get_locale()),
        "customer_uid": key.customer_uid,
        "order_name": order.name,
        "buyer_name": key.issue_name,
        "issue_email": key.issue_email,
        "browser_ip": key.issue_ip,
    }


def _values(guide: Guide, plan: Plan, amount: Money, buyer: Mapping[str, Any], *, charges: bool) -> dict[str, Any]:
    """Return example values by source, as the code shows them before a run of the guide."""
    price = plan.price.to_json()
    language = str(get_locale())
    name = plan.name(language)
    examples = {parameter.source: example_of(parameter) for parameter in guide.parameters if parameter.source}
    examples |= {name: value for name, value in buyer.items() if name in examples}
    return examples | {
        "plan": name,
        "price": price,
        "order_name": checkout.order_name(plan, charged=charges, language=language),
        "amount": amount.to_json(),
        "currency": plan.currency,
        "channel": desk().channel(guide),
        "redirect_url": desk().landing_url,
        "notice_url": desk().notice_url,
        "language": language,
        "issue_email": examples["buyer_email"],
        "browser_ip": "203.0.113.7",
    }
