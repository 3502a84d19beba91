"""The laws of this repository, executable: what each file may import and do, and how long it may be.

The tests read the source and import none of it. A failure says what is wrong, and where the code belongs.
"""

import ast
import re
from collections.abc import Iterable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.imports import circle_among, imports_of, targets_of
from tests.source import (
    BOTTOM,
    NOT_OURS,
    ROOT,
    SHOP,
    attributes,
    named,
    nodes_of,
    postponed,
    public,
    sources,
    strings,
    tree_of,
    views_of,
)


def each(paths: list[Path]):
    return pytest.mark.parametrize("path", paths, ids=map(named, paths))


def imports(path: Path) -> list[str]:
    """Return the full name of everything that a file imports, anywhere in it: `services.desk`, `flask.request`."""
    return [imported.name for imported in imports_of(path)]


def packages(path: Path) -> set[str]:
    return {name.split(".")[0] for name in imports(path)}


def keep(broken: Iterable[object], law: str) -> None:
    """Fail if anything is `broken`, with the law and everything that breaks it."""
    __tracebackhide__ = True
    found = sorted(map(str, broken))
    assert not found, f"{law} Found: {', '.join(found)}"


# Boundaries -----------------------------------------------------------------------------------------------


@each(sources())
def test_the_shop_knows_no_sandbox_and_no_demo(path):
    law = f"{named(path)} is the shop's: let it call the service at IMP_API_URL, and leave the demonstration to demo/."

    keep(packages(path) & {"sandbox", "demo", "tests"}, law)


@each(sources("sandbox"))
def test_the_sandbox_knows_nothing_of_the_shop(path):
    law = f"{named(path)} is the sandbox's, which any shop uses: write what it needs inside sandbox/."

    keep(packages(path) & (SHOP | {"demo", "tests"}), law)


@each(sources("demo"))
def test_the_demonstration_knows_the_sandbox_by_its_address_only(path):
    law = f"{named(path)} is the demonstration's: let it call the sandbox over HTTP, or start it as a process."

    keep(packages(path) & {"sandbox", "tests"}, law)


@each(sources())
def test_the_shop_does_not_name_the_demonstration(path):
    law = (
        f"{named(path)} looks up the demonstration by name: `demo.create_app` wraps the shop's, so change that instead."
    )

    keep([text for text in strings(path) if text.split(".")[0] == "demo"], law)


@each(sources())
def test_no_branch_asks_which_service_answers(path):
    allowed = {"config.py", "services/iamport/payments.py", "services/iamport/types.py"}
    """There `sandbox` is the protocol's own word, for a merchant's test channels."""
    words = [text for text in strings(path) if "sandbox" in text.lower() and named(path) not in allowed]

    keep(words, f"{named(path)} names the sandbox: the shop behaves the same against every service.")


@each([*sources(), *(path for path in sources("sandbox") if path.name != "pgs.py")])
def test_no_code_asks_for_a_pg_by_name(path):
    pgs = {"inicis", "html5_inicis", "jtnet", "chai", "paymentwall"}
    law = f"{named(path)} names a PG: what differs between PGs is data, in guides/*.toml and sandbox/facts/pgs.toml."

    keep(pgs & set(strings(path)), law)


@each(sources("tests/sandbox"))
def test_the_sandboxs_tests_know_no_shop(path):
    keep(packages(path) & (SHOP | {"demo"}), f"{named(path)} imports the shop: move what needs both to tests/contract.")


@each([*sources("tests/unit", "tests/views"), ROOT / "tests/conftest.py", ROOT / "tests/factories.py"])
def test_the_shops_tests_know_no_sandbox_and_no_demo(path):
    keep(packages(path) & {"sandbox"}, f"{named(path)} imports the sandbox: move what needs both to tests/contract.")
    demo = packages(path) & {"demo"} if named(path) != "tests/unit/test_demo.py" else set()
    keep(demo, f"{named(path)} imports demo/, which a shop deletes: move the test to tests/unit/test_demo.py.")


