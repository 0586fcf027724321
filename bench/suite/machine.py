"""The machine a table was measured on."""

import os
import platform
from pathlib import Path

from .process import Scratch, run

LIMITS_SECONDS_MAX = 120


def _cpu_model():
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib():
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemTotal:"):
            return int(line.split()[1]) / 2**20
    return 0.0


def describe():
    return (f"{_cpu_model()}, {len(os.sched_getaffinity(0))} cores, {_memory_gib():.0f} GiB, "
            f"Linux {platform.release()}")


def load_average():
    return os.getloadavg()[0]


def cores():
    return len(os.sched_getaffinity(0))


def limits(program, scratch):
    """What any server on this machine has to live with: (step, median, 99th percentile) rows."""
    with Scratch(scratch) as directory:
        lines = run([program, directory], LIMITS_SECONDS_MAX).splitlines()
    return [(step, f"{median} {unit}", f"{p99} {unit}") for step, unit, median, p99 in
            (line.split("\t") for line in lines)]
