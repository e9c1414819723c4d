"""Write the JSON Schema of the payroll report where it is published.

python -m devtools.write_dsn_schema
"""

import json
from pathlib import Path

from dsn.records import json_schema

PUBLISHED = Path(__file__).parents[1] / "docs" / "dsn-report.schema.json"


def main() -> None:
    PUBLISHED.write_text(json.dumps(json_schema(), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
