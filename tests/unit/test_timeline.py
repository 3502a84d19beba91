"""Timelines: rows in the order in which they happened, what is new to a reader, jumps of the clock, and files."""

import json
import re
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from models import JournalEntry, db
from services import checkout, journal, run_events, run_export, timeline
from services.checkout import Source
from services.sources import SOURCES, source_of
from tests.factories import NOW, place_order, receive, renew
from tests.source import ROOT, strings
from views.diagram import drawn

BASES = {"service": "https://api.test", "shop": "https://shop.test"}
CARD = "4242-4242-4242-4242"
SECRETS = ("Authorization", "Bearer", "imp_secret", "the-secret", "access_token", CARD, CARD.replace("-", ""))

AN_INSTANT = timedelta(microseconds=1)


@pytest.fixture
def order(desk, user, plan):
    """An order of a guide run that has been paid and verified."""
    order = place_order(desk, user, plan, run_id="run_1")
    sent = checkout.request(desk, order, language="ko")
    imp_uid = desk.client.pay(sent)
    facts = {"user": user, "run_id": "run_1", "merchant_uid": order.merchant_uid, "device": "pc", "now": NOW}
    run_events.report(event="sdk.request_pay", **facts, facts={**sent, "card_number": CARD})
    receive(desk, source=Source.CALLBACK, merchant_uid=order.merchant_uid, imp_uid=imp_uid, now=NOW)
    return order


def rows(order, *joiners) -> list[timeline.Row]:
    return timeline.rows(timeline.of_order(order), joiners)


def call(order, path="/payments/imp_1", **facts) -> None:
    """Record a call as the listener does."""
    fields = {"method": "GET", "status": 200, "code": 0, "error": "", "ms": 12, "request": None, "response": None}
    journal.record("service.called", at=NOW, order=order, **{**fields, "path": path, **facts})
    db.session.commit()


def test_rows_are_in_the_order_in_which_they_happened(order):
    late = journal.record("payment.unread", at=NOW, order=order, recorded_at=order.created_at - timedelta(days=900))
    db.session.commit()

    found = rows(order)

    assert found[0].id == f"j{late.id}"
    assert [row.event for row in found][1:5] == [
        "order.created", "sdk.request_pay", "callback.received", "payment.verified"
    ]  # fmt: skip
    assert [row.at for row in found] == sorted(row.at for row in found)


def test_a_message_goes_from_one_lane_to_another_and_anything_else_stays_in_its_lane(order):
    call(order)

    ways = {row.event: (row.lane, row.to) for row in rows(order) if row.merchant_uid == order.merchant_uid}

    assert ways["order.created"] == ("browser", "shop")
    assert ways["sdk.request_pay"] == ("browser", "pg")
    assert ways["service.called"] == ("shop", "pg")
    assert ways["payment.verified"] == ("shop", None)
    assert ways["key.activated"] == ("pg", None)


def test_the_verification_says_how_many_comparisons_agree(order):
    verified = next(row for row in rows(order) if row.event == "payment.verified")

    assert re.fullmatch(r"(\d)/\1", verified.status)


def test_the_timeline_of_an_issue_has_the_charges_with_its_key(desk, order):
    renew(desk, order.subscription, now=order.subscription.paid_until)

    assert {row.merchant_uid for row in rows(order)} == {one.merchant_uid for one in order.subscription.orders}
    assert {row.merchant_uid for row in rows(order.subscription.orders[0])} == {
        order.subscription.orders[0].merchant_uid
    }


def test_a_reader_receives_only_what_is_new(order):
    cursor = timeline.cursor(rows(order))
    call(order)

    assert [row.event for row in rows(order) if timeline.is_new(row, cursor)] == ["service.called"]
    assert [row for row in rows(order) if not timeline.is_new(row, "")] == []
    assert [row for row in rows(order) if not timeline.is_new(row, "nonsense'; --")] == []


def test_a_row_of_which_more_is_known_is_new_again(order):
    call(order)
    cursor = timeline.cursor(rows(order))

    def join(found, _subject):
        return [replace(row, marks={**row.marks, "c": 7}) if row.method else row for row in found]

    new = [row for row in rows(order, join) if timeline.is_new(row, cursor)]
    assert [row.event for row in new] == ["service.called"]
    assert timeline.cursor(rows(order, join)).startswith("c7.j")


def test_a_jump_of_the_clock_stands_before_the_first_row_after_it(desk, order):
    journal.record("subscription.past_due", at=NOW + timedelta(days=31), order=order)
    db.session.commit()

    found = rows(order)
    (jump,) = timeline.jumps(found).items()

    assert jump[0] == found[-1].id
    assert abs(jump[1] - timedelta(days=31)) < timedelta(minutes=1)


def test_what_others_recorded_is_dated_by_the_shops_business_time(order):
    """The clock of another program may show any day: it makes no jump, and its rows show the shop's day."""

    def join(found, _subject):
        own = found[-1]
        other = replace(own, id="c1", entry=None, business_at=own.business_at + timedelta(days=60))
        return [*found, other]

    found = rows(order, join)

    assert timeline.jumps(found) == {}
    assert {row.business_at.date() for row in found} == {NOW.date()}


