"""A question for many terms, asked in parts when its reply fills up."""

from collections.abc import Awaitable, Callable, Sequence


async def ask_in_parts(
    ask: Callable[[Sequence[str]], Awaitable[list[str]]], terms: Sequence[str], most_hits: int
) -> list[str]:
    """Return the payloads that hold any of the terms, each once, in no promised order.

    A reply of `most_hits` may have been cut: its terms are split and asked again. A single term that fills a reply
    was found to be hot when the index was built, and is not asked.
    """
    if not terms:
        return []
    hits = await ask(terms)
    if len(hits) < most_hits or len(terms) == 1:
        return hits
    middle = len(terms) // 2
    halves = [await ask_in_parts(ask, half, most_hits) for half in (terms[:middle], terms[middle:])]
    return list(dict.fromkeys(payload for half in halves for payload in half))
