"""Medians of repeated figures as a table, and its place in docs/performance.md."""

import statistics

BEGIN = "<!-- measured: begin -->"
END = "<!-- measured: end -->"
HEADS = ("work", "wick", "peer", "ratio", "goal", "met?")
LIMIT_HEADS = ("what the machine takes", "median", "99th percentile")


def _number(figure):
    if figure >= 1_000:
        return f"{figure:,.0f}"
    return f"{figure:.0f}" if figure >= 100 else f"{figure:.3g}"


def _goal(line):
    goals = []
    if line.at_least is not None:
        goals.append(f">= {_number(line.at_least)} {line.unit}")
    if line.at_most is not None:
        goals.append(f"<= {_number(line.at_most)} {line.unit}")
    if line.ratio_at_least is not None:
        goals.append(f">= {line.ratio_at_least:g}x")
    return ", ".join(goals)


def _met(line, figure, ratio):
    """yes, no, or nothing where there is no goal; ? where only a missing peer could tell."""
    answers = []
    if line.at_least is not None:
        answers.append(figure >= line.at_least)
    if line.at_most is not None:
        answers.append(figure <= line.at_most)
    if line.ratio_at_least is not None:
        answers.append(None if ratio is None else ratio >= line.ratio_at_least)
    if not answers:
        return ""
    if False in answers:
        return "no"
    return "?" if None in answers else "yes"


def row(line, runs):
    """Cells of a line; `runs`: figures by key, of each repetition."""
    figures = [run[line.key] for run in runs if line.key in run]
    if not figures:
        return (line.work, "not measured", "", "", _goal(line), "")
    figure = statistics.median(figures)
    of_peer = [run[line.peer] for run in runs if line.peer in run]
    peer, ratio = "", None
    if of_peer:
        median = statistics.median(of_peer)
        ratio = figure / median
        peer = f"{line.peer_name}: {_number(median)}"
    elif line.peer:
        peer = f"{line.peer_name}: not measured"
    return (line.work, f"{_number(figure)} {line.unit}", peer, "" if ratio is None else f"{ratio:.2f}x", _goal(line),
            _met(line, figure, ratio))


def markdown(rows, heads=HEADS):
    lines = ["| " + " | ".join(heads) + " |", "|---" * len(heads) + "|"]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows]
    return "\n".join(lines)


def text(rows, heads=HEADS):
    widths = [max(len(cells[i]) for cells in [heads, *rows]) for i in range(len(heads))]
    return "\n".join("  ".join(cell.ljust(width) for cell, width in zip(cells, widths)).rstrip()
                     for cells in [heads, *rows])


def write(page, content):
    """Replaces what is between the markers of a page."""
    before, begin, rest = page.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} has not the lines {BEGIN} and {END}")
    page.write_text(f"{before}{BEGIN}\n{content}\n{END}{after}")
