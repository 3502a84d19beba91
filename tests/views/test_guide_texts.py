"""The guides as text for programs, and the page that compares them: the same facts as the guides' own pages."""

import json
import re
from typing import Any

import pytest

from tests.views.reading import page_of

GUIDES = ("inicis", "jtnet", "chai", "paymentwall")
HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("guide_id", GUIDES)
def test_a_guide_as_markdown_names_every_field_and_every_source(app, client, guide_id):
    guide = app.extensions["desk"].guides[guide_id]

    answer = client.get(f"/guides/{guide_id}.md?lang=en")

    assert answer.mimetype == "text/markdown"
    assert all(f"- `{field.name}`" in answer.text for field in (*guide.parameters, *guide.again))
    assert all(link.url in answer.text for link in guide.links.values())
    assert answer.text.count("- ✗") == len(guide.pitfalls) >= 10


def samples_of(markdown: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return the requests of the browser, one of each variant, and the body of `/again`."""
    issues = re.findall(r"IMP\.request_pay\((\{.*?^\}), callback\);", markdown, re.S | re.M)
    (charge,) = re.findall(r"```http\n.*?(\{\n.*?^\})", markdown, re.S | re.M)
    return [json.loads(issue) for issue in issues], json.loads(charge)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_charge_in_the_markdown_has_a_number_and_a_name_of_its_own(client, guide_id, language):
    issues, charge = samples_of(client.get(f"/guides/{guide_id}.md?lang={language}").text)

    assert len({body["merchant_uid"] for body in (*issues, charge)}) == len(issues) + 1
    assert charge["customer_uid"] in [issue["customer_uid"] for issue in issues]
    assert not re.search("등록|registration", charge["name"], re.I)


@pytest.mark.parametrize("guide_id", GUIDES)
def test_no_sample_in_the_markdown_reports_to_this_shop(client, guide_id):
    issues, charge = samples_of(client.get(f"/guides/{guide_id}.md?lang=en").text)

    addresses = [body[name] for body in (*issues, charge) for name in ("m_redirect_url", "notice_url") if name in body]
    assert len(addresses) == 2 * len(issues) + 1
    assert all(address.startswith("https://shop.example.com/") for address in addresses)


@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_markdown_shows_the_request_of_every_variant(app, client, guide_id):
    guide = app.extensions["desk"].guides[guide_id]

    markdown = client.get(f"/guides/{guide_id}.md?lang=en").text
    issues, _ = samples_of(markdown)

    assert len(issues) == len(guide.variants)
    for variant, issue in zip(guide.variants, issues, strict=True):
        assert variant.note.get("en", "") in markdown
        assert (issue["amount"] == 0) is (variant.amount == "zero")
        assert bool(issue.get("bypass")) is bool(variant.set)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_markdown_has_the_chapters_and_console_menus_of_the_page(app, client, guide_id, language):
    page = app.extensions["desk"].guides[guide_id].page

    markdown = client.get(f"/guides/{guide_id}.md?lang={language}").text

    told = [page[name] for name in ("service", "console", "credentials", "live", "token", "key_storage")]
    told += [part for chapter in page["chapters"] for part in chapter["parts"]]
    told += [term for part in told for term in (*part.get("terms", ()), *part.get("steps", ()))]
    assert all(f"## {chapter['title'][language]}" in markdown for chapter in page["chapters"])
    assert [fact[language] for fact in told if fact[language] not in markdown] == []


@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_markdown_is_in_one_language(client, guide_id):
    english = client.get(f"/guides/{guide_id}.md?lang=en").text

    assert not HANGUL.search(english)
    assert HANGUL.search(client.get(f"/guides/{guide_id}.md?lang=ko").text)


@pytest.mark.parametrize("guide_id", GUIDES)
def test_the_example_in_the_markdown_is_the_request_of_the_page(client, guide_id):
    markdown = client.get(f"/guides/{guide_id}.md?lang=ko").text
    page = page_of(client, f"/guides/{guide_id}?lang=ko").text

    for name in ("name", "amount"):
        (value,) = re.findall(rf'^  "{name}": (.*?),?$', markdown.partition("callback);")[0], re.MULTILINE)
        assert value in page


def test_an_unknown_guide_is_not_found(client):
    assert client.get("/guides/nopg.md").status_code == 404


def test_the_list_for_programs_leads_to_every_guide(client):
    answer = client.get("/llms.txt?lang=en")

    assert answer.mimetype == "text/plain"
    assert re.findall(r"/guides/(\w+)\.md", answer.text) == list(GUIDES)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_list_for_programs_has_the_rules_of_each_pg_and_the_mistakes_at_all(app, client, language):
    guides = app.extensions["desk"].guides.values()

    text = client.get(f"/llms.txt?lang={language}").text

    for guide in guides:
        assert all(guide.page[fact][language] in text for fact in ("what", "market", "charge", "pc", "mobile"))
        assert ", ".join(guide.again_fields) in text
    everywhere = [p for p in next(iter(guides)).pitfalls if "guides" not in p]
    assert text.count("- ✗") == len(everywhere) >= 10
    assert all(mistake[side][language] in text for mistake in everywhere for side in ("wrong", "right"))


@pytest.mark.parametrize("language", ["ko", "en"])
def test_the_comparison_cites_its_facts_and_says_when_a_pg_left_the_market(app, client, language):
    page = page_of(client, f"/guides/compare?lang={language}")

    left = {"ko": ("2023년 1월 31일 종료", "2024년 종료"), "en": ("stopped on 31 January 2023", "closed in 2024")}
    assert all(words in page.text for words in left[language])
    cited = {link["href"] for link in page.all("a", rel="external noopener", target="_blank")}
    for guide in app.extensions["desk"].guides.values():
        for fact in ("market", "charge", "first_payment", "pc", "mobile"):
            assert {guide.links[link_id].url for link_id in guide.page[fact]["cite"]} <= cited


def test_the_comparison_says_what_each_pg_needs(client):
    page = page_of(client, "/guides/compare?lang=en")

    assert "browser_ip" in page.text
    assert "0: key only, above 0: charged" in page.text
    assert "From JTNet to nice" in page.text
