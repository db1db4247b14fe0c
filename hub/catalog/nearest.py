"""Names close to a mistyped one."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Up to `count` known names that resemble the given one, best first.

    A name that contains the given one, or whose words are the given ones in another order, counts as close.
    """
    known = list(known)
    wanted = set(name.lower().split("_"))
    close = get_close_matches(name.lower(), known, n=count, cutoff=0.72)
    close += [item for item in known if wanted <= set(item.split("_")) or (len(name) > 3 and name.lower() in item)]
    return list(dict.fromkeys(close))[:count]
