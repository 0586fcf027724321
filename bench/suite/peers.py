"""Other servers under the same work. Each is one from Debian's packages, on loopback, with a scratch directory."""

import http.client
import random
import re
import shutil
import subprocess
import threading
import time

from .process import Failed, Process, free_port, run

LOAD_SECONDS_MAX = 300


def installed(*programs):
    return all(shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin") for program in programs)


class Redis(Process):
    programs = ("redis-server", "redis-benchmark")

    def __init__(self, scratch):
        self.port = free_port()
        super().__init__(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
                          "--appendonly", "no", "--dir", str(scratch)], scratch / "redis.log")
        self.await_port(self.port)

    def benchmark(self, *arguments):
        """Requests a second of redis-benchmark."""
        text = run(["redis-benchmark", "-h", "127.0.0.1", "-p", str(self.port), "--csv", *map(str, arguments)],
                   LOAD_SECONDS_MAX)
        # "test","rps",... in a first line, or "SET","75000.00"; the rate is the second field.
        rates = re.findall(r'^".*?","([0-9.]+)"', text, re.M)
        if not rates:
            raise Failed(f"redis-benchmark said {text[:200]!r}")
        return float(rates[-1])


class Nginx(Process):
    programs = ("nginx", "wrk")

    def __init__(self, scratch, body):
        self.port = free_port()
        for folder in ("body", "proxy", "fastcgi", "uwsgi", "scgi"):
            (scratch / folder).mkdir()
        (scratch / "nginx.conf").write_text(f"""
daemon off;
worker_processes auto;
pid {scratch}/pid;
error_log {scratch}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  client_body_temp_path {scratch}/body;
  proxy_temp_path {scratch}/proxy;
  fastcgi_temp_path {scratch}/fastcgi;
  uwsgi_temp_path {scratch}/uwsgi;
  scgi_temp_path {scratch}/scgi;
  server {{
    listen 127.0.0.1:{self.port};
    location / {{ default_type application/json; return 200 '{body}'; }}
  }}
}}
""")
        super().__init__(["/usr/sbin/nginx", "-c", str(scratch / "nginx.conf"), "-p", str(scratch)],
                         scratch / "nginx.log")
        self.await_port(self.port)


def together(calls):
    """Runs each call on a thread of its own; the seconds until all have returned."""
    threads = [threading.Thread(target=call) for call in calls]
    began = time.monotonic()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.monotonic() - began


class VictoriaMetrics(Process):
    programs = ("victoria-metrics",)

    def __init__(self, scratch):
        self.port = free_port()
        super().__init__(["victoria-metrics", f"-storageDataPath={scratch / 'vm'}", "-retentionPeriod=12",
                          f"-httpListenAddr=127.0.0.1:{self.port}"], scratch / "vm.log")
        self.await_port(self.port)

    def write(self, bodies, connections=2):
        """Events a second of line protocol; `bodies`: (bytes, events) each."""
        left = list(bodies)
        lock = threading.Lock()
        failures = []

        def send():
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            try:
                while not failures:
                    with lock:
                        if not left:
                            return
                        body, _ = left.pop()
                    connection.request("POST", "/write?precision=ms", body)
                    answer = connection.getresponse()
                    answer.read()
                    if answer.status != 204:
                        failures.append(f"HTTP {answer.status}")
            except OSError as error:
                failures.append(str(error))
            finally:
                connection.close()

        seconds = together([send] * connections)
        if failures:
            raise Failed(f"VictoriaMetrics: {failures[0]}")
        return sum(events for _, events in bodies) / seconds


def line_protocol(events, series, events_per_body=5_000):
    """Bodies of made-up events as wick bench sends them: three values of a series and a time."""
    chance = random.Random(1)
    prices = [chance.randrange(100_000, 10_000_000) for _ in range(series)]
    names = [f"price,base=B{i // 2},quote=USDT,exchange=Bench{(i // 2 * 7 + i % 2) % 93}" for i in range(series)]
    now_ms = int(time.time() * 1000) - events // 1_000
    bodies = []
    for first in range(0, events, events_per_body):
        lines = []
        for event in range(first, min(first + events_per_body, events)):
            i = chance.randrange(series)
            prices[i] += chance.randrange(-7, 9)
            lines.append(f"{names[i]} price={prices[i] / 1000},base24h={event * 0.1:.1f},quote24h={event * 7.25:.2f} "
                         f"{now_ms + event // 1_000}\n")
        bodies.append(("".join(lines).encode(), len(lines)))
    return bodies


