"""Markdown to the wiki markup of Data Center, by way of a document."""

import pytest
from hub_connector_jira.documents.from_markdown import Mentioned, from_markdown
from hub_connector_jira.documents.nodes import document, node, text
from hub_connector_jira.documents.to_wiki import escaped, to_wiki
from hypothesis import given
from hypothesis import strategies as st

MAYA = {"Maya": Mentioned("maya.lindqvist", "Maya Lindqvist")}


@pytest.mark.parametrize(
    ("markdown", "wiki"),
    [
        ("# Title *x*", "h1. Title _x_"),
        ("**a** *b* ~~c~~ `d` ***e***", "*a* _b_ -c- {{d}} _*e*_"),
        ("a  \nb", "a\nb"),
        ("[x](http://a/b) http://a/c", "[x|http://a/b] http://a/c"),
        ("[x](<http://a/b|c d]>)", "[x|http://a/b%7Cc%20d%5D]"),
        ("@[Maya] @[Nobody]", "[~maya.lindqvist] @\\[Nobody]"),
        ("- a\n  - b\n    1. c\n- d", "* a\n** b\n**# c\n* d"),
        ("1. a\n\n   b\n\n   ```sh\n   c\n   ```", "# a\nb\n{code:sh}\nc\n{code}"),
        ("- [ ] a\n  - [x] b\n- [x] c", "* ( ) a\n** (/) b\n* (/) c"),
        ("> a\n>\n> - b", "{quote}\na\n\n* b\n{quote}"),
        ("---", "----"),
        ("```\na {b}\n```", "{code}\na {b}\n{code}"),
        ("```\n{code}\n```", "{code}\n{\u200bcode}\n{code}"),
        ("| a | b |\n|---|---|\n| 1 \\| 2 | |", "||a||b||\n|1 \\| 2| |"),
        ("use {noformat} and [x] or a|b", "use \\{noformat} and \\[x] or a\\|b"),
        (
            "\\*not bold\\* snake_case 2 - 1 -x- ~y~ !z! ??c??",
            "\\*not bold\\* snake_case 2 - 1 \\-x\\- \\~y\\~ \\!z! \\??c\\??",
        ),
        ("(x) :) a\\\\b", "\\(x) \\:) a&#92;b"),
        ("`a{b}\\`", "{{a&#123;b&#125;&#92;}}"),
        ("\\* no list", "\\* no list"),
        ("h1\\. no heading", "\\h1. no heading"),
        ("- ", "*"),
    ],
)
def test_markdown_becomes_wiki_markup(markdown: str, wiki: str) -> None:
    assert to_wiki(from_markdown(markdown, MAYA)) == wiki


def test_what_has_no_notation_of_its_own_shows_what_is_in_it() -> None:
    panel = node("panel", [node("paragraph", [text("a"), node("emoji", shortName=":x:")])])
    assert to_wiki(document([panel, node("table", [node("tableRow", [])])])) == "a"


@given(st.text(alphabet="ab *_-+^~{}[]|!?\\#()x/:", max_size=20))
def test_no_text_opens_a_macro_a_link_or_a_cell(value: str) -> None:
    written = escaped(value)
    for sign in "{[|":
        at = -1
        while (at := written.find(sign, at + 1)) >= 0:
            assert written[at - 1] == "\\"
    assert "\\\\" not in written
