"""Programs that are started here, watched by their process id and ended by it."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from pathlib import Path

START_SECONDS = 30
STOP_SECONDS = 30


class Failed(Exception):
    """A program did not do what the measurement needs; the message says which and why."""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def run(command, timeout, **options):
    """The output of a program that ends by itself; Failed if it does not, or fails."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout, **options)
    except subprocess.TimeoutExpired as expired:
        raise Failed(f"{command[0]} did not end within {timeout:.0f} s") from expired
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Scratch:
    """A directory of its own for one run of a program, removed afterwards."""

    def __init__(self, root):
        root.mkdir(parents=True, exist_ok=True)
        self.path = Path(tempfile.mkdtemp(prefix="run.", dir=root))

    def __enter__(self):
        return self.path

    def __exit__(self, *_):
        shutil.rmtree(self.path, ignore_errors=True)


class Process:
    """A program in the background with its output in a file. Ends with the `with` block."""

    def __init__(self, command, log, environment=None):
        self.name = Path(command[0]).name
        self.log = Path(log)
        with self.log.open("wb") as out:
            self.child = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})})

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @property
    def pid(self):
        return self.child.pid

    def text(self):
        return self.log.read_text(errors="replace")

    def await_true(self, ready, what):
        """Waits until ready() is true; Failed if the program ends before, or too much time passes."""
        deadline = time.monotonic() + START_SECONDS
        while not ready():
            if self.child.poll() is not None:
                raise Failed(f"{self.name} ended instead of {what}: {self.text()[-500:]}")
            if time.monotonic() > deadline:
                raise Failed(f"{self.name}: not {what} within {START_SECONDS} s: {self.text()[-500:]}")
            time.sleep(0.002)

    def await_port(self, port):
        def open_():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", port)) == 0
        self.await_true(open_, f"listening on port {port}")

    def kill(self):
        """kill -9."""
        self.child.kill()
        self.child.wait()

    def stop(self):
        if self.child.poll() is not None:
            return
        self.child.send_signal(signal.SIGTERM)
        try:
            self.child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()

    def cpu_seconds(self):
        """Time of all its threads so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def resident_bytes(self):
        for line in Path(f"/proc/{self.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Failed(f"{self.name} has no VmRSS")