# The import graph -----------------------------------------------------------------------------------------

LAYERS_OF_THE_SHOP = (
    ("money", "clock", "errors", "texts", "columns"),
    ("states",),
    ("services.iamport",),
    ("models",),
    ("services",),
    ("config", "forms"),
    ("views",),
    ("rounds", "schema"),
    ("progress", "follow_up"),
    ("cli",),
    ("app",),
    ("demo",),
)

LAYERS_OF_THE_SANDBOX = (
    ("sandbox.wire", "sandbox.facts"),
    ("sandbox.config", "sandbox.addresses", "sandbox.pages"),
    ("sandbox.ledger",),
    ("sandbox.merchants",),
    ("sandbox.webhooks",),
    ("sandbox.rules",),
    ("sandbox.products",),
    ("sandbox.travel", "sandbox.runner"),
    ("sandbox.windows", "sandbox.api", "sandbox.openapi"),
    ("sandbox.wirelog",),
    ("sandbox.sdk", "sandbox.control"),
    ("sandbox.dashboard",),
    ("sandbox.reach",),
    ("sandbox.app",),
    ("sandbox.__main__",),
)
"""From the lowest up. A module imports its own package and lower layers, and no other package of its layer."""

LAYERS = (*LAYERS_OF_THE_SHOP, *LAYERS_OF_THE_SANDBOX)
OURS = [*sources(), *sources("sandbox", "demo")]


def place_of(path: Path) -> tuple[str, int] | None:
    """Return the entry of `LAYERS` that a file belongs to and the height of its layer, or None if it has no layer."""
    parts = path.relative_to(ROOT).with_suffix("").parts
    for length in range(len(parts), 0, -1):
        name = ".".join(parts[:length])
        for height, layer in enumerate(LAYERS):
            if name in layer:
                return name, height
    return None


@each([path for path in OURS if named(path) != "sandbox/__init__.py"])
def test_no_import_points_upwards(path):
    here = place_of(path)
    assert here, f"{named(path)} has no layer: move it to the package it belongs to, or give it a layer above."
    upward = [
        f"{named(target)} (line {imported.line})"
        for target, imported in targets_of(path).items()
        if (there := place_of(target)) is not None and there[0] != here[0] and there[1] >= here[1]
    ]

    law = f"{named(path)} may import its own package and lower layers. Move the caller up or what it calls down."
    keep(upward, law)


@pytest.mark.parametrize("folders", [[], ["sandbox"], ["demo"]], ids=["shop", "sandbox", "demo"])
def test_no_import_closes_a_circle(folders):
    """Imports inside functions and under `TYPE_CHECKING` count as well."""
    circle = circle_among(sources(*folders))

    law = "Modules import each other: move what both need to a module of its own, below them."
    assert circle == [], f"{law} Found: {' -> '.join(map(named, circle))}"


@each(OURS)
def test_imports_stand_at_the_top(path):
    late = [f"{imported.name} (line {imported.line})" for imported in imports_of(path) if imported.place == "bottom"]

    keep(late, f"{named(path)} imports below its code: move what both files need to a module of its own.")


@each(sources("sandbox"))
def test_the_sandbox_imports_itself_relatively(path):
    absolute = [i.name for i in imports_of(path) if i.dots == 0 and i.name.split(".")[0] == "sandbox"]

    keep(absolute, f"{named(path)}: write `from ..package import name`, so that the package works under another name.")


def test_the_models_stand_on_the_bottom():
    path = ROOT / "models.py"
    law = "models.py holds tables and events: queries, readings of the clock and commits belong in services/."

    keep(packages(path) & SHOP - BOTTOM - {"states"}, law)
    keep([name for name in imports(path) if name.startswith("flask.")], law)
    keep([call for call in attributes(path) if call.endswith((".commit", ".now", ".utcnow"))], law)


