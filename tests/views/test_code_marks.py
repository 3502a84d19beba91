"""Marked lines of code: a reader gets the code without marks, and each marked line names its field."""

import re
from html import unescape

from views import code_marks
from views.highlight import highlight

SNIPPET = f"""request = {{
  "amount": 1004,{code_marks.mark("amount")}
  "name": "<상자>",{code_marks.mark("name")}
}}
"""


def test_the_marks_are_taken_out_of_the_code():
    code, fields = code_marks.take(SNIPPET)

    assert "\x02" not in code
    assert fields == {1: "amount", 2: "name"}


def test_a_marked_line_names_its_field_and_keeps_its_text():
    code, fields = code_marks.take(SNIPPET)

    markup = code_marks.wrap(highlight(code, "python"), fields)

    assert unescape(re.sub("<[^>]+>", "", markup)) == code
    assert re.findall(r'<span class="line" data-field="(\w+)">', markup) == ["amount", "name"]
