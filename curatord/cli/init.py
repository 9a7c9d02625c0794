"""`curatord init`: from nothing to a configuration, in a minute. No daemon is needed."""

from __future__ import annotations

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json, print_table
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import CuratordError, ExitCode, UsageError
from curatord.memory.document import Kind
from curatord.memory.places import Place, Surroundings, usual_places
from curatord.paths import is_directory

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.daemon.forecast import Forecast

_COLUMNS = ("", "place", "holds", "notes", "facts", "pairs", "whose")
_NAMED = "named by you"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A place, and what it would give."""

    place: Place
    gives: Forecast

    def as_json(self, *, chosen: bool) -> dict[str, Any]:
        """Return what `--json` tells of it."""
        return {
            "path": str(self.place.path),
            "kind": self.place.kind.value,
            "whose": self.place.what,
            "chosen": chosen,
            "notes": self.gives.files,
            "curated": self.gives.documents,
            "facts": self.gives.facts,
            "pairs": self.gives.pairs,
        }


_DIRECTORY = click.Path(path_type=Path)


@click.command(short_help="Find your notes and write a configuration.")
@click.option("--knowledge", type=_DIRECTORY, multiple=True, metavar="DIR", help="Watch this: notes on what is so.")
@click.option("--episodes", type=_DIRECTORY, multiple=True, metavar="DIR", help="Watch this: notes on what happened.")
@click.option("--yes", is_flag=True, help="Ask nothing; watch the memories of agents that are found.")
@click.option("--dry-run", is_flag=True, help="Print the configuration instead of writing it.")
@json_option
@pass_setup
def init(
    setup: Setup, knowledge: tuple[Path, ...], episodes: tuple[Path, ...], yes: bool, dry_run: bool, as_json: bool
) -> ExitCode:
    """Look for the memories of agents and for vaults of notes, show what each would give, and write a configuration.

    The notes are really read, and nothing is kept of them. Directories that are named are taken as they are, and then
    nothing is looked for or asked. --knowledge and --episodes may be given several times. A configuration that is
    there already is never touched.

    Example: curatord init --knowledge ~/notes --episodes ~/journal
    """
    file = setup.config_file
    if os.path.lexists(file) and not dry_run:
        raise CuratordError(
            f"{file} is there already.", hint="Edit it, or make another one: `curatord --config OTHER.toml init`."
        )
    named = [*_named(knowledge, Kind.KNOWLEDGE), *_named(episodes, Kind.EPISODES)]
    asks = not (named or yes or as_json) and sys.stdin.isatty() and sys.stdout.isatty()
    if not (named or yes or dry_run or asks):
        raise UsageError(
            "Which directories should be watched?", hint="Name them with --knowledge and --episodes, or say --yes."
        )
    candidates = _look(named or list(usual_places(Surroundings(Path.home(), Path.cwd(), os.environ))))
    chosen = _ask(candidates) if asks else [candidate for candidate in candidates if candidate.place.proposed]
    if not chosen:
        raise CuratordError(_nothing(candidates), hint="Name a directory: `curatord init --knowledge DIR`.")
    text = _configuration(file, [candidate.place for candidate in chosen])
    if not dry_run:
        _write(file, text)
    _tell(setup, candidates, chosen, text, written=not dry_run, as_json=as_json, asked=asks)
    return ExitCode.OK


# --- looking ----------------------------------------------------------------------------------------------------------


def _named(directories: Sequence[Path], kind: Kind) -> Iterator[Place]:
    for directory in directories:
        path = directory.expanduser().absolute()
        if not is_directory(path):
            raise UsageError(f"There is no directory {path}.", hint=f"Make it first: mkdir -p {path}")
        yield Place(path, kind, _NAMED)


def _look(places: Sequence[Place]) -> list[Candidate]:
    """Read and curate what is in the places, with a progress bar on a terminal."""
    from curatord.config import Root, Settings  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.daemon.forecast import forecast  # noqa: PLC0415  see above
    from curatord.daemon.roots import name_roots  # noqa: PLC0415  see above

    roots = name_roots(Root(path=place.path, kind=place.kind) for place in places)
    with click.progressbar(length=1, label="reading", file=sys.stderr, hidden=not sys.stderr.isatty()) as bar:

        def show(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        gives = forecast(Settings(), roots, show)
    return [Candidate(place, gives[root.name]) for place, root in zip(places, roots, strict=True)]


def _nothing(candidates: Sequence[Candidate]) -> str:
    if not candidates:
        return "No memory of an agent and no notes were found in the usual places."
    places = ", ".join(str(candidate.place.path) for candidate in candidates)
    return f"None of these was chosen: {places}."


# --- asking -----------------------------------------------------------------------------------------------------------


def _ask(candidates: list[Candidate]) -> list[Candidate]:
    """Ask which places to watch, and which others."""
    chosen = []
    if candidates:
        _print_candidates(candidates)
        proposed = [number for number, one in enumerate(candidates, start=1) if one.place.proposed]
        answer = click.prompt(
            "\nWatch which of them? (numbers, all, none)",
            default=",".join(map(str, proposed)) or "none",
            value_proc=lambda text: _numbers(text, len(candidates)),
        )
        chosen = [candidates[number - 1] for number in answer]
    else:
        click.echo("No memory of an agent and no notes were found in the usual places.")
    while path := click.prompt("Another directory? (Enter: no)", default="", show_default=False, value_proc=_directory):
        kind = click.prompt(
            "Does it hold knowledge (what is so) or episodes (what happened)?",
            type=click.Choice([kind.value for kind in Kind]),
            default=Kind.KNOWLEDGE.value,
        )
        (candidate,) = _look([Place(path, Kind(kind), _NAMED)])
        gives = candidate.gives
        click.echo(f"{path}: {gives.files} notes, {gives.facts} facts, {gives.pairs} pairs.")
        chosen.append(candidate)
    return chosen


def _numbers(text: str, last: int) -> list[int]:
    words = re.split(r"[\s,]+", text.strip())
    if words in (["all"], ["none"]):
        return list(range(1, last + 1)) if words == ["all"] else []
    if not all(word.isdecimal() and 1 <= int(word) <= last for word in words):
        raise click.BadParameter(f"these are numbers from 1 to {last}, such as 1,{last}; or all, or none")
    return sorted({int(word) for word in words})


def _directory(text: str) -> Path | None:
    if not text.strip():
        return None
    path = Path(text.strip()).expanduser().absolute()
    if not is_directory(path):
        raise click.BadParameter(f"there is no directory {path}")
    return path


# --- writing ----------------------------------------------------------------------------------------------------------


def _configuration(file: Path, places: Sequence[Place]) -> str:
    """Return the text of the configuration; raise ConfigurationError where these roots cannot be watched together."""
    from curatord.config_template import render  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.settings_file import parse  # noqa: PLC0415  see above

    text = render([{"path": _short(place.path), "kind": place.kind.value} for place in places])
    roots = parse(text.encode(), file).memory.roots
    # `$` stands for a variable in a configuration, and nothing takes that meaning from it.
    if strange := [place.path for place, root in zip(places, roots, strict=True) if place.path != root.path]:
        raise UsageError(f"{strange[0]} cannot be written in a configuration.", hint="Rename it, or link to it.")
    return text


def _short(path: Path) -> str:
    """Return a path as people write it, with `~` for the home directory."""
    home = Path.home()
    return f"~/{path.relative_to(home)}" if path.is_relative_to(home) and path != home else str(path)


def _write(file: Path, text: str) -> None:
    """Write a file that was not there, for its owner alone; another one that has come meanwhile stays."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with open(descriptor, "wb") as stream:  # noqa: PTH123  a descriptor, not a path
            stream.write(text.encode())
    except BaseException:
        file.unlink()
        raise


