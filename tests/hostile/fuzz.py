"""Coverage-guided fuzzing of the readers, by atheris, each in a process of its own.

    python -m tests.hostile.fuzz SECONDS [TARGET]

What a reader should not have raised is shown, its file kept under build/, and the run ends with 1.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

import atheris

_KEPT = Path("build")
_LIMITS = ("-rss_limit_mb=2048", "-timeout=20", "-max_len=8192", "-print_final_stats=1", f"-artifact_prefix={_KEPT}/")
_OURS = ["analyzers", "api", "dsn", "evaluation", "identification", "indexer", "mappings", "nomenclature", "tomllib"]

with atheris.instrument_imports(include=_OURS, enable_loader_override=False):
    from tests.hostile.readers import targets


def fuzz(name: str, seconds: int) -> None:
    target = targets()[name]
    _KEPT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(target.seeds):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, f"-max_total_time={seconds}", *_LIMITS], target.attack)
        atheris.Fuzz()


def fuzz_all(seconds: int) -> int:
    command = [sys.executable, "-m", "tests.hostile.fuzz", str(seconds)]
    failed = [name for name in targets() if subprocess.run([*command, name], check=False).returncode]
    print("found:", ", ".join(failed) or "nothing")
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) > 2:
        fuzz(sys.argv[2], int(sys.argv[1]))
    else:
        sys.exit(fuzz_all(int(sys.argv[1])))