def test_the_states_know_no_table():
    law = "states.py holds words and moves: tables and rows are in models.py."

    keep(packages(ROOT / "states.py") & (SHOP | WEB | STORAGE) - {"errors"}, law)


@each([ROOT / "config.py", ROOT / "forms.py"])
def test_settings_and_forms_import_nothing_of_ours(path):
    keep(packages(path) & SHOP - {"texts"}, f"{named(path)} holds no query and no rule: views/ hand it what it needs.")


@each(sources("services/iamport"))
def test_the_client_imports_nothing_of_ours(path):
    ours = [name for name in imports(path) if name.split(".")[0] in SHOP and not name.startswith("services.iamport")]
    law = f"{named(path)} is made to be copied into another shop: it stands alone, without Flask and SQLAlchemy."

    keep([*ours, *(packages(path) & {"flask", "sqlalchemy"})], law)


# Each line in its package ---------------------------------------------------------------------------------

WEB = {"flask", "flask_babel", "flask_sqlalchemy", "werkzeug", "requests", "markupsafe", "jinja2"}
STORAGE = {"sqlalchemy", "flask_sqlalchemy"}

NEVER = {
    "wire": (WEB | STORAGE, set(), "reads what a shop sent: tables belong in ledger/, rules in rules/, HTTP in api/"),
    "facts": (WEB | STORAGE, set(), "is data about the outside world: merchants belong in merchants/, rows in ledger/"),
    "ledger": (
        WEB - {"flask_sqlalchemy"},
        {"flask.Flask", "flask.current_app"},
        "holds tables and transactions: HTTP belongs in api/ or control/",
    ),
    "merchants": (WEB, {"flask.current_app"}, "says who the shops are: HTTP belongs in api/ or control/"),
    "webhooks": (
        WEB - {"requests"},
        {"flask.Flask", "flask.current_app"},
        "delivers notices: pages belong in control/",
    ),
    "rules": (WEB, set(), "decides what the real service would: HTTP and HTML belong in api/ or windows/"),
    "products": (WEB, set(), "is what the service sells besides billing: HTTP and HTML belong in api/ or windows/"),
}
"""Package of the sandbox → what it never imports, the exceptions, what it holds, and where other code belongs."""


@each(sources(*(f"sandbox/{package}" for package in NEVER)))
def test_a_package_of_the_sandbox_holds_one_subject(path):
    package = path.relative_to(ROOT).parts[1]
    libraries, exceptions, subject = NEVER[package]
    found = [name for name in imports(path) if name.split(".")[0] in libraries and name not in exceptions]

    keep(found, f"{named(path)}: sandbox/{package} {subject}.")


DECIDED = {"Payment", "Schedule", "BillingKey", "Prepared", "PendingCancel"}
"""Rows that only a rule of the real service creates or changes."""


@each([path for path in sources("sandbox") if path.relative_to(ROOT).parts[1] not in ("ledger", "rules", "products")])
def test_only_rules_and_products_decide_about_payments(path):
    calls = [ast.unparse(node.func).split(".")[-1] for node in nodes_of(path) if isinstance(node, ast.Call)]
    decided = [call for call in calls if call in DECIDED or call.startswith("mark_")]

    keep(
        decided, f"{named(path)} creates or changes such a row: call a function in sandbox/rules/ or sandbox/products/."
    )


@each(sources("services"))
def test_services_are_handed_everything(path):
    web = {"request", "session", "g", "flash", "url_for", "render_template", "current_app", "abort", "redirect"}
    taken = [name for name in imports(path) if name.startswith("flask.") and name.rpartition(".")[2] in web]
    extensions = [name for name in imports(path) if name.startswith(("flask_login", "flask_wtf", "flask_babel"))]

    keep([*taken, *extensions], f"{named(path)} reads the request: let the view read it and pass the value.")