# --- telling ----------------------------------------------------------------------------------------------------------


def _tell(
    setup: Setup,
    candidates: Sequence[Candidate],
    chosen: Sequence[Candidate],
    text: str,
    *,
    written: bool,
    as_json: bool,
    asked: bool,
) -> None:
    file = setup.config_file
    if as_json:
        known = [*candidates, *(one for one in chosen if one not in candidates)]
        places = [one.as_json(chosen=one in chosen) for one in known]
        print_json({"config": str(file), "written": written, "places": places, "text": text})
        return
    if not asked and (written or sys.stdout.isatty()):
        _print_candidates(chosen)
    if not written:
        click.echo(text, nl=False)
        return
    curatord = f"curatord --config {file}" if setup.must_exist else "curatord"
    click.echo(f"\nWrote {file}, every option of it explained. {_sum(chosen)}\n")
    click.echo("What comes next:")
    steps = {
        f"{curatord} doctor": "looks whether all is well on this machine",
        f"{curatord} install": "keeps curatord running in the background, from now on",
        f"{curatord} run": "runs it here instead, until Ctrl-C",
        f"{curatord} status": "shows what it is doing",
    }
    width = max(map(len, steps))
    for command, meaning in steps.items():
        click.echo(f"  {command:<{width}}  {meaning}")


def _sum(chosen: Sequence[Candidate]) -> str:
    notes = sum(one.gives.files for one in chosen)
    facts = sum(one.gives.facts for one in chosen)
    directories = "one directory" if len(chosen) == 1 else f"{len(chosen)} directories"
    return f"It watches {directories} with {notes} notes that give {facts} facts."


def _print_candidates(candidates: Sequence[Candidate]) -> None:
    rows = [
        (
            number,
            _short(one.place.path),
            one.place.kind,
            one.gives.files,
            one.gives.facts,
            one.gives.pairs,
            one.place.what,
        )
        for number, one in enumerate(candidates, start=1)
    ]
    print_table(_COLUMNS, rows)
