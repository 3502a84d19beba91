"""The import graph, as the laws of `tests/test_architecture.py` read it."""

import pytest

from tests import imports
from tests.imports import circle_among, imports_of, path_of
from tests.source import ROOT


@pytest.fixture
def written(tmp_path, monkeypatch):
    """Return a function that writes the files of a temporary repository and returns their paths."""
    monkeypatch.setattr(imports, "ROOT", tmp_path)
    path_of.cache_clear()

    def write(**texts):
        paths = [tmp_path / "shop" / f"{name}.py" for name in texts]
        (tmp_path / "shop").mkdir()
        for path, text in zip(paths, texts.values(), strict=True):
            path.write_text(text, encoding="utf-8")
        return paths

    yield write
    path_of.cache_clear()


def test_every_import_is_found_with_its_place(written):
    (path,) = written(
        keys="import json\n"
        "from . import cards\n"
        "if TYPE_CHECKING:\n    from .types import Key\n"
        "def find():\n    from ..models import db\n"
        "from .late import last\n"
    )

    found = {imported.name: (imported.place, imported.dots) for imported in imports_of(path)}

    assert found == {
        "json": ("top", 0),
        "shop.cards": ("top", 1),
        "shop.types.Key": ("typing", 1),
        "models.db": ("inside", 2),
        "shop.late.last": ("bottom", 1),
    }


@pytest.mark.parametrize(
    "back",
    [
        "from . import first\n",
        "def late():\n    from .first import name\n",
        "if TYPE_CHECKING:\n    from . import first\n",
    ],
)
def test_a_circle_is_found_wherever_its_imports_stand(written, back):
    paths = written(first="from . import second\n", second="from .third import name\n", third=back)

    circle = [path.stem for path in circle_among(paths)]

    assert circle[0] == circle[-1]
    assert set(circle) == {"first", "second", "third"}


def test_a_chain_is_no_circle(written):
    assert circle_among(written(first="from . import second\n", second="import json\n")) == []


def test_a_name_is_held_by_its_module_or_package():
    assert path_of("tests.imports.path_of") == ROOT / "tests/imports.py"
    assert path_of("tests") == ROOT / "tests/__init__.py"
    assert path_of("flask.request") is None
