"""`curatord adapters fuse`: a base model with an adapter in it, for programs that know no adapters."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from curatord.cli.output import json_option, print_json
from curatord.cli.setup import Setup, pass_setup
from curatord.errors import ExitCode, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from curatord.paths import StateDirectory


@click.command(short_help="Write a model with an adapter fused into its base.")
@click.argument("adapter", required=False)
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The directory to make.")
@click.option("--dequantize", is_flag=True, help="Write 16 or 32-bit weights: nothing of the adapter is rounded away.")
@click.option("--gguf", is_flag=True, help="Add a GGUF file, for llama.cpp and its kin.")
@click.option("--ollama", is_flag=True, help="Add a GGUF file and a Modelfile: ollama create NAME -f OUT/Modelfile.")
@click.option("--question", "questions", multiple=True, help="Compare replies on this question; may be repeated.")
@click.option("--force", is_flag=True, help="Write it even if too little of the adapter survives.")
@json_option
@pass_setup
def fuse(  # noqa: PLR0913, PLR0917  a parameter for each option
    setup: Setup,
    adapter: str | None,
    out: Path,
    dequantize: bool,
    gguf: bool,
    ollama: bool,
    questions: tuple[str, ...],
    force: bool,
    as_json: bool,
) -> ExitCode:
    """Write a model with an adapter (without a name: the one in service) fused into its base.

    The fused model's replies to some of the adapter's exam questions are compared with the unfused one's; where the
    adapter is lost in rounding, nothing is written.

    Example: curatord adapters fuse --out ~/models/notes --dequantize --ollama
    """
    from curatord.serve.fuse_request import Request, run  # noqa: PLC0415  pydantic takes 80 ms
    from curatord.serve.server import adapter_target  # noqa: PLC0415  asyncio, which other commands do without
    from curatord.train.model_files import models_directory  # noqa: PLC0415  see above

    settings, state = setup.settings(), setup.peek_state()
    directory = _found(state, adapter)
    target = adapter_target(directory, settings.training.base, models_directory(settings.training.models))
    request = Request(
        base=target.base,
        models=target.models,
        adapter=directory,
        out=out.expanduser().absolute(),
        questions=list(questions) or list(_exam_questions(state, directory)),
        system=settings.pairs.system,
        sha256=target.sha256,
        dequantize=dequantize,
        gguf=gguf,
        ollama=ollama,
        force=force,
    )
    report = run(request)
    if as_json:
        print_json(report.model_dump(mode="json"))
    else:
        _print(report.model_dump())
    return ExitCode.OK


def _found(state: StateDirectory, identity: str | None) -> Path:
    """Return the directory of the adapter in service, or of the only one whose name begins so."""
    from curatord.serve.adapters import Adapters  # noqa: PLC0415  see above

    adapters = Adapters(state)
    found = adapters.in_service() if identity is None else adapters.find(identity)
    if found is None:
        raise NotFoundError("No adapter is in service.", hint="Name one of `curatord adapters list`.")
    return found.path


def _exam_questions(state: StateDirectory, adapter: Path) -> Iterator[str]:
    """Yield the questions of the adapter's exam; where there was none, those its run kept for it."""
    import orjson  # noqa: PLC0415  25 ms that only this command needs

    files = (adapter / "replies.jsonl", state.runs / adapter.name / "snapshot" / "test.jsonl")
    for file in files:
        if file.is_file():
            rows = (orjson.loads(line) for line in file.read_bytes().splitlines())
            yield from (str(row["question"]) for row in rows)
            return


def _print(report: dict[str, Any]) -> None:
    told = f"{report['kept']:.1%} of what the adapter does survives"
    click.echo(f"{report['out']}: {told}; {report['same']} of {report['replies']} replies are the same.")
    if report["gguf"]:
        click.echo(f"GGUF: {report['gguf']}")
    if report["modelfile"]:
        click.echo(f"For Ollama: ollama create NAME -f {report['modelfile']}")
