"""The works of the table: each loads wick, and peers in turn, and says what it measured under which name."""

import subprocess
import time
from dataclasses import dataclass, field
from typing import Callable, Optional

from . import machine, peers
from .peers import ClickHouse, Nginx, Redis, VictoriaMetrics
from .process import Failed
from .wick import operations_per_s, stream

SERIES = 10_000


@dataclass
class Line:
    """One line of the table, from one figure of a work."""
    key: str
    work: str
    unit: str
    at_least: Optional[float] = None
    at_most: Optional[float] = None
    peer: Optional[str] = None          # key of the peer's figure
    peer_name: str = ""
    ratio_at_least: Optional[float] = None


@dataclass
class Work:
    name: str
    lines: list
    measure: Callable                   # (context) -> {key: figure}
    peers: list = field(default_factory=list)  # (class, (context) -> {key: figure})


@dataclass
class Context:
    wick: object
    seconds: float
    small: bool  # sizes of a trial

    def size(self, full, small):
        return small if self.small else full


def load(context, *arguments, http=False, settings=()):
    """The result of one `wick bench` against a server of its own; `settings`: of the server."""
    with context.wick.data() as data, context.wick.serve(data, *settings) as server:
        return context.wick.load(server, *arguments, *(["--http", server.http] if http else []))


# --- durable ingest
def ingest_arguments(series=SERIES):
    return "ingest", "--connections", 4, "--pipeline", 8, "--batch", 4096, "--series", series


def ingest_binary(context):
    return {"ingest": operations_per_s(load(context, *ingest_arguments()))}


def victoria_ingest(context):
    bodies = peers.line_protocol(context.size(2_000_000, 200_000), SERIES)
    with context.wick.data() as data, VictoriaMetrics(data) as victoria:
        return {"victoria": victoria.write(bodies)}


def redis_set(context):
    with context.wick.data() as data, Redis(data) as redis:
        return {"redis": redis.benchmark("-t", "set", "-P", 128, "-c", 50, "-r", SERIES, "-d", 36,
                                         "-n", context.size(10_000_000, 1_000_000))}


def ingest_ndjson(context):
    done = load(context, "ingest", "--connections", 4, "--batch", 5000, "--series", SERIES, http=True)
    return {"ndjson": operations_per_s(done)}


def post_single(context):
    done = load(context, "ingest", "--connections", 10, "--batch", 1, "--series", SERIES, http=True)
    return {"post": operations_per_s(done)}


def post_by_hey(context):
    if not peers.installed("hey"):
        return {}
    body = ('{"baseCurrency":"BTC","quoteCurrency":"USD","exchange":"Kraken","price":46450.5,'
            f'"timestampInMs":{time.time_ns() // 1_000_000}}}')
    with context.wick.data() as data, context.wick.serve(data) as server:
        return {"hey": peers.hey(f"http://{server.http}/v1/events", body, context.seconds)}


# --- latest prices
# Instead of leaving one to the commit thread, RocksDB and, here, the load generator.
EVERY_CORE = [f"server.workers={machine.cores()}"]
# Instead of sleeping as soon as nothing is asked for.
SPIN = ["server.spin_us=50"]


def latest(context, in_flight, settings=()):
    done = load(context, "latest", "--connections", 50, "--pipeline", in_flight, "--series", SERIES, settings=settings)
    return {"latest": operations_per_s(done)}


def redis_get(context, in_flight, requests):
    with context.wick.data() as data, Redis(data) as redis:
        fill_redis(redis)
        return {"redis": redis.benchmark("-t", "get", "-P", in_flight, "-c", 50, "-r", SERIES, "-d", 36,
                                         "-n", requests)}


def latest_single(context):
    return latest(context, 1) | {"all": latest(context, 1, EVERY_CORE)["latest"],
                                 "spin": latest(context, 1, SPIN)["latest"]}


def redis_get_single(context):
    return redis_get(context, 1, context.size(1_000_000, 100_000))


def latest_pipelined(context):
    return latest(context, 128) | {"all": latest(context, 128, EVERY_CORE)["latest"]}


def redis_get_pipelined(context):
    return redis_get(context, 128, context.size(20_000_000, 1_000_000))


def latest_multi(context):
    done = load(context, "multi", "--connections", 8, "--pipeline", 16, "--batch", 100, "--series", SERIES)
    return {"multi": operations_per_s(done)}


def redis_mget(context):
    with context.wick.data() as data, Redis(data) as redis:
        fill_redis(redis)
        requests = redis.benchmark("-P", 16, "-c", 8, "-r", SERIES, "-n", context.size(200_000, 20_000),
                                   "mget", *["key:__rand_int__"] * 100)
        return {"redis": requests * 100}


def fill_redis(redis):
    redis.benchmark("-t", "set", "-P", 128, "-r", SERIES, "-d", 36, "-n", SERIES * 20)


def latest_http(context):
    if not peers.installed("wrk"):
        return {}
    figures = {}
    for name, settings in (("http", []), ("all", EVERY_CORE)):
        with context.wick.data() as data, context.wick.serve(data, *settings) as server:
            context.wick.load(server, "latest", "--requests", 1, "--series", SERIES)
            figures[name] = peers.wrk(f"http://{server.http}/v1/latest?symbol=Bench0:B0/USDT", context.seconds)
    return figures


