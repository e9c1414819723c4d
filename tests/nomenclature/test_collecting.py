"""What lives as long as the process is kept from the collector of cycles, and still goes when nobody needs it."""

import gc
import threading
from collections.abc import Iterator
from pathlib import Path
from weakref import ref

import pytest

from analyzers.identity import Query
from analyzers.places import read_place
from nomenclature.collecting import loaded_for_good
from nomenclature.editions import BUNDLED, EditionFolder
from nomenclature.locating import Locator
from nomenclature.nomenclature import Nomenclature


@pytest.fixture(autouse=True)
def collector_as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


def test_an_edition_goes_with_its_last_user_without_the_collector() -> None:
    with loaded_for_good():
        nomenclature = Nomenclature(EditionFolder(Path()).open(BUNDLED))
    locator = Locator(nomenclature)
    assert nomenclature.resolve("Saint-Étienne") and nomenclature.lineage("42218")
    assert locator.query(Query(birth_place=read_place(label="ST ETIENNE")))
    used, located = ref(nomenclature), ref(locator)
    gc.disable()
    del locator, nomenclature
    assert located() is None and used() is None


def test_two_that_load_at_once_leave_the_collector_as_it_was() -> None:
    first_loads, first_may_end = threading.Event(), threading.Event()

    def load_first() -> None:
        with loaded_for_good():
            first_loads.set()
            first_may_end.wait(60)

    def load_second() -> None:
        with loaded_for_good():
            assert not gc.isenabled()

    threads = [threading.Thread(target=load_first), threading.Thread(target=load_second)]
    threads[0].start()
    assert first_loads.wait(60)
    threads[1].start()
    assert not gc.isenabled()
    first_may_end.set()
    for thread in threads:
        thread.join()
    assert gc.isenabled()
