"""The page checker itself finds what it is there to find."""

from __future__ import annotations

import pytest

from tests.pagecheck import problems_of

PAGE = """<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>台账</title></head>
<body><main><h1>台账</h1>{}</main></body></html>"""


@pytest.mark.parametrize(
    "good",
    [
        '<label for="q">查找</label><input id="q" name="q">',
        '<label>查找 <input name="q"></label>',
        '<input type="hidden" name="a"><input type="text" name="b" aria-label="查找">',
        '<button type="submit">确定</button><a href="/" aria-label="首页"></a>',
        '<p id="a"></p><button aria-describedby="a">说明</button>',
    ],
)
def test_a_good_page_passes(good: str) -> None:
    assert problems_of(PAGE.format(good)) == []


@pytest.mark.parametrize(
    "bad",
    [
        '<input name="q">',
        '<p id="a"></p><p id="a"></p>',
        '<p style="color:red">字</p>',
        '<button onclick="go()">去</button>',
        '<button hx-on:click="go()">去</button>',
        "<script>go()</script>",
        "<style>p {}</style>",
        '<script src="https://example.org/a.js"></script>',
        "<h1>又一个标题</h1>",
        '<label for="nothing">查找</label>',
        '<a href="/"></a>',
        '<img src="a.png">',
        "<p><div></div></p>",
        "<table><p>字</p></table>",
        "<p>没有结束<span></p>",
    ],
)
def test_a_fault_is_found(bad: str) -> None:
    assert len(problems_of(PAGE.format(bad))) >= 1


def test_a_page_needs_language_title_heading_and_main() -> None:
    assert len(problems_of("<!doctype html><html><body></body></html>")) == 4


@pytest.mark.parametrize(
    "fragment", ["<tr><td>1</td></tr>", "<tbody><tr><td>1</td></tr></tbody>", "<p>字</p>", "字"]
)
def test_a_fragment_is_checked_in_its_place(fragment: str) -> None:
    assert problems_of(fragment) == []


def test_a_fragment_holds_no_script_either() -> None:
    assert problems_of("<tr><td onclick='x()'>1</td></tr>") == ["inline onclick on <td>"]