def nginx_constant(context):
    body = ('{"baseCurrency":"B0","quoteCurrency":"USDT","exchange":"Bench0","price":6113.66,'
            '"baseVolumeLast24h":48264.559,"quoteVolumeLast24h":295073125.33,"timestampInMs":1700000000000}')
    with context.wick.data() as data, Nginx(data, body) as nginx:
        return {"nginx": peers.wrk(f"http://127.0.0.1:{nginx.port}/", context.seconds)}


# --- candles
def candles_memory(context):
    done = load(context, "candles", "--connections", 1, "--pipeline", 1, "--candles", 1000, "--series", 100,
                settings=["tiers.1m.window=20h"])
    return {"candles": stream(done)["latencyUs"]["mean"]}


SCAN_SERIES = 50
SCAN_HISTORY = 20_000
SCAN_CANDLES = 10_000


def candles_scan(context):
    ask = ("candles", "--connections", 2, "--pipeline", 2, "--candles", SCAN_CANDLES,
           "--history", SCAN_HISTORY, "--random-range", "--series", SCAN_SERIES)
    with context.wick.data() as data:
        with context.wick.serve(data) as server:  # what a clean end leaves is all in tables
            context.wick.load(server, *ask, "--requests", 1)
            server.stop()
        with context.wick.serve(data) as server:
            plain = context.wick.load(server, *ask, "--no-prepare")
            packed = context.wick.load(server, *ask, "--no-prepare", "--packed")
            return {"scan": operations_per_s(plain), "packed": operations_per_s(packed)}


def clickhouse_scan(context):
    with context.wick.data() as data, ClickHouse(data) as clickhouse:
        clickhouse.fill_candles(SCAN_SERIES, SCAN_HISTORY)
        return {"clickhouse": clickhouse.scan(SCAN_SERIES, SCAN_HISTORY, SCAN_CANDLES, context.seconds)}


# --- reads and writes together
def mixed_load(context, *arguments):
    return load(context, "mixed", *arguments, "--connections", 8, "--pipeline", 512, "--series", SERIES, "--warmup", 1)


def mixed(context):
    done = mixed_load(context, "--rate", 250_000)
    figures = mixed_figures(done)
    figures["machine"] = 100 * done["serverCpuSeconds"] / ((done["seconds"] + 1) * machine.cores())
    return figures


def mixed_tenfold(context):
    return mixed_figures(mixed_load(context, "--rate", 2_500_000, "--batch", 32, "--write-batch", 64))


def mixed_figures(done):
    read, write = stream(done, "read"), stream(done, "write")
    return {"read_p50": read["latencyUs"]["p50"], "read_p99": read["latencyUs"]["p99"],
            "read_p999": read["latencyUs"]["p99.9"], "write_p99": write["latencyUs"]["p99"],
            "late": 100 * max(read["lateShare"], write["lateShare"])}


# --- growth
def idle_memory(context):
    series = context.size(1_000_000, 20_000)
    with context.wick.data() as data, context.wick.serve(data) as server:
        empty = server.resident_bytes()
        context.wick.load(server, "latest", "--requests", 1, "--series", series)
        full = server.resident_bytes()
        return {"idle": (full - empty) / series, "resident": full / 2**20}


def live_memory(context):
    with context.wick.data() as data, context.wick.serve(data) as server:
        seconds = context.size(60, 2)
        context.wick.load(server, "ingest", "--series", 20_819, "--zipf", 1, "--rate", 75_000,
                          "--batch", 256, seconds=seconds)
        return {"live": server.resident_bytes() / 1e6}


def ingest_growth(context):
    figures = {}
    for name, series in (("1k", 1_000), ("10k", 10_000), ("100k", 100_000), ("1m", context.size(1_000_000, 200_000))):
        figures[name] = operations_per_s(load(context, *ingest_arguments(series)))
    figures["kept"] = 100 * figures["1m"] / figures["1k"]
    return figures


