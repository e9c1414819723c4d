"""Settings read for a command: a bad one is said, without its value, and ends it."""

from typing import TypeVar

import typer
from pydantic import ValidationError
from pydantic_settings import BaseSettings
from rich.console import Console
from rich.markup import escape

S = TypeVar("S", bound=BaseSettings)


def read_settings(kind: type[S], err: Console) -> S:
    """Return settings from the environment; exits 2 where one is bad."""
    try:
        return kind()
    except ValidationError as error:
        for item in error.errors(include_url=False, include_input=False):
            err.print(f"[red]settings:[/] {'.'.join(map(str, item['loc']))} {escape(item['msg'])}", highlight=False)
        raise typer.Exit(2) from None
