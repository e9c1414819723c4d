"""All that a build counts of the documents that it has sent, together: what a checkpoint keeps."""

from dataclasses import dataclass, field

from indexer.census import Census
from indexer.counting import CloseNames, HotKeys, SeenIds
from indexer.preparing import Prepared
from mappings.document import Document

_SAMPLE_CHECKED = 20
SlipShares = dict[str, tuple[float, ...]]


@dataclass(slots=True)
class Counted:
    """`sample` are a few documents, to be looked for in the finished index."""

    seen: SeenIds = field(default_factory=SeenIds)
    census: Census = field(default_factory=Census)
    hot_keys: HotKeys = field(default_factory=HotKeys)
    close_names: CloseNames = field(default_factory=CloseNames)
    close_given_names: CloseNames = field(default_factory=CloseNames)
    sample: list[Document] = field(default_factory=list)

    def add(self, prepared: Prepared) -> None:
        self.census.merge(prepared.census)
        self.hot_keys.add(prepared.keys)
        self.close_names.add(prepared.ids, prepared.surnames)
        self.close_given_names.add(prepared.ids, prepared.given_names)
        if prepared.first and len(self.sample) < _SAMPLE_CHECKED:
            self.sample.append(prepared.first)

    def slip_shares(self) -> SlipShares:
        """Takes seconds, whatever the size of the register."""
        (name1, name2), (given1, given2) = self.close_names.shares(), self.close_given_names.shares()
        return {"name1": name1, "name2": name2, "given1": given1, "given2": given2}

    def statistics(self, slip_shares: SlipShares, hot_keys: set[str]) -> bytes:
        return self.census.finish(slip_shares, hot_keys).to_bytes()