def test_after_the_clock_was_moved_what_others_recorded_has_the_date_of_what_follows(order):
    """The jump stands before the first row after the move, also for a reader who saw that row before it had one."""
    last = rows(order)[-1]

    def join(found, _subject):
        names = (("c1", True), ("c2", False), ("c3", True), ("c4", False))
        others = [
            replace(last, id=name, at=last.at + n * AN_INSTANT, entry=None, marks={"c": n}, moves_clock=moves)
            for n, (name, moves) in enumerate(names, 1)
        ]
        return [*found, *others]

    before = timeline.cursor(rows(order, join))
    journal.record("callback.received", at=NOW + timedelta(days=31), order=order)
    db.session.commit()
    found = rows(order, join)

    assert list(timeline.jumps(found)) == ["c4"]
    assert [row.id for row in found if timeline.is_new(row, before)] == ["c4", found[-1].id]


def test_no_page_posts_the_order_of_a_charge(desk, order):
    renew(desk, order.subscription, now=order.subscription.paid_until)

    created = {row.lane for row in rows(order) if row.event == "order.created" and row.payload["purpose"] == "charge"}
    assert created == {"shop"}


# What a row leads to --------------------------------------------------------------------------------------


@pytest.mark.parametrize("source", sorted(set(SOURCES.values())))
def test_the_function_behind_a_row_exists(source):
    file, _, function = source.partition("::")

    text = (ROOT / file).read_text(encoding="utf-8")
    assert re.search(rf"^\s*(?:export )?(?:def|function) {function}\b", text, re.MULTILINE)


def test_every_event_with_a_sentence_has_a_function():
    sentences = (ROOT / "templates/macros/journal.html").read_text(encoding="utf-8")
    events = set(re.findall(r'event == "([^"]+)"', sentences)) - {"service.called"}

    assert events - SOURCES.keys() == set()


def test_an_event_is_recorded_in_the_file_of_its_function():
    """The map is written by hand, so an event that moves to another file must move here too."""
    files = {event: source.partition("::")[0] for event, source in SOURCES.items() if " " not in event}
    by_hand = {
        event for event in files if event.startswith(("sdk.", "page.")) or event.endswith((".received", ".stored"))
    }
    wrong = [
        (event, file) for event, file in files.items() if event not in by_hand and event not in strings(ROOT / file)
    ]

    assert wrong == []


def test_the_longest_match_names_the_function_of_a_call():
    assert source_of("GET /payments/find/order_1/paid?x=y") == SOURCES["GET /payments/find/"]
    assert source_of("GET /payments/imp_1") == SOURCES["GET /payments/"]
    assert source_of("GET /elsewhere") == ""


# Files ----------------------------------------------------------------------------------------------------


def test_a_curl_line_repeats_the_request_with_the_readers_own_token(order):
    call(order, "/subscribe/payments/again", method="POST", request={"name": "it's 커피", "amount": 9900})

    line = run_export.curl(rows(order)[-1], BASES)

    assert line.startswith("curl -sS -X POST --oauth2-bearer \"$TOKEN\" -H 'Content-Type: application/json' -d ")
    assert line.endswith(" https://api.test/subscribe/payments/again")
    assert "커피" in line


def test_no_file_contains_a_token_a_secret_or_a_card_number(order):
    call(order, "/users/getToken", method="POST")
    call(order, response={"code": 0, "response": {"card_number": "4242-42**-****-4242"}})

    found = rows(order)
    archive = json.dumps(run_export.har(found, BASES, title="run_1", version="1"))
    script = run_export.shell(found, BASES, title="run_1")

    assert [secret for secret in SECRETS if secret in archive or secret in script] == []
    assert script.count("curl -sS") == 1  # a token needs the secret, so its request is not repeated
    assert CARD not in json.dumps([entry.facts for entry in db.session.query(JournalEntry)])


def test_a_har_has_the_requests_in_order_with_their_durations(order):
    call(order, "/payments/imp_1?include_sandbox=true", response={"code": 0})
    call(order, "/payments/imp_2", status=None, error="ReadTimeout", ms=7500)

    read, lost = run_export.har(rows(order), BASES, title="", version="1")["log"]["entries"]

    assert read["request"]["queryString"] == [{"name": "include_sandbox", "value": "true"}]
    assert (read["response"]["status"], read["time"], read["response"]["content"]["text"]) == (200, 12, '{"code": 0}')
    assert (lost["response"]["status"], lost["response"]["statusText"]) == (0, "ReadTimeout")


# The diagram ----------------------------------------------------------------------------------------------


def test_an_arrow_of_the_diagram_ends_in_the_lane_of_its_receiver(order):
    call(order)
    found = rows(order)

    figure = drawn(found, titles={row.id: row.event for row in found}, jumps={found[-1].id: "a month later"})

    lanes = {lane.name: lane.x for lane in figure.lanes}
    *_, jump, step = figure.steps
    assert (step.x, step.to_x) == (lanes["shop"], lanes["pg"])
    assert (jump.is_jump, jump.label) == (True, "a month later")
    assert [one.y for one in figure.steps] == sorted({one.y for one in figure.steps})


def test_the_stylesheet_of_a_diagram_is_complete():
    sheets = [Path(ROOT / "static/css" / name).read_text() for name in ("tokens.css", "components/sequence.css")]

    assert set(re.findall(r"var\((--[\w-]+)\)", sheets[1])) <= set(re.findall(r"(--[\w-]+):", sheets[0]))
