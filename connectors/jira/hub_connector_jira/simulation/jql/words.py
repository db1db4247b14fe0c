"""How `~` finds words: in any order, by their stems, with wildcards and phrases in quotes."""

import re
from collections.abc import Iterable
from fnmatch import fnmatchcase

_WORD = re.compile(r"[^\W_]+(?:[.'_][^\W_]+)*", re.UNICODE)
_TERM = re.compile(r'(?P<sign>[+-]?)(?:"(?P<phrase>[^"]*)"|(?P<word>[^\s"]+))')
_ENDINGS = ("ing", "ed", "es", "s")
_SHORTEST_STEM = 3


class Wanted:
    """What a text must hold to match.

    Args:
        query: The right side of `~`.
    """

    def __init__(self, query: str) -> None:
        self._required: list[list[str]] = []
        self._forbidden: list[list[str]] = []
        alternatives = False
        for match in _TERM.finditer(query):
            text = match["phrase"] if match["phrase"] is not None else match["word"]
            if text in ("AND", "OR", "NOT", "&&", "||"):
                alternatives = alternatives or text in ("OR", "||")
                continue
            if words := _parts(text, wildcards=match["phrase"] is None):
                (self._forbidden if match["sign"] == "-" else self._required).append(words)
        self._some = any if alternatives else all

    @property
    def is_empty(self) -> bool:
        """Whether there is no word to look for."""
        return not self._required and not self._forbidden

    def is_in(self, texts: Iterable[str]) -> bool:
        """Whether the texts, taken together, match."""
        found = [[_stem(word) for word in words_of(text)] for text in texts]
        if any(_has(found, words) for words in self._forbidden):
            return False
        return self._some(_has(found, words) for words in self._required)


def words_of(text: str) -> list[str]:
    """The words of a text, in lower case; parts of compounds follow the whole."""
    found: list[str] = []
    for word in _WORD.findall(text.lower()):
        found.append(word)
        if len(parts := re.split(r"[._']", word)) > 1:
            found.extend(parts)
    return found


def _parts(text: str, *, wildcards: bool) -> list[str]:
    if wildcards and ("*" in text or "?" in text):
        return [text.lower().strip("+-!(){}[]^~:")]
    return [_stem(word) for word in _WORD.findall(text.lower())]


def _has(texts: list[list[str]], words: list[str]) -> bool:
    if len(words) == 1 and ("*" in words[0] or "?" in words[0]):
        return any(fnmatchcase(word, words[0]) for text in texts for word in text)
    length = len(words)
    return any(text[start : start + length] == words for text in texts for start in range(len(text) - length + 1))


def _stem(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word[: -len(ending)]
    return word
