"""The server under test, and its load generator."""

import json
import re
import time
import urllib.error
import urllib.request
from pathlib import Path

from .process import Failed, Process, Scratch, run

# Beyond the seconds of a load: series that are registered, events that are sent before it.
PREPARE_SECONDS = 300
LISTENING = re.compile(r"listening http=(\S+) binary=(\S+)")


class Server(Process):
    """`wick serve` on free ports of the loopback."""

    def __init__(self, binary, data, settings=()):
        command = [binary, "serve", "--data", data / "data", "--http", "127.0.0.1:0", "--binary", "127.0.0.1:0"]
        for setting in settings:
            command += ["--set", setting]
        started = time.monotonic()
        super().__init__(command, data / "log")
        self.await_true(lambda: LISTENING.search(self.text()), "listening")
        self.start_seconds = time.monotonic() - started
        self.http, self.binary = LISTENING.search(self.text()).groups()

    def get(self, path):
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}", timeout=10) as answer:
                return answer.read()
        except urllib.error.URLError as error:
            raise Failed(f"GET {path}: {error}") from error


class Wick:
    def __init__(self, binary, scratch, seconds, settings=()):
        self.binary = Path(binary)
        self.scratch = scratch
        self.seconds = seconds
        self.settings = list(settings)

    def data(self):
        return Scratch(self.scratch)

    def serve(self, data, *settings):
        return Server(self.binary, data, [*self.settings, *settings])

    def command(self, server, kind, *arguments, seconds=None):
        return [self.binary, "bench", kind, "--server", server.binary, "--json",
                "--seconds", str(seconds or self.seconds), *map(str, arguments)]

    def load(self, server, kind, *arguments, seconds=None):
        """The document of `wick bench`, with the server's CPU time of the load as serverCpuSeconds."""
        before = server.cpu_seconds()
        text = run(self.command(server, kind, *arguments, seconds=seconds),
                   (seconds or self.seconds) + PREPARE_SECONDS)
        document = json.loads(text)
        document["serverCpuSeconds"] = server.cpu_seconds() - before
        return document


def stream(document, name=None):
    """A stream of the document, the first by default; Failed if anything of it was refused."""
    found = next(s for s in document["streams"] if name in (None, s["name"]))
    for fault in ("errors", "rejected", "missing", "unanswered"):
        if found[fault] > 0:
            raise Failed(f"{found['name']}: {found[fault]} {fault} {found['firstError']}")
    return found


def operations_per_s(document):
    return stream(document)["operationsPerS"]
