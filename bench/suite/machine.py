"""The machine a table was measured on."""

import os
import platform
from pathlib import Path


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