def restart(context):
    with context.wick.data() as data:
        with context.wick.serve(data) as server:
            loader = subprocess.Popen(
                context.wick.command(server, *ingest_arguments()),
                stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(max(1.0, context.seconds - 1))
            if loader.poll() is not None:
                raise Failed("the load ended before the server was killed")
            server.kill()
            loader.wait(60)
        with context.wick.serve(data) as server:
            server.get("/readyz")
            return {"restart": server.start_seconds}


def cpu_per_event(context):
    figures = {}
    for workers in (1, 2):
        done = load(context, *ingest_arguments(), settings=[f"server.workers={workers}"])
        figures[f"cpu{workers}"] = 1e9 * done["serverCpuSeconds"] / stream(done)["operations"]
    figures["apart"] = 100 * abs(figures["cpu2"] / figures["cpu1"] - 1)
    return figures


WORKS = [
    Work("ingest", [
        Line("ingest", "durable ingest, binary, batches of 4,096, 10,000 series", "events/s", at_least=5e6,
             peer="victoria", peer_name="VictoriaMetrics, line protocol, not synced", ratio_at_least=7),
        Line("ingest", "the same", "events/s", peer="redis", peer_name="Redis SET -P 128, in memory", ratio_at_least=2),
    ], ingest_binary, [(VictoriaMetrics, victoria_ingest), (Redis, redis_set)]),
    Work("ndjson", [
        Line("ndjson", "durable ingest, NDJSON over HTTP, bodies of 5,000", "events/s", at_least=2e6,
             peer="victoria", peer_name="VictoriaMetrics, line protocol, not synced", ratio_at_least=3),
    ], ingest_ndjson, [(VictoriaMetrics, victoria_ingest)]),
    Work("post", [Line("post", "one event per HTTP POST, 10 connections, durable", "events/s", at_least=40e3)],
         post_single),
    Work("hey", [Line("hey", "the same by hey -m POST -c 10, one and the same event", "events/s", at_least=40e3)],
         post_by_hey),
    Work("latest", [
        Line("latest", "latest price, binary, 50 connections, one in flight each", "prices/s",
             peer="redis", peer_name="Redis GET", ratio_at_least=1.5),
        Line("all", "the same, a worker on every core", "prices/s",
             peer="redis", peer_name="Redis GET", ratio_at_least=1.5),
        Line("spin", "the same, server.spin_us 50", "prices/s"),
    ], latest_single, [(Redis, redis_get_single)]),
    Work("pipelined", [
        Line("latest", "latest price, binary, 50 connections, pipelined 128", "prices/s",
             peer="redis", peer_name="Redis GET -P 128", ratio_at_least=3),
        Line("all", "the same, a worker on every core", "prices/s",
             peer="redis", peer_name="Redis GET -P 128", ratio_at_least=3),
    ], latest_pipelined, [(Redis, redis_get_pipelined)]),
    Work("multi", [
        Line("multi", "latest prices, 100 ids a request", "prices/s", at_least=20e6,
             peer="redis", peer_name="Redis MGET of 100"),
    ], latest_multi, [(Redis, redis_mget)]),
    Work("http", [
        Line("http", "latest price over HTTP, wrk -t1 -c16", "requests/s",
             peer="nginx", peer_name="nginx, a constant", ratio_at_least=1.3),
        Line("all", "the same, a worker on every core", "requests/s",
             peer="nginx", peer_name="nginx, a constant", ratio_at_least=1.3),
    ], latest_http, [(Nginx, nginx_constant)]),
    Work("candles", [Line("candles", "1,000 candles of 1m from memory, one at a time, mean", "us", at_most=40)],
         candles_memory),
    Work("scan", [
        Line("packed", "candles scanned from RocksDB, 10,000 a request, as packed history, decoded", "candles/s",
             at_least=20e6, peer="clickhouse", peer_name="ClickHouse, RowBinary"),
        Line("scan", "the same, as candles of 72 bytes", "candles/s",
             at_least=20e6, peer="clickhouse", peer_name="ClickHouse, RowBinary"),
    ], candles_scan, [(ClickHouse, clickhouse_scan)]),
    Work("mixed", [
        Line("read_p50", "70/30 at 250,000 operations/s, open loop: read p50", "us", at_most=60),
        Line("read_p99", "read p99", "us", at_most=500),
        Line("read_p999", "read p99.9", "us", at_most=2_000),
        Line("write_p99", "write ack p99", "us", at_most=5_000),
        Line("machine", "server's part of the machine", "%", at_most=50),
        Line("late", "sent more than 1 ms late by the generator", "%", at_most=1),
    ], mixed),
    Work("tenfold", [
        Line("read_p50", "70/30 at 2,500,000 operations/s, reads of 32, writes of 64: read p50", "us"),
        Line("read_p99", "read p99, nothing refused", "us", at_most=5_000),
        Line("write_p99", "write ack p99", "us"),
        Line("late", "sent more than 1 ms late by the generator", "%", at_most=1),
    ], mixed_tenfold),
    Work("memory", [
        Line("idle", "an idle series with its names, of 1,000,000", "bytes", at_most=600),
        Line("resident", "1,000,000 idle series, whole server", "MiB", at_most=1_024),
    ], idle_memory),
    Work("live", [
        Line("live", "20,819 live series, 75,000 events/s by Zipf's law for a minute, whole server", "MB", at_most=400),
    ], live_memory),
    Work("growth", [
        Line("1k", "durable ingest, binary, 1,000 series", "events/s"),
        Line("10k", "10,000 series", "events/s"),
        Line("100k", "100,000 series", "events/s"),
        Line("1m", "1,000,000 series", "events/s"),
        Line("kept", "1,000,000 series against 1,000", "%", at_least=100 / 3),
    ], ingest_growth),
    Work("restart", [Line("restart", "restart after kill -9 at full ingest, 10,000 series", "s", at_most=2)], restart),
    Work("workers", [
        Line("cpu1", "CPU time of the server for an event, 1 worker", "ns"),
        Line("cpu2", "2 workers", "ns"),
        Line("apart", "2 workers against 1, apart by", "%", at_most=15),
    ], cpu_per_event),
]
