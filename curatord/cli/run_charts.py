"""The curves of a run in the terminal: drawn with plotext, or told in figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from curatord.train.charts import Chart, Points

LINES = 14  # of one picture
TICKS = 6
WIDEST, NARROWEST = 100, 40
_DRAWN = ("loss", "margin")
_TRAINING, _VALIDATION = 12, 9  # bright blue and red of the terminal's own palette


def figures(charts: Sequence[Chart]) -> Iterator[str]:
    """Yield a line for each curve: where it began, where it ended."""
    wide = max((len(chart.title) for chart in charts), default=0) + 2
    for chart in charts:
        steps = f" in {chart.training[-1][0]} steps" if chart.training else ""
        told = [("", chart.training, steps), ("validation ", chart.validation, "")]
        yield f"{chart.title:<{wide}}" + "; ".join(f"{name}{_ends(line)}{end}" for name, line, end in told if line)


def drawn(charts: Sequence[Chart], columns: int) -> Iterator[str]:
    """Yield a picture of each loss and margin, no wider than a terminal; none where that is too narrow to tell much."""
    wanted = [chart for chart in charts if chart.figure in _DRAWN and not chart.round and len(chart.training) > 1]
    if columns < NARROWEST or not wanted:
        return
    try:
        import plotext  # type: ignore[import-untyped]  # noqa: PLC0415  200 ms that only pictures need
    except ImportError as error:  # its compiled part is not built for every platform
        click.echo(f"curatord: the curves cannot be drawn: {str(error).splitlines()[0]}", err=True)
        return
    for chart in wanted:
        yield _picture(plotext, chart, min(columns, WIDEST))


def _picture(plotext: Any, chart: Chart, columns: int) -> str:  # noqa: ANN401  a module without types
    figure = plotext.figure  # there is but one
    figure.clear()
    plotext.terminal.limit(False, False)
    figure.plot_size(columns, LINES)
    figure.theme("colorless")
    figure.draw(_line(plotext, figure, chart.training, "braille", _TRAINING).lines())
    if chart.validation:
        figure.draw(_line(plotext, figure, chart.validation, "o", _VALIDATION))
    last = max(step for step, _ in (*chart.training, *chart.validation))
    figure.ruler("x").lim(0, last).ticks(sorted({round(last * part / TICKS) for part in range(TICKS + 1)}))
    unit = f" ({chart.unit})" if chart.unit else ""
    text: str = figure.build().string()  # `click.echo` takes the colours out where they are not wanted
    return f"{chart.title}{unit}{', o: validation' if chart.validation else ''}\n{text.rstrip()}"


def _line(plotext: Any, figure: Any, points: Points, marker: str, color: int) -> Any:  # noqa: ANN401  see above
    steps, values = zip(*points, strict=True)
    colored = plotext.marker(marker, color)
    return figure.signal(list(steps), list(values), marker=colored)


def _ends(points: Points) -> str:
    first, last = points[0][1], points[-1][1]
    return f"{first:.3f} -> {last:.3f}" if len(points) > 1 else f"{first:.3f}"
