"""Who may know whom, who may do what, and how long a file may be: the laws of this repository, executable.

Everything is read from the source, nothing is imported.
"""

import ast
import re
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
NOT_OURS = {".venv", ".git", "node_modules", "instance", "migrations", "__pycache__"}

BOTTOM = {"money", "clock", "errors"}
ROOT_MODULES = BOTTOM | {"app", "config", "models", "forms", "cli"}
SHOP = ROOT_MODULES | {"services", "views"}


def sources(*folders: str, suffix: str = ".py") -> list[Path]:
    """Files of the shop (no folder given) or of these folders, without what tools made."""
    if not folders:
        return sorted([*(ROOT / f"{name}.py" for name in ROOT_MODULES), *sources("services", "views", suffix=suffix)])
    found = (path for folder in folders for path in (ROOT / folder).rglob(f"*{suffix}"))
    return sorted(path for path in found if not NOT_OURS & set(path.relative_to(ROOT).parts))


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def each(paths: list[Path]):
    return pytest.mark.parametrize("path", paths, ids=map(named, paths))


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def nodes_of(path: Path) -> list[ast.AST]:
    """All of a file's syntax. To walk it takes long, and most laws ask for it."""
    return list(ast.walk(tree_of(path)))


@cache
def imports(path: Path) -> list[str]:
    """Everything a file imports, wherever in it: `services.desk`, `flask.request`."""
    found: list[str] = []
    for node in nodes_of(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            module = ".".join([*_package(path, node.level), *filter(None, [node.module])])
            found += [f"{module}.{alias.name}" for alias in node.names]
    return found


def _package(path: Path, level: int) -> list[str]:
    """Where `level` dots lead from a file; nowhere for an absolute import."""
    folders = path.relative_to(ROOT).parts[:-1]
    return list(folders[: len(folders) - level + 1]) if level else []


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


@cache
def attributes(path: Path) -> list[str]:
    """`db.session.commit` and the like, as far as it is written in one chain of names."""
    return [ast.unparse(node) for node in nodes_of(path) if isinstance(node, ast.Attribute)]


@cache
def strings(path: Path) -> list[str]:
    """String constants that are not docstrings."""
    docs = {id(node.value) for node in nodes_of(path) if isinstance(node, ast.Expr)}
    return [
        node.value
        for node in nodes_of(path)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs
    ]


# Two walls ------------------------------------------------------------------------------------------------


@each(sources())
def test_the_shop_knows_no_sandbox_and_no_demo(path):
    assert packages(path) & {"sandbox", "demo", "tests"} == set()


@each(sources("sandbox"))
def test_the_sandbox_knows_nothing_of_the_shop(path):
    assert packages(path) & (SHOP | {"demo", "tests"}) == set()


@each(sources("demo"))
def test_the_demonstration_knows_the_sandbox_by_its_address_only(path):
    assert packages(path) & {"sandbox", "tests"} == set()


@each(sources())
def test_the_shop_does_not_name_the_demonstration(path):
    """The demonstration makes its own application around the shop's, so the shop looks nothing up by this name."""
    assert [text for text in strings(path) if text.split(".")[0] == "demo"] == []


@each(sources())
def test_no_branch_asks_which_service_answers(path):
    """Only the client says the word: it is the protocol's own, for a merchant's test channels."""
    words = [text for text in strings(path) if "sandbox" in text.lower()]
    allowed = {"config.py", "services/iamport/client.py", "services/iamport/types.py"}

    assert words == [] or named(path) in allowed


@each([*sources(), *(path for path in sources("sandbox") if path.name != "pgs.py")])
def test_no_code_asks_for_a_pg_by_name(path):
    """What differs between PGs is data: the guide files here, the profiles there."""
    pgs = {"inicis", "html5_inicis", "jtnet", "chai", "paymentwall"}

    assert pgs & set(strings(path)) == set()


@each(sources("tests/sandbox"))
def test_the_sandboxs_tests_know_no_shop(path):
    assert packages(path) & (SHOP | {"demo"}) == set()


@each([*sources("tests/unit", "tests/views"), ROOT / "tests/conftest.py", ROOT / "tests/factories.py"])
def test_the_shops_tests_know_no_sandbox(path):
    assert "sandbox" not in packages(path)


# Arrows point one way -------------------------------------------------------------------------------------


@each([ROOT / f"{name}.py" for name in sorted(BOTTOM)])
def test_the_bottom_imports_nothing_of_ours(path):
    assert packages(path) & SHOP == set()


def test_the_models_stand_on_the_bottom():
    path = ROOT / "models.py"

    assert packages(path) & SHOP <= BOTTOM
    assert [name for name in imports(path) if name.startswith("flask.")] == []
    assert [call for call in attributes(path) if call.endswith((".commit", ".now", ".utcnow"))] == []


def test_the_settings_import_nothing_of_ours():
    assert packages(ROOT / "config.py") & SHOP == set()


def test_forms_hold_no_query_and_no_rule():
    assert packages(ROOT / "forms.py") & SHOP == set()


@each([path for path in sources("services") if path.parent.name != "iamport"])
def test_services_stand_on_models_client_and_bottom(path):
    assert packages(path) & SHOP <= {"models", "services"} | BOTTOM


@each(sources("services/iamport"))
def test_the_client_points_at_nothing_of_ours(path):
    ours = {name for name in imports(path) if name.split(".")[0] in SHOP and not name.startswith("services.iamport")}

    assert ours == set()
    assert packages(path) & {"flask", "sqlalchemy"} == set()


@each(sources("views"))
def test_nothing_points_back_from_a_view(path):
    assert packages(path) & {"app", "cli"} == set()


# Each in its room -----------------------------------------------------------------------------------------


@each(sources("services"))
def test_services_are_handed_everything(path):
    web = {"request", "session", "g", "flash", "url_for", "render_template", "current_app", "abort", "redirect"}
    taken = {name.rpartition(".")[2] for name in imports(path) if name.split(".")[0].startswith("flask")}

    assert taken & web == set()
    assert not {name for name in imports(path) if name.startswith(("flask_login", "flask_wtf", "flask_babel"))}


FITTINGS = {"assets", "language", "templating", "limits", "highlight", "incoming", "buyer_form"}
"""What several blueprints share, each under the name of its one subject."""


@each([path for path in sources("views") if path.name != "__init__.py"])
def test_a_module_of_views_is_a_blueprint_or_a_named_fitting(path):
    assigned = [ast.unparse(node) for node in tree_of(path).body if isinstance(node, ast.Assign)]
    is_blueprint = any(line.startswith(f"bp = Blueprint('{path.stem}', __name__") for line in assigned)

    assert is_blueprint is not (path.stem in FITTINGS), "name its blueprint after the module, or name it a fitting"


@each([path for path in sources("services") if named(path) != "services/iamport/client.py"])
def test_services_are_told_the_time(path):
    clocks = {"clock.now", "time.time", "time.monotonic", "datetime.now", "datetime.datetime.now"}

    assert clocks & {*imports(path), *attributes(path)} == set()


@each(sources())
def test_only_the_client_speaks_http(path):
    speakers = {"services/iamport/client.py", "app.py"}
    """`app.py` builds the session whose pool the worker's threads share."""

    assert "requests" not in packages(path) or named(path) in speakers
    assert packages(path) & {"httpx", "urllib3", "aiohttp"} == set()


@each(sources("views"))
def test_views_parse_call_and_answer(path):
    calls = {call for call in attributes(path) if call.startswith("db.session.")}
    allowed = {"db.session.rollback"} if path.name == "errors.py" else set()
    """A failed request is rolled back in one place."""

    assert calls <= allowed
    assert "requests" not in packages(path)
    assert [name for name in imports(path) if name.startswith("sqlalchemy")] == []


@each(sources("views"))
def test_views_move_no_status(path):
    moves = (".mark_paid", ".mark_failed", ".mark_cancelled", ".renew", ".mark_past_due", ".activate", ".revoke")

    assert [call for call in attributes(path) if call.endswith(moves)] == []


@each(sources("services", "views"))
def test_a_status_moves_only_by_the_method_named_for_the_event(path):
    moved = [
        ast.unparse(node)
        for node in nodes_of(path)
        if isinstance(node, ast.Assign)
        and any(re.fullmatch(r"(?!self\.).*\.status", ast.unparse(target)) for target in node.targets)
    ]

    assert moved == []


def test_only_one_function_grants():
    callers = {named(path) for path in sources() if any(call.endswith(".mark_paid") for call in attributes(path))}

    assert callers == {"services/payments.py"}


READERS_OF_THE_ENVIRONMENT = {"app.py", "sandbox/config.py", "sandbox/__main__.py", "demo/__main__.py"}
"""Each hands it whole to a `Config.from_environ`, or passes it on to a process it starts."""


@each([*sources(), *sources("sandbox", "demo")])
def test_the_environment_is_read_in_one_place_per_application(path):
    reads = {"os.environ", "os.getenv", "os.environ.get"} & {*attributes(path), *imports(path)}

    assert not reads or named(path) in READERS_OF_THE_ENVIRONMENT


@each([*sources(), *sources("sandbox", "demo")])
def test_nothing_is_swallowed_whole(path):
    """Catching everything is for cleaning up and raising it again, or for one of many whose trace goes to the log."""
    handlers = [node for node in nodes_of(path) if isinstance(node, ast.ExceptHandler)]
    broad = [node for node in handlers if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")]

    told = re.compile(r"raise$|.*log(?:ger)?\.exception\(")
    assert [node for node in broad if not told.match(ast.unparse(node.body[-1]))] == []


@each([ROOT / "money.py", ROOT / "models.py", *sources("services")])
def test_money_is_never_a_float(path):
    """The wire is: JSON knows no other number."""
    floats = {
        function.name
        for function in nodes_of(path)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "float"
    }

    assert floats <= {"_number", "to_json"}


# Templates and scripts ------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """Collects what a strict Content-Security-Policy would not run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        if tag == "style" or (tag == "script" and "src" not in names and names.get("type") != "application/json"):
            self.found.append(f"<{tag}>")
        for name, value in names.items():
            if name == "style" or name.startswith("on") or (value or "").strip().lower().startswith("javascript:"):
                self.found.append(f"{tag} {name}")


TEMPLATES = [path for path in sources("templates", "sandbox", "demo", suffix=".html") if "snippets" not in path.parts]
"""`guides/snippets` hold code that is shown, not run."""


@each(TEMPLATES)
def test_no_template_carries_script_or_style(path):
    parser = Inline()

    parser.feed(re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL))

    assert parser.found == []


@each(TEMPLATES)
def test_nothing_is_loaded_from_elsewhere(path):
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//", text) == []


def test_every_event_of_the_journal_has_its_sentence_and_every_sentence_its_event():
    calls = (node for path in sources("services") for node in nodes_of(path) if isinstance(node, ast.Call))
    first_words = (call.args[0] for call in calls if ast.unparse(call.func) == "journal.record")
    recorded = {word.value for word in first_words if isinstance(word, ast.Constant)}
    told = set(re.findall(r'event == "([^"]+)"', (ROOT / "templates/macros/journal.html").read_text(encoding="utf-8")))
    arrivals = {f"{source}.received" for source in ("callback", "landing", "webhook", "check")}

    assert recorded - told == set()
    assert told - arrivals - {text for path in sources("services") for text in strings(path)} == set()


def script(path: Path) -> str:
    """A script without its comments."""
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@each(sources("static/js", suffix=".js"))
def test_only_one_script_touches_the_payment_services_global(path):
    touches = re.search(r"\bIMP\b", script(path)) is not None

    assert touches is (named(path) == "static/js/payment-window.js")


@each(sources("static/js", "sandbox/static", "sandbox/sdk", suffix=".js"))
def test_scripts_write_text_and_never_markup(path):
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b", text) == []


@each(sources("static/js", suffix=".js"))
def test_the_shops_scripts_know_no_template_and_no_sandbox(path):
    text = script(path)

    assert "{{" not in text
    assert "{%" not in text
    assert "sandbox" not in text.lower()


@each([path for path in sources("static/css", "sandbox/static/css", suffix=".css") if path.name != "tokens.css"])
def test_colours_live_in_tokens(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)

    assert re.findall(r"(?<![\w-])#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|\b(?:rgba?|hsla?|oklch)\([\d.]", text) == []


# Names and sizes ------------------------------------------------------------------------------------------

FOLDERS = sorted(
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in NOT_OURS
)
CODE = [
    path
    for path in [*sorted(ROOT.glob("*.py")), *sources(*FOLDERS, suffix="")]
    if path.suffix in (".py", ".js", ".css", ".html", ".toml")
]


def test_no_file_is_a_drawer():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "functions"}

    assert [named(path) for path in CODE if path.stem in drawers] == []


@each([path for path in CODE if path.suffix == ".py" and "tests" not in path.parts and path.name != "models.py"])
def test_a_module_can_be_read_in_one_sitting(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


@each([path for path in CODE if path.suffix == ".py" and "tests" not in path.parts])
def test_a_function_can_be_seen_at_once(path):
    long = [
        f"{node.name} ({node.end_lineno - node.lineno + 1} lines)"
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno >= 60
    ]

    assert long == []


@each([path for path in CODE if path.suffix == ".py" and path.name != "__init__.py"])
def test_a_module_says_what_it_is(path):
    assert ast.get_docstring(tree_of(path))


@each([path for path in CODE if path.suffix in (".py", ".js", ".html", ".css") and path != Path(__file__)])
def test_nothing_is_left_for_later(path):
    assert re.findall(r"\b(?:TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8")) == []


@each(sources("tests"))
def test_tests_neither_sleep_nor_are_skipped_nor_patched(path):
    calls = set(attributes(path))
    marks = {call for call in calls if call.startswith(("pytest.mark.skip", "pytest.mark.xfail"))}

    assert marks == set()
    assert "time.sleep" not in calls | set(imports(path))
    assert not {name for name in imports(path) if name.startswith("unittest.mock")}