class ClickHouse(Process):
    programs = ("clickhouse-server", "clickhouse-client")

    def __init__(self, scratch):
        self.port = free_port()
        self.http_port = free_port()
        (scratch / "users.xml").write_text("""<yandex>
  <profiles><default><max_memory_usage>4000000000</max_memory_usage></default></profiles>
  <users><default><password></password><networks><ip>127.0.0.1</ip></networks>
    <profile>default</profile><quota>default</quota></default></users>
  <quotas><default></default></quotas>
</yandex>""")
        (scratch / "config.xml").write_text(f"""<yandex>
  <logger><level>warning</level><log>{scratch}/ch.log</log><errorlog>{scratch}/ch.err</errorlog></logger>
  <listen_host>127.0.0.1</listen_host><tcp_port>{self.port}</tcp_port><http_port>{self.http_port}</http_port>
  <path>{scratch}/ch/</path><tmp_path>{scratch}/ch/tmp/</tmp_path>
  <users_config>{scratch}/users.xml</users_config>
  <default_profile>default</default_profile><default_database>default</default_database>
  <mark_cache_size>1000000000</mark_cache_size>
</yandex>""")
        super().__init__(["clickhouse-server", f"--config-file={scratch}/config.xml"], scratch / "clickhouse.log")
        self.await_port(self.port)

    def query(self, text, **options):
        return run(["clickhouse-client", "--host", "127.0.0.1", "--port", str(self.port), "--query", text],
                   LOAD_SECONDS_MAX, **options)

    def fill_candles(self, series, candles):
        self.query("CREATE TABLE candles (series UInt32, t UInt64, open Float64, high Float64, low Float64, "
                   "close Float64, count UInt64, base Float64, quote Float64) ENGINE = MergeTree "
                   "PARTITION BY tuple() ORDER BY (series, t)")
        self.query(f"INSERT INTO candles SELECT intDiv(number, {candles}), number % {candles} * 60000, "
                   f"number % 977 / 100, number % 977 / 100, number % 977 / 100, number % 977 / 100, 1, "
                   f"number * 0.1, number * 7.25 FROM system.numbers LIMIT {series * candles}")

    def scan(self, series, candles, limit, seconds):
        """Candles a second of range reads in its binary row format over HTTP, from two connections."""
        chance = random.Random(1)
        row_bytes = 4 + 8 * 8
        counts = [0, 0]
        failures = []
        end = time.monotonic() + seconds

        def ask(thread):
            connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=60)
            while time.monotonic() < end and not failures:
                first = chance.randrange(candles - limit + 1) * 60_000
                query = (f"SELECT * FROM candles WHERE series = {chance.randrange(series)} AND t >= {first} "
                         f"AND t < {first + limit * 60_000} ORDER BY t FORMAT RowBinary")
                connection.request("POST", "/", query)
                answer = connection.getresponse()
                body = answer.read()
                if answer.status != 200 or len(body) != limit * row_bytes:
                    failures.append(f"HTTP {answer.status}, {len(body)} bytes: {body[:200]!r}")
                    return
                counts[thread] += limit

        seconds = together([lambda: ask(0), lambda: ask(1)])
        if failures:
            raise Failed(f"ClickHouse: {failures[0]}")
        return sum(counts) / seconds


def wrk(url, seconds, connections=16):
    """Requests a second; Failed if an answer was none of 2xx."""
    text = run(["wrk", "-t1", f"-c{connections}", f"-d{max(1, round(seconds))}s", url], seconds + 60)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", text)
    if not rate or "Non-2xx" in text:
        raise Failed(f"wrk {url} said {text!r}")
    return float(rate[1])


def hey(url, body, seconds, connections=10):
    """POSTs a second of one and the same body; Failed if an answer was not 200."""
    done = subprocess.run(["hey", "-z", f"{max(1, round(seconds))}s", "-c", str(connections), "-m", "POST",
                           "-T", "application/json", "-d", body, url],
                          capture_output=True, text=True, timeout=seconds + 60, check=False)
    rate = re.search(r"Requests/sec:\s+([0-9.]+)", done.stdout)
    if not rate or set(re.findall(r"\[(\d+)\]\s+\d+ responses", done.stdout)) != {"200"}:
        raise Failed(f"hey {url} said {done.stdout[-500:]!r} {done.stderr!r}")
    return float(rate[1])
