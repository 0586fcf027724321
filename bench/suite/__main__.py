"""Runs the works side by side with the peers that are installed: scripts/bench."""

import argparse
import datetime
import os
import sys
from pathlib import Path

from . import machine, table
from .peers import installed
from .process import Failed
from .wick import Wick
from .works import WORKS, Context

ROOT = Path(__file__).resolve().parents[2]
BUSY_LOAD = 0.5


def arguments():
    names = ", ".join(work.name for work in WORKS)
    parser = argparse.ArgumentParser(
        prog="scripts/bench", description="Measures wick side by side with its peers on this machine.",
        epilog="Without --only, --trial and --set the table is written to docs/performance.md.")
    parser.add_argument("--only", nargs="+", metavar="WORK", choices=[work.name for work in WORKS],
                        help=f"of {names}")
    parser.add_argument("--repeat", type=int, default=3, metavar="N", help="runs of each work; the median counts (3)")
    parser.add_argument("--seconds", type=float, default=10, metavar="S", help="length of each load (10)")
    parser.add_argument("--trial", action="store_true", help="one run of 2 s and small sizes: does it all work?")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", dest="settings",
                        help="a setting of the servers measured; nothing is written then")
    parser.add_argument("--wick", type=Path, default=ROOT / "build/wick", metavar="FILE", help="the binary (build/wick)")
    return parser.parse_args()


def figures_of(work, context):
    """Figures of wick and of its installed peers, one after the other; what fails is said and left out."""
    figures = {}
    for needs, measure in [(None, work.measure), *work.peers]:
        who = "wick" if needs is None else needs.__name__
        if needs is not None and not installed(*needs.programs):
            print(f"  {who}: not installed, see scripts/setup --bench", file=sys.stderr)
            continue
        try:
            found = measure(context)
        except (Failed, OSError) as failed:
            print(f"  {who}: FAILED: {failed}", file=sys.stderr)
            continue
        print(f"  {who}: " + ", ".join(f"{key} {figure:,.1f}" for key, figure in found.items()), file=sys.stderr)
        figures.update(found)
    return figures


def main():
    options = arguments()
    if options.trial:
        options.repeat, options.seconds = 1, 2
    if not options.wick.exists():
        sys.exit(f"scripts/bench: {options.wick} is missing; run scripts/build first")
    scratch = Path(os.environ.get("TMPDIR", ROOT / "build")) / "bench-scratch"
    context = Context(Wick(options.wick, scratch, options.seconds, options.settings), options.seconds, options.trial)
    works = [work for work in WORKS if not options.only or work.name in options.only]

    load = machine.load_average()
    if load > BUSY_LOAD:
        print(f"scripts/bench: the machine is busy (load {load:.1f}): figures will be low", file=sys.stderr)
    limits = [] if options.only else machine.limits(options.wick.parent / "wick_limits", scratch)
    rows = []
    for work in works:
        runs = []
        for repetition in range(options.repeat):
            print(f"{work.name}, run {repetition + 1} of {options.repeat}", file=sys.stderr)
            runs.append(figures_of(work, context))
        rows += [table.row(line, runs) for line in work.lines]

    about = (f"{machine.describe()}; {datetime.date.today().isoformat()}; medians of {options.repeat} runs of "
             f"{options.seconds:g} s; load generator and peers on the same machine; load average {load:.1f} at the "
             "start.")
    print(about + "\n")
    if limits:
        print(table.text(limits, table.LIMIT_HEADS) + "\n")
    print(table.text(rows))
    if not options.only and not options.trial and not options.settings:
        table.write(ROOT / "docs/performance.md", "\n\n".join(
            [about, table.markdown(rows), table.markdown(limits, table.LIMIT_HEADS)]))
        print("\nwritten to docs/performance.md")


main()
