"""What a person sees while a command works: spinners on a terminal, plain lines in a log."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console

console = Console(highlight=False, soft_wrap=True)


def say(text: str) -> None:
    """One line, as it is: brackets in it are not markup."""
    console.print(text, markup=False)


@contextmanager
def step(title: str, *, announce: bool = False) -> Iterator[None]:
    """Show that something is going on, and how long it took. announce: also where nothing can spin."""
    started = time.monotonic()
    if console.is_terminal:
        with console.status(title):
            yield
    else:
        if announce:
            say(f"{title} ...")
        yield
    seconds = time.monotonic() - started
    if console.is_terminal or announce:
        console.print(f"[green]✓[/green] {title} [dim]({seconds:.1f} s)[/dim]")
