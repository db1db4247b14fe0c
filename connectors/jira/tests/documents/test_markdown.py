"""Markdown to documents and back."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from hub_connector_jira.documents.from_markdown import Mentioned, from_markdown, mentions
from hub_connector_jira.documents.nodes import document, node, text
from hub_connector_jira.documents.to_markdown import to_markdown
from hypothesis import given, settings
from hypothesis import strategies as st

Problems = Callable[[Any], list[str]]
MAYA = {
    "maya@shop.example": Mentioned("5b10", "Maya Lindqvist"),
    "Maya Lindqvist": Mentioned("5b10", "Maya Lindqvist"),
}

WHOLE = """\
# Title *x*

Checkout answers **500** for `tax_region`, see https://runbooks.shop.example/checkout/error-rate. \
@[Maya Lindqvist] ~~no~~ a\\
b and [the *log*](https://logs.example/a_(b)).

1. one
   - nested `a`
   - another
2. two

   with a paragraph

   ```python
   x = 1

   y = 2
   ```

- [ ] to do **x**
  - [x] nested and done
- [x] done

> quoted
>
> - item

| a | b |
|---|---|
| 1 \\| 2 | **x**<br>y |

---

```
code
```"""


def test_what_agents_write_comes_back_as_it_was(shape_problems: Problems) -> None:
    made = from_markdown(WHOLE, MAYA)
    assert shape_problems(made) == []
    assert to_markdown(made) == WHOLE.replace("](https://logs.example/a_(b))", "](<https://logs.example/a_(b)>)")
    assert from_markdown(to_markdown(made), MAYA) == made


def paragraphs(*content: Any) -> Any:
    return document([node("paragraph", content)])


STRONG, EM, CODE = {"type": "strong"}, {"type": "em"}, {"type": "code"}


@pytest.mark.parametrize(
    ("markdown", "content"),
    [
        ("a\nb", [text("a b")]),
        ("a  \nb", [text("a"), node("hardBreak"), text("b")]),
        ("***x***", [text("x", (EM, STRONG))]),
        ("**`x`**", [text("x", (CODE,))]),
        ("[`x`](http://a)", [text("x", (CODE, {"type": "link", "attrs": {"href": "http://a"}}))]),
        ("![chart](http://a/b.png)", [text("chart", ({"type": "link", "attrs": {"href": "http://a/b.png"}},))]),
        ("![](http://a/b.png)", [text("http://a/b.png", ({"type": "link", "attrs": {"href": "http://a/b.png"}},))]),
        ("<http://a/b*c>", [text("http://a/b*c", ({"type": "link", "attrs": {"href": "http://a/b*c"}},))]),
        (
            "(http://a/b).",
            [text("("), text("http://a/b", ({"type": "link", "attrs": {"href": "http://a/b"}},)), text(").")],
        ),
        ("<b>x</b>", [text("<b>x</b>")]),
        ("tax_region and \\*x\\*", [text("tax_region and *x*")]),
        ("mail a@b.c, x@[y]", [text("mail a@b.c, x@[y]")]),
    ],
)
def test_inline(markdown: str, content: list[Any], shape_problems: Problems) -> None:
    made = from_markdown(markdown)
    assert made == paragraphs(*content)
    assert shape_problems(made) == []


@pytest.mark.parametrize(
    ("markdown", "kinds"),
    [
        ("- # heading", ["paragraph"]),
        ("- > quoted\n- \n", ["paragraph"]),
        ("- - nested", ["paragraph", "bulletList"]),
        ("- a\n\n  ---", ["paragraph"]),
        ("- a\n\n  | x | y |\n  |---|---|\n  | 1 | |", ["paragraph", "paragraph", "paragraph"]),
        ("- [ ] task\n\n  with more", ["paragraph", "paragraph"]),
    ],
)
def test_what_a_list_item_cannot_hold_becomes_paragraphs(
    markdown: str, kinds: list[str], shape_problems: Problems
) -> None:
    made = from_markdown(markdown)
    assert shape_problems(made) == []
    assert made["content"][0]["type"] == "bulletList"
    assert [block["type"] for block in made["content"][0]["content"][0]["content"]] == kinds


def test_mentions_are_found_outside_of_code() -> None:
    markdown = "@maya@shop.example `@[not me]` **@[Tomás Rey]** @[Tomás Rey]\n\n    @[nor me]\n\n@nobody x@a.b"
    assert mentions(markdown) == ["maya@shop.example", "Tomás Rey"]
    made = from_markdown(markdown, MAYA)["content"][0]["content"]
    assert made[0] == {"type": "mention", "attrs": {"id": "5b10", "text": "@Maya Lindqvist"}}
    assert "@[Tomás Rey]" in to_markdown(from_markdown(markdown, MAYA))


@settings(max_examples=300)
@given(
    markdown=st.lists(
        st.sampled_from(
            [
                "- ",
                "  ",
                "1. ",
                "> ",
                "# ",
                "```",
                "\n",
                "\n\n",
                "| ",
                "|---|",
                "---",
                "[ ] ",
                "[x] ",
                "**",
                "*",
                "_",
                "~~",
                "`",
                "a",
                " b ",
                "[t](u)",
                "![i](u)",
                "<br>",
                "@[N]",
                "\\",
                "http://x/y",
                "<",
                ">",
                "&amp;",
                "\t",
            ]
        ),
        max_size=40,
    ).map("".join)
)
def test_any_markdown_becomes_a_document_that_jira_takes(markdown: str, shape_problems: Problems) -> None:
    made = from_markdown(markdown)
    assert shape_problems(made) == []
    again = from_markdown(to_markdown(made))
    assert shape_problems(again) == []


WORD = st.text(alphabet="abcXYZ0189_*~`#+-.!?()[]{}<>&;:|\\/\"'=éß漢🙂", min_size=1, max_size=8).filter(
    # Mentions and addresses come back as what they are.
    lambda word: "://" not in word and "@" not in word and "<br" not in word
)
WORDS = st.lists(WORD, min_size=1, max_size=4).map(" ".join)
# The edges of what is marked are plain: signs hold only where they touch a letter or a gap.
EDGED = st.text(alphabet="abc XYZ", min_size=1, max_size=9).filter(lambda words: words.strip() == words != "")
MARKED = st.lists(st.sampled_from(["strong", "em", "strike"]), min_size=1, max_size=3, unique=True).map(
    lambda marks: [{"type": mark} for mark in sorted(marks)]
)
CODED = st.text(alphabet="ab `*_\\|<", min_size=1, max_size=8).filter(
    lambda code: code.strip() != "" and "|" not in code
)


def run(plain: str, rest: list[tuple[str, Any, str]]) -> list[Any]:
    """A text with marked parts in it, a gap on both sides of each."""
    found = [text(f"{plain} ")] if rest else [text(plain)]
    for index, (value, marks, after) in enumerate(rest):
        last = index == len(rest) - 1
        found += [text(value, marks), text(f" {after}" if last else f" {after} ")]
    return found


INLINE = st.builds(
    run,
    WORDS,
    st.lists(
        st.one_of(
            st.tuples(EDGED, MARKED, WORDS),
            st.tuples(CODED, st.just([{"type": "code"}]), WORDS),
            st.tuples(EDGED, st.just([{"type": "link", "attrs": {"href": "https://a.b/c_d?e=f"}}]), WORDS),
        ),
        max_size=3,
    ),
)
PARAGRAPH = INLINE.map(lambda content: node("paragraph", content))


def heading(level: int, words: str) -> Any:
    return node("heading", [text(words)], level=level)


def code_block(lines: list[str], language: str) -> Any:
    attrs = {"language": language} if language else {}
    return node("codeBlock", [text("\n".join(lines))], **attrs)


HEADING = st.builds(heading, st.integers(1, 6), EDGED)
CODE_BLOCK = st.builds(
    code_block,
    st.lists(st.text(alphabet="ab `~#->", min_size=1, max_size=9), min_size=1, max_size=4),
    st.sampled_from(["", "python", "sh"]),
)


def list_item(first: Any, rest: list[Any]) -> Any:
    return node("listItem", [first, *rest])


def ordered_list(found: list[Any], order: int) -> Any:
    return node("orderedList", found, order=order)


def lists_of(blocks: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    items = st.lists(st.builds(list_item, PARAGRAPH, st.lists(blocks, max_size=2)), min_size=1, max_size=3)
    return st.one_of(
        items.map(lambda found: node("bulletList", found)),
        st.builds(ordered_list, items, st.integers(0, 12)),
    )


IN_ITEMS = st.recursive(st.one_of(PARAGRAPH, CODE_BLOCK), lists_of, max_leaves=4)
QUOTE = st.lists(st.one_of(PARAGRAPH, CODE_BLOCK, lists_of(PARAGRAPH)), min_size=1, max_size=3).map(
    lambda content: node("blockquote", content)
)
DOCUMENT = st.lists(
    st.one_of(PARAGRAPH, HEADING, CODE_BLOCK, lists_of(IN_ITEMS), QUOTE, st.just(node("rule"))),
    min_size=1,
    max_size=5,
).map(document)


@settings(max_examples=400, deadline=None)
@given(made=DOCUMENT)
def test_documents_come_back_as_they_were(made: Any, shape_problems: Problems) -> None:
    assert shape_problems(made) == []
    assert from_markdown(to_markdown(made)) == made


CELLS = st.lists(EDGED | st.just("a|b") | st.just(""), min_size=2, max_size=2)


@given(st.lists(CELLS, min_size=1, max_size=4))
def test_tables_come_back_as_they_were(rows: list[list[str]]) -> None:
    def cell(kind: str, value: str) -> Any:
        return node(kind, [node("paragraph", [text(value)] if value else [])])

    head, *body = rows
    made = document(
        [
            node(
                "table",
                [
                    node("tableRow", [cell("tableHeader", value) for value in head]),
                    *(node("tableRow", [cell("tableCell", value) for value in row]) for row in body),
                ],
            )
        ]
    )
    assert from_markdown(to_markdown(made)) == made


TASKS = st.recursive(
    st.lists(st.tuples(EDGED, st.booleans()), min_size=1, max_size=3),
    lambda inner: st.tuples(st.lists(st.tuples(EDGED, st.booleans()), min_size=1, max_size=2), inner).map(
        lambda both: [*both[0], both[1]]
    ),
    max_leaves=3,
)


@given(TASKS)
def test_task_lists_come_back_as_they_were(tasks: list[Any]) -> None:
    def lines(found: list[Any], indent: str) -> list[str]:
        return [
            line
            for one in found
            for line in (
                lines(cast("list[Any]", one), indent + "  ")
                if isinstance(one, list)
                else [f"{indent}- [{'x' if one[1] else ' '}] {one[0]}"]
            )
        ]

    markdown = "\n".join(lines(tasks, ""))
    made = from_markdown(markdown)
    assert made["content"][0]["type"] == "taskList"
    assert to_markdown(made) == markdown


def marked(value: str, *marks: str) -> Any:
    return text(value, [{"type": mark} for mark in marks])


@pytest.mark.parametrize(
    ("block", "markdown"),
    [
        (node("panel", [node("paragraph", [text("a")])], panelType="warning"), "> **Warning:**\n>\n> a"),
        (node("expand", [node("paragraph", [text("a")])], title="More"), "**More**\n\na"),
        (node("nestedExpand", [node("paragraph", [text("a")])]), "a"),
        (node("mediaSingle", [node("media", id="1", alt="a_b.png")]), "[attachment: a_b.png]"),
        (node("mediaGroup", [node("media", type="external", url="http://a/b")]), "![image](http://a/b)"),
        (node("decisionList", [node("decisionItem", [text("do it")])]), "- do it"),
        (node("blockCard", url="http://a/b"), "http://a/b"),
        (node("extension", extensionKey="chart"), "[chart]"),
        (node("layoutSection", [node("layoutColumn", [node("paragraph", [text("a")])])]), "a"),
        (node("paragraph", [node("emoji", shortName=":x:"), node("status", text="DONE")]), ":x:[DONE]"),
        (node("paragraph", [node("date", timestamp="1799884800000"), node("date", timestamp="x")]), "2027-01-14"),
        (node("paragraph", [node("inlineCard", url="http://a/b"), node("placeholder", text="p")]), "http://a/b"),
        (node("paragraph", [node("inlineCard")]), "<>"),
        (node("paragraph", [node("mediaInline", id="7")]), "[attachment: 7]"),
        (node("paragraph", [node("mention", id="7")]), "@[7]"),
        (node("paragraph", [node("inlineExtension", extensionKey="key")]), "[key]"),
        (node("paragraph", [marked("a ", "strong"), marked(" ", "em"), text("b")]), "**a**  b"),
        (node("paragraph", [marked("x", "underline")]), "x"),
        (
            node("table", [node("tableRow", [node("tableCell", [node("paragraph", [text("a")])])])]),
            "|  |\n|---|\n| a |",
        ),
        (node("table", []), ""),
        (node("bulletList", [node("listItem", [node("paragraph", [text("[ ] a")])])]), "- \\[ ] a"),
        (node("heading", [text("a"), node("hardBreak"), text("b")], level=2), "## a b"),
    ],
)
def test_what_others_wrote_is_readable(block: Any, markdown: str) -> None:
    assert to_markdown(document([block])) == markdown


def test_a_node_alone_is_readable_too() -> None:
    assert to_markdown(node("paragraph", [text("a")])) == "a"
    assert to_markdown(document([{"type": "table", "content": [{"type": "tableRow"}]}])) == ""
    assert to_markdown(document([{"type": "paragraph", "content": ["odd"]}])) == ""


def test_lists_that_follow_one_another_stay_two() -> None:
    one = node("listItem", [node("paragraph", [text("a")])])
    made = document([node("bulletList", [one]), node("bulletList", [one]), node("orderedList", [one], order=1)])
    assert to_markdown(made) == "- a\n\n* a\n\n1. a"
    assert from_markdown(to_markdown(made)) == made


def test_code_that_begins_like_markdown_comes_back() -> None:
    assert to_markdown(from_markdown("    indented code")) == "```\nindented code\n```"
    assert to_markdown(from_markdown("```\n```")) == "```\n```"
