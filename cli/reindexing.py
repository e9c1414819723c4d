"""The `sngi index reindex` command: both builds are asked the same questions before the new one is served."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from analyzers.identity import Record
from identification.answers import Answer, public_record
from identification.bulk import batches_of
from identification.cascade import Identifier
from identification.pinned import Pinned
from identification.questions import Asked, read_question
from indexer.rebuild import BuildFailed
from indexer.reindexing import Finished
from mappings.build import BuildMeta, IncompatibleBuild
from nomenclature.locating import EditionInUse
from retrieval.protocol import Engine

REPORTS = "reindex"
_ASKED = ("birth_name", "given_names", "birth_date", "birth_place", "sex")
_MOST_LOST_SHARE = 0.01


class WorseAnswers(BuildFailed):
    """The new build would take persons for others, or know too many no more."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One sampled identity about which the builds answer otherwise; ids only."""

    id: str
    why: tuple[str, ...]
    before: dict[str, str | None]
    after: dict[str, str | None]
    criteria: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was asked of both builds. `mistaken` are now taken for another, `lost` are not identified any more."""

    old: str
    new: str
    edition_before: str | None
    edition_after: str
    identities: int
    touched: int
    asked: int
    mistaken: int
    lost: int
    differences: tuple[Difference, ...]

    @property
    def by_reason(self) -> Counter[str]:
        return Counter(why for found in self.differences for why in found.why)

    def check(self, report: Path) -> None:
        """
        Raises:
            WorseAnswers: somebody is mistaken, or more than 1 % of the sample is lost.
        """
        if self.mistaken or self.lost > self.asked * _MOST_LOST_SHARE:
            raise WorseAnswers(
                f"of {self.asked} sampled identities {self.mistaken} would be taken for another and {self.lost} "
                f"not be identified any more: nothing is changed, see {report}"
            )


@dataclass(slots=True)
class Approval:
    """Compares the answers of both builds, writes the report, and refuses a build that answers worse."""

    engine: Engine
    edition: EditionInUse
    out: Console
    report: Path | None = None

    async def __call__(self, finished: Finished) -> None:
        meta = await self.engine.meta(finished.old)
        comparison = await self._compare(finished, meta)
        path = self.report or self.edition.data_dir / REPORTS / f"{finished.new}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(orjson.dumps(comparison, option=orjson.OPT_INDENT_2) + b"\n")
        print_comparison(self.out, comparison, path)
        comparison.check(path)

    async def _compare(self, finished: Finished, meta: BuildMeta) -> Comparison:
        asked = [question_about(record) for record in finished.sample]
        try:
            before = await _answers(self.engine, finished.old, self.edition.data_dir, asked)
            after = await _answers(self.engine, finished.new, self.edition.data_dir, asked)
        except IncompatibleBuild as error:
            if error.differing != ("nomenclature",) or error.index != finished.old:
                raise
            before = after = []  # the edition of the old build is gone: it answers nobody, and can be no measure
        pairs = list(zip(finished.sample, before, after, strict=False))
        return Comparison(
            old=finished.old,
            new=finished.new,
            edition_before=meta.nomenclature,
            edition_after=self.edition.name,
            identities=finished.identities,
            touched=finished.touched,
            asked=len(pairs),
            mistaken=sum(_id(new) not in (None, _id(old), record.id) for record, old, new in pairs),
            lost=sum(_id(old) == record.id and _id(new) is None for record, old, new in pairs),
            differences=tuple(found for pair in pairs if (found := difference(*pair))),
        )


def question_about(record: Record) -> Asked:
    """Ask about an identity as the register has it, its number left out: with it, the place would hardly count."""
    said = public_record(record)
    return read_question({name: said[name] for name in _ASKED})


def difference(record: Record, before: Answer, after: Answer) -> Difference | None:
    said = {
        "outcome": (before.outcome, before.reason) != (after.outcome, after.reason),
        "identity": _id(before) != _id(after),
    }
    levels = [{(item.criterion, item.level) for item in answer.evidence} for answer in (before, after)]
    criteria = tuple(sorted({criterion for criterion, _ in levels[0] ^ levels[1]}))
    why = tuple(name for name, differs in (said | {"criteria": bool(criteria)}).items() if differs)
    return Difference(record.id, why, _short(before), _short(after), criteria) if why else None


def print_comparison(out: Console, found: Comparison, path: Path) -> None:
    out.print(f"edition     {found.edition_before or 'none'} → {found.edition_after}", highlight=False)
    out.print(f"touched     {found.touched:,} of {found.identities:,} identities", highlight=False)
    table = Table("sampled questions", "count", box=None)
    table.add_row("asked of both builds", f"{found.asked:,}")
    table.add_row("answered otherwise", f"{len(found.differences):,}")
    for why in ("outcome", "identity", "criteria"):
        table.add_row(f"  by {why}", f"{found.by_reason[why]:,}")
    table.add_row("taken for another", f"{found.mistaken:,}")
    table.add_row("not identified any more", f"{found.lost:,}")
    out.print(table)
    out.print(f"report      {escape(str(path))}", highlight=False, soft_wrap=True)


async def _answers(engine: Engine, index: str, data_dir: Path, asked: Sequence[Asked]) -> list[Answer]:
    identifier = Identifier(Pinned(engine, index), data_dir=data_dir)
    answers: list[Answer] = []
    for batch in batches_of(asked):
        answers += await identifier.identify(batch)
    return answers


def _id(answer: Answer) -> str | None:
    return str(answer.identity["id"]) if answer.identity else None


def _short(answer: Answer) -> dict[str, str | None]:
    return {"outcome": answer.outcome, "reason": answer.reason, "identity": _id(answer)}