FITTINGS = {
    "diagram",
    "assets",
    "language",
    "templating",
    "limits",
    "highlight",
    "incoming",
    "buyer_form",
    "staff",
    "panes",
    "code_marks",
    "prose",
    "request_fields",
    "fragments",
    "private",
    "signed_in",
}
"""What several blueprints share, each under the name of its one subject."""


@each([path for path in sources("views") if path.name != "__init__.py"])
def test_a_module_of_views_is_a_blueprint_or_a_named_fitting(path):
    assigned = [ast.unparse(node) for node in tree_of(path).body if isinstance(node, ast.Assign)]
    is_blueprint = any(line.startswith(f"bp = Blueprint('{path.stem}', __name__") for line in assigned)

    advice = f"name its blueprint after the module (`bp = Blueprint('{path.stem}', __name__)`), or add it to FITTINGS"
    assert is_blueprint is not (path.stem in FITTINGS), f"{named(path)}: {advice}."


MEASURE_WAITS = {"services/iamport/client.py", "services/iamport/breaker.py", "services/iamport/deadline.py"}
"""They measure how long a call or a pause lasts, on a clock that tests replace."""


@each([path for path in sources("services") if named(path) not in MEASURE_WAITS])
def test_services_receive_the_time(path):
    clocks = {"clock.now", "clock.machine_now", "time.time", "time.monotonic", "datetime.now", "datetime.datetime.now"}

    keep(clocks & {*imports(path), *attributes(path)}, f"{named(path)} reads a clock: take the time as argument `now`.")


@each(sources())
def test_only_the_client_speaks_http(path):
    speakers = {"services/iamport/client.py", "services/iamport/transport.py", "services/iamport/deadline.py"}
    libraries = packages(path) & {"httpx", "urllib3", "aiohttp", "requests"}

    keep(libraries if named(path) not in speakers else (), f"{named(path)}: call services/iamport/client.py instead.")


@each(sources("views"))
def test_views_parse_call_and_answer(path):
    allowed = {"db.session.rollback"} if path.name == "errors.py" else set()
    """A failed request is rolled back in one place."""
    calls = {call for call in attributes(path) if call.startswith("db.session.")} - allowed
    libraries = [name for name in imports(path) if name.startswith(("sqlalchemy", "requests"))]

    keep([*calls, *libraries], f"{named(path)} is a view: move queries and transactions to a function in services/.")


@each(sources("views"))
def test_views_move_no_status(path):
    moves = (".mark_paid", ".mark_failed", ".mark_cancelled", ".mark_abandoned")
    moves += (".renew", ".mark_past_due", ".activate", ".revoke")

    law = f"{named(path)} changes a status: move this to a function in services/ and call that."
    keep([call for call in attributes(path) if call.endswith(moves)], law)


@each(sources("services", "views"))
def test_a_status_moves_only_by_the_method_named_for_the_event(path):
    moved = [
        ast.unparse(node)
        for node in nodes_of(path)
        if isinstance(node, ast.Assign)
        and any(re.fullmatch(r"(?!self\.).*\.status", ast.unparse(target)) for target in node.targets)
    ]

    keep(
        moved, f"{named(path)} assigns a status: call the method in models.py that is named for the event, or add one."
    )


def test_only_one_function_grants():
    callers = {named(path) for path in sources() if any(call.endswith(".mark_paid") for call in attributes(path))}

    assert callers == {"services/payments.py"}, f"{callers} mark orders as paid: call `services.payments.settle`."


READERS_OF_THE_ENVIRONMENT = {"app.py", "sandbox/config.py", "sandbox/__main__.py", "demo/__main__.py"}
"""Each passes the whole environment to a `Config.from_environ`, or to a process that it starts."""


@each(OURS)
def test_the_environment_is_read_in_one_place_per_application(path):
    reads = {"os.environ", "os.getenv", "os.environ.get"} & {*attributes(path), *imports(path)}

    law = (
        f"{named(path)} reads the environment: add a field to `Config` in config.py or sandbox/config.py and read that."
    )
    keep(reads if named(path) not in READERS_OF_THE_ENVIRONMENT else (), law)


