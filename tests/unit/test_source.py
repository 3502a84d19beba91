"""The facts that the laws read from a file's syntax."""

import pytest

from tests.source import postponed, public, tree_of, views_of


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a module and returns its path."""

    def write(text):
        path = tmp_path / "module.py"
        path.write_text(text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("class Node:\n    def next(self) -> Node: ...\n", {"Node"}),
        ("def first(node: Later): ...\nclass Later: ...\n", {"Later"}),
        ("if TYPE_CHECKING:\n    from models import User\ndef name(user: User): ...\n", {"User"}),
        ("class Node:\n    def next(self) -> 'Node': ...\n", set()),
        ("class Earlier: ...\ndef first(node: Earlier, *more: int): ...\n", set()),
        ("def first():\n    node: Later = 1\nclass Later: ...\n", set()),
    ],
)
def test_an_annotation_is_postponed_for_what_is_not_there_yet(written, text, names):
    assert postponed(written(text)) == names


def test_public_is_what_has_no_underscore(written):
    module = written(
        'class Card:\n    """A card."""\n    def pay(self):\n        """Pay."""\n    def _ask(self): ...\n'
        "class _Hidden:\n    def pay(self): ...\n"
        "def issue(): ...\n"
    )

    assert public(tree_of(module)) == {"Card": "A card.", "Card.pay": "Pay.", "issue": None}


def test_views_are_marked_or_added(written):
    module = written(
        "@bp.get('/')\ndef index(): ...\n"
        "@bp.before_request\ndef authenticate(): ...\n"
        "def act(call): ...\ndef serve(): ...\ndef endpoint(): ...\n"
        "for name in CALLS:\n    bp.add_url_rule(name, endpoint=endpoint, view_func=act)\n"
        "def init_app(app):\n    app.add_url_rule('/static', 'static', serve)\n"
    )

    assert [view.name for view in views_of(module)] == ["index", "act", "serve"]
