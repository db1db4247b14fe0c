"""Rich text: what is a document, and how the forms of it say the same."""

from typing import Any

import pytest
from hub_connector_jira.simulation.bodies import Prose, document_of, html_of, is_document, text_of, wiki_of
from hypothesis import given
from hypothesis import strategies as st

PROSE = Prose(
    "A **bold** word, `code` and a [link](https://example.com).\n\n# Head\n\n- one\n- two\n\n"
    "1. first\n2. second\n\n```python\nx = 1\n\ny = 2\n```\n\n@[Tomás Rey|tomas.rey] look"
)
WIKI = """A *bold* word, {{code}} and a [link|https://example.com].

h1. Head

* one
* two

# first
# second

{code:python}
x = 1

y = 2
{code}

"""


def test_prose_is_a_document_that_jira_takes() -> None:
    document = document_of(PROSE)
    assert is_document(document)
    assert [node["type"] for node in document["content"]] == [
        "paragraph", "heading", "bulletList", "orderedList", "codeBlock", "paragraph",
    ]  # fmt: skip
    assert document["content"][4]["content"][0]["text"] == "x = 1\n\ny = 2"
    assert document["content"][5]["content"][0]["attrs"]["text"] == "@Tomás Rey"


def test_a_document_has_its_form_in_wiki_markup_and_html() -> None:
    assert wiki_of(PROSE).startswith(WIKI)
    assert wiki_of(document_of(PROSE)) == wiki_of(PROSE)
    html = html_of(PROSE)
    assert "<b>bold</b>" in html
    assert '<a href="https://example.com">link</a>' in html
    assert "<ul><li><p>one</p></li>" in html
    assert html_of(Prose("a < b")) == "<p>a &lt; b</p>"


def test_tables_quotes_and_breaks_have_wiki_markup() -> None:
    def cell(kind: str, text: str) -> dict[str, Any]:
        return {"type": kind, "content": [{"type": "paragraph", "content": [{"type": "text", "text": text}]}]}

    rows = [
        {"type": "tableRow", "content": [cell("tableHeader", "a"), cell("tableHeader", "b")]},
        {"type": "tableRow", "content": [cell("tableCell", "1"), cell("tableCell", "2")]},
    ]
    broken = [{"type": "text", "text": "x"}, {"type": "hardBreak"}, {"type": "text", "text": "y"}]
    document = {
        "type": "doc",
        "version": 1,
        "content": [
            {"type": "table", "content": rows},
            {"type": "blockquote", "content": [{"type": "paragraph", "content": broken}]},
        ],
    }
    assert is_document(document)
    assert wiki_of(document) == "||a||b||\n|1|2|\n\n{quote}\nx\ny\n{quote}"


@pytest.mark.parametrize(
    "value",
    [
        "text",
        None,
        [],
        {"type": "doc", "version": 1},
        {"type": "doc", "version": 2, "content": []},
        {"type": "paragraph", "content": []},
        {"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]},
        {"type": "doc", "version": 1, "content": [{"type": "nosuch"}]},
        {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text"}]}]},
        {
            "type": "doc",
            "version": 1,
            "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}],
        },
        {"type": "doc", "version": 1, "content": ["x"]},
        {
            "type": "doc",
            "version": 1,
            "content": [
                {"type": "paragraph", "content": [{"type": "text", "text": "x", "marks": [{"type": "bold"}]}]}
            ],
        },
    ],
)
def test_what_jira_takes_for_no_document(value: Any) -> None:
    assert not is_document(value)


@given(text=st.text(max_size=200))
def test_any_text_can_be_shown_in_all_forms(text: str) -> None:
    for body in (text, Prose(text)):
        wiki_of(body)
        html_of(body)
        text_of(body)
        assert document_of(body)["type"] == "doc"