@each(OURS)
def test_nothing_is_swallowed_whole(path):
    """Code may catch every error to clean up and raise it again, or to log the trace of one failed task among many."""
    handlers = [node for node in nodes_of(path) if isinstance(node, ast.ExceptHandler)]
    broad = [node for node in handlers if node.type is None or ast.unparse(node.type) in ("Exception", "BaseException")]
    ends = re.compile(r"raise$|.*log(?:ger)?\.exception\(")
    silent = [f"line {node.lineno}" for node in broad if not ends.match(ast.unparse(node.body[-1]))]

    keep(silent, f"{named(path)} hides errors: name the exception, or end with `raise` or `log.exception(…)`.")


@each([ROOT / "money.py", ROOT / "models.py", *sources("services")])
def test_money_is_never_a_float(path):
    on_the_wire = {"_number", "to_json"}
    """JSON knows no other number."""
    floats = {
        function.name
        for function in nodes_of(path)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "float"
    }

    keep(floats - on_the_wire, f"{named(path)} computes with floats: use `Decimal` or `money.Money`.")


# Templates and scripts ------------------------------------------------------------------------------------


class Inline(HTMLParser):
    """Collects the scripts and styles that a strict Content-Security-Policy blocks."""

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


def template(path: Path) -> str:
    """Return a template without its comments."""
    return re.sub(r"{#.*?#}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@each(TEMPLATES)
def test_no_template_carries_script_or_style(path):
    parser = Inline()

    parser.feed(template(path))

    keep(
        parser.found, f"{named(path)}: the Content-Security-Policy blocks these. Move them to static/js or static/css."
    )


@each(TEMPLATES)
def test_nothing_is_loaded_from_elsewhere(path):
    found = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"']?(?:https?:)?//[^\"'\s>]*", template(path))

    keep(found, f"{named(path)} loads from another host: put the file into static/.")


@each(TEMPLATES)
def test_every_imported_macro_is_used(path):
    text = template(path)
    statements = re.findall(r"{%-?\s*(?:from\s+\S+\s+)?import\s+(.+?)\s*(?:with(?:out)? context\s*)?-?%}", text)
    parts = (part.strip() for statement in statements for part in statement.split(","))
    names = [re.split(r"\s+as\s+", part)[-1].strip("\"'") for part in parts]
    body = re.sub(r"{%-?\s*(?:from\s+\S+\s+)?import\s.+?%}", "", text)

    keep(
        [name for name in names if not re.search(rf"\b{name}\b", body)],
        f"{named(path)}: drop the imports it does not use.",
    )


def test_every_event_of_the_journal_has_its_sentence_and_every_sentence_its_event():
    calls = (node for path in sources("services") for node in nodes_of(path) if isinstance(node, ast.Call))
    first_words = (call.args[0] for call in calls if ast.unparse(call.func).startswith("journal.record"))
    recorded = {word.value for word in first_words if isinstance(word, ast.Constant)}
    macro = (ROOT / "templates/macros/journal.html").read_text(encoding="utf-8")
    sentences = set(re.findall(r'event == "([^"]+)"', macro))
    source = next(node for node in nodes_of(ROOT / "services/checkout.py") if getattr(node, "name", "") == "Source")
    members = (node.value for node in ast.walk(source) if isinstance(node, ast.Assign))
    arrivals = {f"{ast.literal_eval(member)}.received" for member in members}

    keep((recorded | arrivals) - sentences, "These events have no sentence: add one to templates/macros/journal.html.")
    unused = sentences - arrivals - {text for path in sources("services") for text in strings(path)}
    keep(unused, "No service records these events: remove their sentences from templates/macros/journal.html.")


def script(path: Path) -> str:
    """Return a script without its comments."""
    return re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@each(sources("static/js", suffix=".js"))
