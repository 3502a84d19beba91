"""The box *Run it here* of a guide: in a demonstration it holds the sandbox's keys, and runs as printed."""

import html
import re
import shlex


def test_each_line_of_the_box_is_one_command(visitor):
    page = visitor.get("/guides/inicis?lang=en").text

    found = re.search(r'<code id="run-here">(.*?)</code>', page, re.S)

    assert found
    lines = [shlex.split(line) for line in html.unescape(found[1]).splitlines()]
    exports = [words for words in lines if words[0] == "export"]
    assert [words[0] for words in lines if words not in exports] == ["python3", ".venv/bin/pip", ".venv/bin/flask"]
    settings = dict(word.split("=", 1) for words in exports for word in words[1:] if "=" in word)
    assert settings.keys() >= {"IMP_KEY", "IMP_SECRET", "IMP_API_URL", "SECRET_KEY", "PUBLIC_URL", "TEST_PAYMENTS"}
    assert settings["IMP_SECRET"] == "sandbox_secret"
