"""Text from outside made safe to show to a model, and its size in tokens."""

import re

# Characters that no reader sees and a model still reads, besides the two joiners and the emoji selectors, which
# have honest uses: soft hyphen, grapheme joiner, bidi controls, fillers, Mongolian and other variation
# selectors, zero-width and invisible operators, surrogates, annotation marks, shorthand and musical format
# controls, and plane 14 with the tag characters. From Default_Ignorable_Code_Point and Bidi_Control (UAX #44).
_INVISIBLE = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    "\ud800-\udfff\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff"
)
_CONTROL = "\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f"
_LINE_END = "\x0b\x0c\r\x85\u2028\u2029"
_JOINER = "\u200c\u200d"
_EMOJI_SELECTOR = "\ufe0e\ufe0f"
# What a joiner may stand between: scripts and symbols that join, so neither ASCII nor Latin.
_JOINABLE = f"[^\x00-\u02ff\u2028\u2029{_JOINER}{_EMOJI_SELECTOR}{_INVISIBLE}]"

_SUSPECT = re.compile(f"[{_CONTROL}{_LINE_END}{_JOINER}{_EMOJI_SELECTOR}{_INVISIBLE}]")
_LINE_ENDS = re.compile(f"\r\n|[{_LINE_END}]")
_REMOVED = re.compile(
    # Terminal sequences (ECMA-48 section 5.4, and 8.3 for strings such as hyperlinks and window titles).
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\n]*(?:\x07|\x1b\\)|[ -/]*[0-~])"
    f"|[{_CONTROL}{_INVISIBLE}]+"
    f"|(?<!{_JOINABLE})(?<!{_JOINABLE}\ufe0f)[{_JOINER}]|[{_JOINER}](?!{_JOINABLE})"
    f"|(?<![0-9#*])(?<!{_JOINABLE})[{_EMOJI_SELECTOR}]"
)

# Bytes that, in UTF-8, begin none of the characters above.
_INNOCENT = bytes(
    (
        *b"\t\n",
        *range(0x20, 0x7F),
        *range(0x80, 0xC0),
        *(lead for lead in range(0xC3, 0xF5) if lead not in (0xCD, 0xD8, 0xE1, 0xE2, 0xE3, 0xEF, 0xF0, 0xF3)),
    )
)

_DIGITS = b"0123456789"
_UPPER = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LOWER = b"abcdefghijklmnopqrstuvwxyz"
_SPACE = b" \t\n"
_HIGH = bytes(range(0x80, 0x100))
MIN_TOKENS_PER_CHARACTER = 0.15
MAX_TOKENS_PER_BYTE = 0.9


def clean_text(text: str) -> str:
    """Take out what a reader cannot see: control characters, terminal sequences, bidi and invisible characters.

    Tabs stay, every kind of line end becomes a newline, lone surrogates vanish. A joiner stays only between two
    characters of scripts that join or between emoji, and an emoji selector only after what it selects, so that
    Persian and family emoji survive and runs of them carry no hidden message. Cleaning twice changes nothing.
    """
    try:
        if not text.encode().translate(None, _INNOCENT):
            return text
    except UnicodeEncodeError:  # a lone surrogate
        pass
    if not _SUSPECT.search(text):
        return text
    return _REMOVED.sub("", _LINE_ENDS.sub("\n", text))


def estimate_tokens(text: str) -> float:
    """Tokens of a text, estimated on the high side from the kinds of its characters.

    Held against o200k, it gives 0.93 to 1.4 times the true count for tables, logs, stack traces, source code,
    Markdown and prose; up to 1.7 times for compact JSON, 1.9 times for columns of decimals and for Cyrillic, 2.3
    times for capitals; and no less than 0.7 times for base64, emoji and runs of punctuation. Adding text never
    lowers it.
    """
    data = text.encode(errors="replace")
    size = len(data)
    digits = size - len(data.translate(None, _DIGITS))
    upper = size - len(data.translate(None, _UPPER))
    lower = size - len(data.translate(None, _LOWER))
    space = size - len(data.translate(None, _SPACE))
    high = 0 if text.isascii() else size - len(data.translate(None, _HIGH))
    marks = size - digits - upper - lower - space - high
    return 0.9 * digits + 0.6 * upper + 0.2 * lower + MIN_TOKENS_PER_CHARACTER * space + 0.25 * high + 0.55 * marks


def fits(text: str, max_tokens: float) -> bool:
    """Whether the text is at most so long; looks closer only where its length alone does not tell."""
    if len(text) * MIN_TOKENS_PER_CHARACTER > max_tokens:
        return False
    if len(text.encode(errors="replace")) * MAX_TOKENS_PER_BYTE <= max_tokens:
        return True
    return estimate_tokens(text) <= max_tokens
