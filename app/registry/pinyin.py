"""Names as a Chinese reader sounds them (拼音): whole syllables and their first letters.

The library turns a name into words, then each word into syllables. Names are made of few words
(绍兴, 印染, 有限公司), so what a word sounds like is kept; the answer is the library's own.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pypinyin.converter import UltimateConverter

_MOST_WORDS = 50_000


@lru_cache(maxsize=4096)
def pinyin_initials(name: str) -> str:
    """The first letters of the syllables: 绍兴华盛 → ``sxhs``; other characters stay."""
    return "".join(letter for word in _words(name) for letter in _sounds(word)[0]).lower()


@lru_cache(maxsize=4096)
def pinyin(name: str) -> str:
    """The syllables with a space between: 绍兴华盛 → ``shao xing hua sheng``."""
    return " ".join(syllable for word in _words(name) for syllable in _sounds(word)[1]).lower()


@lru_cache(maxsize=8)
def _words(name: str) -> tuple[str, ...]:
    from pypinyin.seg.simpleseg import seg  # its dictionary takes a while to load

    return tuple(seg(name))


@lru_cache(maxsize=_MOST_WORDS)
def _sounds(word: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """First letters and syllables of one word, as ``lazy_pinyin`` makes them of each."""
    from pypinyin import Style

    letters, syllables = (
        tuple(
            sound[0]
            for sound in _converter().convert(
                word, style, heteronym=False, errors="default", strict=True
            )
        )
        for style in (Style.FIRST_LETTER, Style.NORMAL)
    )
    return letters, syllables


@cache
def _converter() -> UltimateConverter:
    from pypinyin.converter import UltimateConverter

    return UltimateConverter()
