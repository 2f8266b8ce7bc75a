"""Names are sounded word by word, and come out as the library sounds them whole."""

from __future__ import annotations

import pytest
from pypinyin import Style, lazy_pinyin

from app.registry.pinyin import pinyin, pinyin_initials


@pytest.mark.parametrize(
    "name",
    [
        "",
        "绍兴重庆长沙银行大厦有限公司",
        "长兴行长（绍兴）ABC-12 号",
        "嗯〇龘𠀀女绿",
        "乐清音乐厂 朝阳朝霞",
        "Ｆｕｌｌ　全角",
    ],
)
def test_a_name_sounds_as_the_library_says(name: str) -> None:
    assert pinyin(name) == " ".join(lazy_pinyin(name)).lower()
    assert pinyin_initials(name) == "".join(lazy_pinyin(name, style=Style.FIRST_LETTER)).lower()


def test_a_character_sounds_by_the_word_it_stands_in() -> None:
    assert pinyin("重庆重型") == "chong qing zhong xing"
    assert pinyin_initials("重庆重型") == "cqzx"