def test_only_one_script_touches_the_payment_services_global(path):
    touches = re.search(r"\bIMP\b", script(path)) is not None

    assert touches is (named(path) == "static/js/payment-window.js"), f"{named(path)}: call payment-window.js instead."


@each(sources("static/js", "sandbox/static", "sandbox/sdk", suffix=".js"))
def test_scripts_write_text_and_never_markup(path):
    found = re.findall(r"\b(?:innerHTML|outerHTML|insertAdjacentHTML|eval|document\.write)\b", path.read_text("utf-8"))

    keep(found, f"{named(path)} writes markup: use `textContent`, or clone a <template> of the page.")


@each(sources("static/js", suffix=".js"))
def test_the_shops_scripts_know_no_template_and_no_sandbox(path):
    text = script(path)

    found = [word for word in ("{{", "{%", "sandbox") if word in text.lower()]
    keep(found, f"{named(path)}: let the template pass values in data attributes, and name no service.")


@each([path for path in sources("static/css", "sandbox/static/css", suffix=".css") if path.name != "tokens.css"])
def test_colours_live_in_tokens(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    found = re.findall(r"(?<![\w-])#[0-9a-fA-F]{3,8}\b(?=[^{]*;)|\b(?:rgba?|hsla?|oklch)\([\d.]", text)

    keep(found, f"{named(path)} spells out colours: name them in the tokens.css beside it and use `var(--…)`.")


# Names and sizes ------------------------------------------------------------------------------------------

FOLDERS = sorted(
    path.name for path in ROOT.iterdir() if path.is_dir() and path.name[0] != "." and path.name not in NOT_OURS
)
CODE = [
    path
    for path in [*sorted(ROOT.glob("*.py")), *sources(*FOLDERS, suffix="")]
    if path.suffix in (".py", ".js", ".css", ".html", ".toml")
]
PYTHON = [path for path in CODE if path.suffix == ".py"]
PRODUCT = [path for path in CODE if "tests" not in path.parts]

LINES = {".py": 300, ".js": 120, ".css": 200}
LINES_OF_A_FUNCTION = 40
LINES_OF_A_VIEW = 15

LONGER = {
    "models.py": 900,  # all tables of the shop in one file, as readers want them
    "sandbox/ledger/models.py": 900,  # the sandbox's likewise
    "sandbox/sdk/iamport.js": 400,  # one file, as merchants load it
}
"""Files that cannot fit, with the number of lines they may have."""


def test_no_file_is_a_drawer():
    drawers = {"utils", "util", "helpers", "helper", "common", "misc", "functions"}

    keep([named(path) for path in CODE if path.stem in drawers], "Name these files after their subject.")


@each([path for path in PRODUCT if path.suffix in LINES])
def test_a_file_can_be_read_in_one_sitting(path):
    lines = len(path.read_text(encoding="utf-8").splitlines())
    most = LONGER.get(named(path), LINES[path.suffix])

    assert lines <= most, f"{named(path)} has {lines} lines, {most} are allowed: move one subject to a file of its own."


def test_what_may_be_longer_is_longer():
    """A folder may be missing: the shop is complete without `sandbox/`."""
    paths = {name: ROOT / name for name in LONGER if (ROOT / name).parent.is_dir()}
    fits = [
        name
        for name, path in paths.items()
        if not path.is_file() or len(path.read_text(encoding="utf-8").splitlines()) <= LINES[path.suffix]
    ]

    keep(fits, "These files need no exception any more: remove them from LONGER.")


def functions(path: Path) -> list[ast.FunctionDef]:
    return [node for node in nodes_of(path) if isinstance(node, ast.FunctionDef)]


def length(node: ast.FunctionDef) -> int:
    """Return the number of lines from `def` to the end, without the docstring."""
    first = node.body[0]
    documented = (first.end_lineno or first.lineno) - first.lineno + 1 if ast.get_docstring(node) else 0
    return (node.end_lineno or node.lineno) - node.lineno + 1 - documented


@each([path for path in PRODUCT if path.suffix == ".py"])
def test_a_function_can_be_seen_at_once(path):
    long = [f"{node.name} ({length(node)})" for node in functions(path) if length(node) > LINES_OF_A_FUNCTION]

    keep(long, f"{named(path)}: at most {LINES_OF_A_FUNCTION} lines. Give a step a function with a name of its own.")


@each(sources("views", "sandbox", "demo"))
def test_a_view_reads_calls_and_answers(path):
    long = [f"{node.name} ({length(node)})" for node in views_of(path) if length(node) > LINES_OF_A_VIEW]

    advice = "Move a rule to services/ or sandbox/rules/, reading and showing to a function below."
    keep(long, f"{named(path)}: a view has at most {LINES_OF_A_VIEW} lines. {advice}")


# Prose ----------------------------------------------------------------------------------------------------


DOCUMENTED = 0.88
"""The share of public modules, classes, functions and methods of shop, sandbox and demo that have a docstring."""


@each([path for path in PYTHON if path.name != "__init__.py"])
def test_a_module_says_what_it_is(path):
    assert ast.get_docstring(tree_of(path)), f"{named(path)}: begin it with a docstring that says what the module does."


def test_public_names_say_what_they_do():
    missing, count = {}, 0
    for path in OURS:
        names = {"module": ast.get_docstring(tree_of(path)), **public(tree_of(path))}
        count += len(names)
        missing[path] = [name for name, docstring in names.items() if docstring is None]
    share = 1 - sum(map(len, missing.values())) / count
    most = sorted(missing, key=lambda path: len(missing[path]), reverse=True)[:12]

    lines = "".join(f"\n{named(path)}: {', '.join(missing[path])}" for path in most)
    law = (
        f"{share:.1%} of the public names have a docstring, {DOCUMENTED:.0%} are required. Most are missing in:{lines}"
    )
    assert share >= DOCUMENTED, law


@each(OURS)
def test_errors_stand_in_a_section(path):
    inline = [
        name
        for name, docstring in public(tree_of(path)).items()
        if re.search(r"\bRaises\b(?!:$)", docstring or "", re.M)
    ]

    law = f"{named(path)}: end the docstring with a section `Raises:`, with an indented `Name: when …` for each error."
    keep(inline, law)


@each(PYTHON)
def test_code_in_prose_has_single_backticks(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    doubled = [f"line {n}" for n, line in enumerate(lines, 1) if re.search("(?<!`)`{2}(?!`)", line)]

    keep(doubled, f"{named(path)}: write `name` between single backticks.")


@each(PYTHON)
def test_annotations_are_postponed_only_where_they_must_be(path):
    is_postponed = "__future__.annotations" in imports(path)

    law = "remove `from __future__ import annotations`: no annotation uses a name before it is defined"
    assert not is_postponed or postponed(path), f"{named(path)}: {law}."


@each([path for path in CODE if path.suffix in (".py", ".js", ".html", ".css") and path != Path(__file__)])
def test_nothing_is_left_for_later(path):
    found = re.findall(r"\b(?:TODO|FIXME|XXX)\b", path.read_text(encoding="utf-8"))

    keep(found, f"{named(path)}: do it now, or write an issue and remove the note.")


@each(sources("tests"))
def test_tests_neither_sleep_nor_are_skipped_nor_patched(path):
    calls = set(attributes(path))
    marks = [call for call in calls if call.startswith(("pytest.mark.skip", "pytest.mark.xfail"))]
    sleeps = {"time.sleep"} & {*calls, *imports(path)}
    patches = [name for name in imports(path) if name.startswith("unittest.mock")]

    keep([*marks, *sleeps, *patches], f"{named(path)}: wait for an event, repair the test, or pass in a fake.")
