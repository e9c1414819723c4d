"""The report, on made-up figures: all is there, nothing is fetched, nothing breaks when there is nothing to show."""

import re
from collections.abc import Iterable
from dataclasses import replace
from html.parser import HTMLParser

import pytest

from evaluation.figures import (
    OUTCOMES,
    FamilyRecall,
    Figures,
    Goal,
    Histogram,
    Rate,
    ReliabilityBin,
    Row,
    ThresholdPoint,
    rate,
)
from evaluation.report import render


def row(group: str, questions: int = 1000, registered: int = 1000, **outcomes: int) -> Row:
    missed = registered - outcomes.get("right", 0)
    among = rate(registered - missed // 2, registered)
    return Row(
        group,
        questions,
        registered,
        dict.fromkeys(OUTCOMES, 0) | outcomes,
        rate(outcomes.get("wrong", 0), questions),
        rate(missed, registered),
        among,
    )


def figures(title: str = "Traits only") -> Figures:
    registered = row("registered", 2000, 2000, right=1700, wrong=2, ambiguous=198, too_distant=100)
    absent = row("absent", 500, 0, wrong=1, not_found=499)
    return Figures(
        title=title,
        register="an invented register",
        identities=20_000,
        engine="embedded",
        model="made-up-1",
        seed=11,
        questions=2500,
        a_second=812.4,
        mix={"absent": 0.2, "as_registered": 0.8},
        total=row("total", 2500, 2000, right=1700, wrong=3, ambiguous=198, too_distant=100, not_found=499),
        registered=registered,
        absent=absent,
        by_class=(
            row("as_registered", right=990, wrong=0, ambiguous=10),
            row("two_errors", right=710, wrong=2, too_distant=288),
            row("absent_twin", 500, 0, wrong=1, not_found=499),
        ),
        by_origin=(row("france", right=990, insufficient=10),),
        by_age=(row("18 to 39", right=990, not_found=10),),
        baseline=row("exact equality", right=400, wrong=7, not_found=593),
        thresholds=tuple(
            ThresholdPoint(threshold, 1 - false, 0.9 - threshold / 10, false)
            for threshold, false in ((0.5, 0.01), (0.99, 0.0004), (0.9999, 0.0), (1.0, 0.0))
        ),
        reliability=(
            ReliabilityBin(0.0, 0.5, 0.02, rate(0, 40)),
            ReliabilityBin(0.5, 0.99, 0.8, rate(81, 100)),
            ReliabilityBin(0.99, 1.0, 0.9995, rate(1700, 1700)),
        ),
        calibration_error=0.0034,
        margins_right=Histogram((0.0, 5.0, 10.0, 40.0), (3, 90, 1600)),
        margins_wrong=Histogram((0.0, 5.0, 10.0, 40.0), (12, 1, 0)),
        candidates=Histogram((0, 1, 5, 50, float("inf")), (7, 2000, 480, 13)),
        candidates_quantiles={"median": 2, "p99": 61},
        paths={"keys": 2400, "wide": 100},
        families=(FamilyRecall("name_date", "tight", 1900, 1700, 31, 2.25, 1.4, 9),),
        goals=(
            Goal("wrong identities", 1e-2, 1e-5, 3 / 2500, 0.0035),
            Goal("true person among the candidates", 0.98, 0.995, 0.9951, 0.997, at_least=True),
            Goal("missed persons", 0.1, 0.05, 0.15, 0.17),
        ),
    )


def nothing() -> Figures:
    none = row("none", 0, 0)
    return Figures(
        title="Nothing",
        register="an empty register",
        identities=0,
        engine="embedded",
        model="made-up-1",
        seed=None,
        questions=0,
        a_second=0.0,
        mix={},
        total=none,
        registered=none,
        absent=none,
        by_class=(),
        by_origin=(),
        by_age=(),
        baseline=none,
        thresholds=(),
        reliability=(),
        calibration_error=0.0,
        margins_right=Histogram((), ()),
        margins_wrong=Histogram((), ()),
        candidates=Histogram((), ()),
        candidates_quantiles={},
        paths={},
        families=(),
        goals=(),
    )


class Page(HTMLParser):
    """What a page is made of: its ids, what it points at, its tags, its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.targets: list[str] = re.findall(r"url\(([^)]*)\)", html)
        self.tags: set[str] = set()
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: Iterable[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attributes:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("href", "xlink:href", "src", "srcset", "data", "action"):
                self.targets.append(value or "")

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.fixture(scope="module")
def html() -> str:
    return render([figures(), figures("With number")])


def test_every_figure_of_the_evaluation_can_be_read(html: str) -> None:
    text = " ".join(Page(html).text.split())
    said = ("Traits only", "With number", "an invented register, 20,000 identities", "made-up-1", "812 a second")
    counts = ("3 (0.12 %, ≤ 0.35 %)", "median 2, p99 61", "2 wrong", "exact equality", "0.34 %")
    groups = ("as registered", "two errors", "absent twin", "france", "18 to 39", "name date", "wide")
    for words in (*said, *counts, *groups):
        assert words in text


def test_each_section_has_its_five_plots(html: str) -> None:
    assert html.count("<svg ") == 10


def test_a_goal_says_whether_it_is_met_and_the_summary_counts(html: str) -> None:
    assert html.count('<span class="met goal">goal</span>') == 2
    assert '<span class="met goal">1 goal</span> <span class="met must">1 must</span> ' in " ".join(html.split())


@pytest.mark.parametrize(
    ("measured", "written"),
    [
        (rate(3, 300_000), "3 in 300,000 (≤ 2.9e-5)"),
        (rate(0, 40), "0 in 40 (≤ 8.8 %)"),
        (rate(12, 1000), "1.2 % (0.69–2.1 %)"),
        (rate(9999, 10_000), "99.990 % (99.943–99.9982 %)"),
        (rate(1000, 1000), "100 % (99.62–100 %)"),
        (rate(0, 0), "–"),
    ],
)
def test_a_rate_has_as_many_digits_as_it_needs(measured: Rate, written: str) -> None:
    page = Page(render([replace(nothing(), by_class=(replace(row("one"), wrong=measured),))]))
    assert written in " ".join(page.text.split())


def test_an_absent_person_cannot_be_missed() -> None:
    absent = replace(nothing(), by_class=(row("absent_twin", 500, 0, not_found=500),))
    cells = Page(render([absent])).text.split("absent twin")[-1].split()
    assert cells[:14] == ["500", "0", "0", "0", "0", "500", "0", "0", "in", "500", "(≤", "0.76", "%)", "–"]


def test_a_name_is_text_and_never_markup() -> None:
    name = "<script>alert('$x^2$')</script> id=\"s1\""
    page = render([replace(figures(name), register=name, by_class=(row(name, right=999, wrong=1),), mix={name: 1.0})])
    assert "<script" not in page
    assert Page(page).text.count(name) >= 5


def test_no_id_stands_twice_and_every_reference_is_met(html: str) -> None:
    page = Page(html)
    assert len(page.ids) == len(set(page.ids))
    assert {target.removeprefix("#") for target in page.targets} <= set(page.ids)


def test_the_page_fetches_and_runs_nothing(html: str) -> None:
    page = Page(html)
    assert all(target.startswith("#") for target in page.targets)
    assert not page.tags & {"script", "link", "img", "iframe", "object", "embed", "image"}
    assert "http" not in html and "@import" not in html


def test_nothing_measured_is_still_a_page() -> None:
    assert "Nothing was measured." in render([])
    page = render([nothing()])
    assert page.count("No data.") == 5
    assert "nan" not in Page(page).text


def test_one_point_one_bin_and_zeros_can_be_drawn() -> None:
    sparse = replace(
        nothing(),
        by_class=(row("asked", right=1000), row("not_asked", 0, 0)),
        thresholds=(ThresholdPoint(0.99, 1.0, 1.0, 0.0),),
        reliability=(ReliabilityBin(0.0, 1.0, 1.0, rate(5, 5)), ReliabilityBin(0.2, 0.3, 0.0, rate(0, 0))),
        margins_right=Histogram((0.0, float("inf")), (1,)),
        margins_wrong=Histogram((0.0, float("inf")), (0,)),
        candidates=Histogram((0.0, 1.0), (1,)),
    )
    assert render([sparse]).count("<svg ") == 5


def test_the_same_figures_make_the_same_page(html: str) -> None:
    assert render([figures(), figures("With number")]) == html
