"""Names and facts that shop and sandbox both define on purpose. These tests, not imports, keep them equal."""

from pathlib import Path

import pytest

from config import PUBLISHED_CREDENTIALS
from sandbox.api import payments
from sandbox.config import Config as SandboxConfig
from sandbox.facts import calls, instruments, pgs
from sandbox.rules import cancels, charges, keys, outcomes, preparing, windows
from sandbox.windows import results
from services import declines, guides
from tests import fakes
from tests.contract.conftest import ACCOUNTS, NUMBERS

GUIDES = guides.load(Path(__file__).parents[2] / "guides")
each_guide = pytest.mark.parametrize("guide", GUIDES.values(), ids=GUIDES.keys())


def test_the_credentials_the_shop_refuses_are_the_ones_the_sandbox_publishes():
    config = SandboxConfig()

    assert {config.MERCHANT_CODE, config.KEY, config.SECRET} == PUBLISHED_CREDENTIALS


def test_the_shop_knows_what_each_decline_of_the_sandbox_means():
    played = [one.refusal for one in outcomes.OUTCOMES.values()]
    texts = [*played, *(text for one in instruments.INSTRUMENTS for text in (one.issue_refusal, one.charge_refusal))]
    others = [
        windows.DECLINED,
        windows.PAID_ALREADY,
        results.CLOSED,
        keys.UNKNOWN_INSTRUMENT,
        keys.NO_PG,
        charges.UNKNOWN_BUYER,
    ]

    unknown = {text for text in [*texts, *others] if text and not declines.meaning_of(text, "en")}

    assert unknown == set()


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (fakes.UNKNOWN_KEY, charges.UNKNOWN_BUYER),
        (fakes.DUPLICATE, charges.DUPLICATE),
        (fakes.NO_PAYMENT, payments.NOT_FOUND),
        (fakes.PREPARED_BEFORE, preparing.REGISTERED_ALREADY),
        (fakes.CANCELLED_BEFORE, cancels.CANCELLED_ALREADY),
        (fakes.NOTHING_TO_CANCEL, cancels.NOTHING_TO_CANCEL),
    ],
)
def test_the_fake_speaks_the_sandboxs_sentences(ours, theirs):
    assert ours == theirs


def test_the_test_instruments_are_on_the_shelf():
    for family, numbers in (("card", NUMBERS), ("account", ACCOUNTS)):
        assert [name for name, number in numbers.items() if instruments.find(number, family) is None] == []


@each_guide
def test_a_guide_and_its_profile_charge_alike(guide):
    profile = pgs.profile_for(guide.pg)

    assert guide.charges_at_issue.value == profile.charge


@each_guide
def test_a_guide_and_its_profile_bring_the_result_the_same_way(guide):
    profile = pgs.profile_for(guide.pg)

    assert guide.result == {"pc": profile.result_pc, "mobile": profile.result_mobile}


@each_guide
def test_a_guide_sends_what_its_pg_demands(guide):
    profile = pgs.profile_for(guide.pg)
    sent = {parameter.name for parameter in guide.parameters if parameter.is_sent}

    assert set(profile.required_at_issue) <= sent
    required_at_again = calls.required_by(profile.code).get("POST /subscribe/payments/again", [])
    assert {*required_at_again, *profile.must_equal_issue} <= {"name", *guide.again_fields}
    assert guide.parameter("pay_method").value in profile.methods


def test_every_guide_has_its_profile():
    assert {guide.provider for guide in GUIDES.values()} <= {profile.code for profile in pgs.PROFILES}
