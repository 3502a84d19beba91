"""The official schema, which we may not copy into the repository: the tests read it beside the checkout."""

import json
from pathlib import Path
from typing import Any

import pytest

SCHEMA = Path(__file__).parents[3].parent / "shared" / "data" / "portone-v1.openapi.json"


@pytest.fixture(scope="session")
def official() -> dict[str, Any]:
    if not SCHEMA.exists():
        pytest.skip("the official schema is not beside the checkout")
    return json.loads(SCHEMA.read_text(encoding="utf-8"))
