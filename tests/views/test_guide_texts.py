"""The guides as text for programs, and the page that compares them: the same facts as the guides' own pages."""

import re

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


def test_the_comparison_says_what_each_pg_needs(client):
    page = page_of(client, "/guides/compare?lang=en")

    assert "browser_ip" in page.text
    assert "0: key only, above 0: charged" in page.text
    assert "From JTNet to nice" in page.text
