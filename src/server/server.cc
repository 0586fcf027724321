#include "server/server.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/host_name.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "server/access.h"
#include "server/binary_session.h"
#include "server/cluster.h"
#include "server/http_session.h"
#include "server/listener.h"
#include "server/services.h"
#include "server/version.h"

namespace wick::server {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;

/// Sessions that are not done by then are closed in the middle.
constexpr std::chrono::seconds kDrainMax{3};

/// One makes a backup, the other refuses those that are asked for meanwhile.
constexpr size_t kBackupThreads = 2;

/// Runs `call` on the worker's thread and waits for it.
template <typename Call>
void RunOn(Worker& worker, Call call) {
  std::promise<void> done;
  asio::post(worker.io(), [&] {
    call();
    done.set_value();
  });
  done.get_future().wait();
}

std::vector<std::unique_ptr<Worker>> MakeWorkers(const ServerConfig& config) {
  const std::vector<int> cores = AllowedCores();
  // A core is left to whoever else works for an answer: the commit thread, RocksDB, parsers,
  // clients of the same machine. Workers on all of them would take turns with these
  // (docs/performance.md).
  const unsigned all_but_one = static_cast<unsigned>(std::max<size_t>(cores.size() - 1, 1));
  const unsigned count = config.engine.workers > 0 ? config.engine.workers : all_but_one;
  std::vector<std::unique_ptr<Worker>> workers;
  for (unsigned i = 0; i < count; ++i) {
    const auto core = config.pin_workers ? std::optional(cores[i % cores.size()]) : std::nullopt;
    workers.push_back(std::make_unique<Worker>(i, core, std::chrono::microseconds(config.spin_us)));
  }
  return workers;
}

void LogKafka(feed::KafkaSeverity severity, const std::string& line) {
  switch (severity) {
    case feed::KafkaSeverity::kInfo:
      return spdlog::info(line);
    case feed::KafkaSeverity::kWarning:
      return spdlog::warn(line);
    case feed::KafkaSeverity::kError:
      return spdlog::error(line);
  }
}

}  // namespace

/// Members stand in the order they are built; they are destroyed in reverse. The loops (workers)
/// outlive the engine, because completions it still holds own sessions, and sessions own sockets of
/// the loops.
struct Server::Impl {
  Impl(const ServerConfig& wanted, const Clock& wall_clock) : config(wanted), clock(wall_clock) {}

  absl::Status Listen();
  absl::Status Bind();
  absl::Status Recover();
  absl::Status ReadTopics();
  absl::Status Stop();
  void EndSessions();

  const ServerConfig config;
  const Clock& clock;
  Connections connections{{config.connections_max, config.limits.connections_per_address_max}};
  Budget requests{config.limits.request_bytes_max};
  Budget answers{config.limits.answer_bytes_max};
  std::unique_ptr<Access> access;
  ServerState state;
  std::unique_ptr<cold::Store> store;
  std::vector<std::unique_ptr<Worker>> workers;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<feed::KafkaConsumer> kafka;
  std::unique_ptr<Cluster> cluster;  // nullptr: the node stands alone
  std::unique_ptr<ReadPool> reads;
  std::unique_ptr<asio::thread_pool> parsers;
  std::unique_ptr<asio::thread_pool> backups;
  std::unique_ptr<WorkerStats[]> stats;
  std::unique_ptr<Services> services;
  std::vector<std::unique_ptr<HttpApi>> http_apis;      // one for each worker
  std::vector<std::unique_ptr<BinaryApi>> binary_apis;  // one for each worker
  std::unique_ptr<Listener> http;
  std::unique_ptr<Listener> binary;
  bool running = false;
};

absl::Status Server::Impl::Listen() {
  WICK_ASSIGN_OR_RETURN(access, Access::Load(config));
  WICK_ASSIGN_OR_RETURN(cluster, Cluster::Start(config, boost::asio::ip::host_name(), answers));
  workers = MakeWorkers(config);
  WICK_RETURN_IF_ERROR(Bind());
  reads = std::make_unique<ReadPool>(config.reader_threads, config.limits.cold_reads_max, answers);
  parsers = std::make_unique<asio::thread_pool>(config.parser_threads);
  backups = std::make_unique<asio::thread_pool>(kBackupThreads);
  stats = std::make_unique<WorkerStats[]>(workers.size());
  services.reset(new Services{config, *access, *reads, *parsers, *backups, requests, answers,
                              connections, state, cluster.get(), stats.get(),
                              std::chrono::steady_clock::now()});
  for (const auto& worker : workers) {
    http_apis.push_back(std::make_unique<HttpApi>(*services, *worker));
    binary_apis.push_back(std::make_unique<BinaryApi>(*services, *worker));
  }
  for (const auto& worker : workers) {
    worker->Start([this, index = worker->index()] { engine->Poll(index); });
  }
  running = true;
  RunOn(*workers.front(), [this] {
    http->Start([this](tcp::socket socket, Worker& worker) {
      return std::make_shared<HttpSession>(std::move(socket), *services, worker,
                                           *http_apis[worker.index()]);
    });
    binary->Start([this](tcp::socket socket, Worker& worker) {
      return std::make_shared<BinarySession>(std::move(socket), *services, worker,
                                             *binary_apis[worker.index()]);
    });
  });
  return absl::OkStatus();
}

absl::Status Server::Impl::Recover() {
  WICK_ASSIGN_OR_RETURN(store, cold::Store::Open(config.storage));
  for (const cold::LogRepair& repair : store->repairs()) {
    spdlog::warn(
        "the last write was cut short by a crash or a power cut, and never acknowledged: "
        "dropped {} bytes of {} behind byte {}",
        repair.dropped_bytes, repair.file, repair.kept_bytes);
  }
  if (const absl::Status writable = store->CheckWritable(); !writable.ok()) {
    spdlog::warn("what is there can be read, nothing is accepted: {}", Message(writable));
  }
  engine::EngineOptions options = config.engine;
  options.workers = static_cast<unsigned>(workers.size());
  if (cluster != nullptr) options.share = cluster->map().ShareOf(cluster->self());
  WICK_ASSIGN_OR_RETURN(engine, engine::Engine::Open(options, *store, clock, &state.progress()));
  const engine::EngineStatus recovered = engine->Status();
  spdlog::info("recovered {} series, replayed {} events of the journal in {} ms", recovered.series,
               recovered.recovered_events, recovered.recovery_duration_ms);
  engine->Start([this](unsigned worker) { workers[worker]->Wake(); });
  if (!config.kafka.brokers.empty()) WICK_RETURN_IF_ERROR(ReadTopics());
  state.Serve(*engine);
  return absl::OkStatus();
}

absl::Status Server::Impl::ReadTopics() {
  feed::KafkaOptions options = config.kafka;
  if (cluster != nullptr) {
    options.topic_partitions = cluster->map().partitions();
    for (const uint32_t partition : cluster->map().PartitionsOf(cluster->self())) {
      options.partitions.push_back(std::to_string(partition));
    }
  }
  WICK_ASSIGN_OR_RETURN(kafka, feed::KafkaConsumer::Start(
                                   *engine, options,
                                   [this](absl::AnyInvocable<void()> work) {
                                     asio::post(workers[engine::Engine::kPassingWorker]->io(),
                                                std::move(work));
                                   },
                                   LogKafka));
  state.Read(*kafka);
  return absl::OkStatus();
}

absl::Status Server::Impl::Bind() {
  WICK_ASSIGN_OR_RETURN(http, Listener::Open("server.http", config.http, workers, connections,
                                             ConnectionKind::kHttp));
  WICK_ASSIGN_OR_RETURN(binary, Listener::Open("server.binary", config.binary, workers, connections,
                                               ConnectionKind::kBinary));
  return absl::OkStatus();
}

absl::Status Server::Impl::Stop() {
  if (!std::exchange(running, false)) return absl::OkStatus();
  state.Stop();
  RunOn(*workers.front(), [this] {
    http->Stop();
    binary->Stop();
  });
  if (engine != nullptr) engine->StopBackups();
  if (kafka != nullptr) kafka->Stop();
  EndSessions();
  if (cluster != nullptr) cluster->Stop();
  reads->Join();
  parsers->join();
  backups->join();
  absl::Status status = engine != nullptr ? engine->Stop() : absl::OkStatus();
  for (const auto& worker : workers) worker->Stop();
  return status;
}

void Server::Impl::EndSessions() {
  for (const auto& worker : workers) {
    RunOn(*worker, [&worker] { worker->DrainSessions(); });
  }
  const auto deadline = std::chrono::steady_clock::now() + kDrainMax;
  const auto open = [this] {
    size_t sessions = 0;
    for (const auto& worker : workers) sessions += worker->sessions();
    return sessions;
  };
  while (open() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  for (const auto& worker : workers) {
    RunOn(*worker, [&worker] { worker->CloseSessions(); });
  }
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Server::~Server() {
  if (const absl::Status status = Stop(); !status.ok()) {
    spdlog::error("stopping: {}", Message(status));
  }
}

absl::StatusOr<std::unique_ptr<Server>> Server::Listen(const ServerConfig& config,
                                                       const Clock& clock) {
  std::unique_ptr<Server> server(new Server(std::make_unique<Impl>(config, clock)));
  WICK_RETURN_IF_ERROR(server->impl_->Listen());
  return server;
}

absl::Status Server::Recover() { return impl_->Recover(); }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerConfig& config,
                                                      const Clock& clock) {
  WICK_ASSIGN_OR_RETURN(auto server, Listen(config, clock));
  WICK_RETURN_IF_ERROR(server->Recover());
  return server;
}

const Endpoint& Server::http() const { return impl_->http->endpoint(); }
const Endpoint& Server::binary() const { return impl_->binary->endpoint(); }
absl::Status Server::Writable() const { return impl_->engine->Ready(); }
void Server::Reload() { impl_->access->Reload(); }
absl::Status Server::Stop() { return impl_->Stop(); }

namespace {

/// The log says when events begin to be refused, why, and when they are taken again. One thread.
class WriteWatch {
 public:
  WriteWatch(asio::io_context& io, const Server& server) : timer_(io), server_(server) {}

  void Look() {
    const absl::Status now = server_.Writable();
    if (now.code() != said_) {
      said_ = now.code();
      if (now.ok()) {
        spdlog::info("events are taken again");
      } else {
        spdlog::error("events are refused: {}", Message(now));
      }
    }
    timer_.expires_after(kPeriod);
    timer_.async_wait([this](const boost::system::error_code& cancelled) {
      if (!cancelled && !stopped_) Look();
    });
  }
  void Stop() {
    stopped_ = true;
    timer_.cancel();
  }

 private:
  static constexpr std::chrono::milliseconds kPeriod{100};
  asio::steady_timer timer_;
  const Server& server_;
  absl::StatusCode said_ = absl::StatusCode::kOk;
  bool stopped_ = false;
};

/// Connections must not take the descriptors that the storage needs: a failed open there ends
/// writing.
absl::Status MakeRoomForConnections(const ServerConfig& config) {
  const rlim_t needed = config.connections_max + kOtherDescriptors;
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return absl::OkStatus();
  files.rlim_cur = std::max(files.rlim_cur, std::min(files.rlim_max, needed));
  setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur >= needed) return absl::OkStatus();
  return Error(absl::StatusCode::kFailedPrecondition,
               "server.max_connections = {} needs {} open files, but this process may have {}: "
               "raise the limit "
               "(ulimit -n {}) or lower the setting",
               config.connections_max, needed, files.rlim_cur, needed);
}

}  // namespace

absl::Status Serve(const ServerConfig& config) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("wick"));
  spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %^%l%$ %v", spdlog::pattern_time_type::utc);
  spdlog::set_level(
      spdlog::level::from_str(config.log_level == "warn" ? "warning" : config.log_level));
  // Before any thread is made, so that no other thread takes the signals.
  asio::io_context signals_io{1};
  asio::signal_set signals(signals_io, SIGINT, SIGTERM);
  asio::signal_set reloads(signals_io, SIGHUP);
  std::signal(SIGPIPE, SIG_IGN);

  spdlog::info("wick {} opens {}", kVersion, config.storage.directory);
  WICK_RETURN_IF_ERROR(MakeRoomForConnections(config));
  const SystemClock clock;
  WICK_ASSIGN_OR_RETURN(const auto server, Server::Listen(config, clock));
  spdlog::info("recovering http={} binary={}", ToString(server->http()),
               ToString(server->binary()));

  bool recovering = true;  // this thread's
  WriteWatch writes(signals_io, *server);
  signals.async_wait([&](const boost::system::error_code& cancelled, int signal) {
    reloads.cancel();
    writes.Stop();
    if (cancelled) return;
    spdlog::info("{}: stopping", signal == SIGINT ? "SIGINT" : "SIGTERM");
    // What is being read has no end to wait for, and a crash would lose nothing either.
    if (recovering) std::_Exit(EXIT_SUCCESS);
  });
  absl::Status recovered;
  std::thread recovery([&] {
    recovered = server->Recover();
    asio::post(signals_io, [&] {
      recovering = false;
      if (!recovered.ok()) return signals.cancel();
      spdlog::info("listening http={} binary={}", ToString(server->http()),
                   ToString(server->binary()));
      writes.Look();
    });
  });
  std::function<void()> await_reload = [&] {
    reloads.async_wait([&](const boost::system::error_code& error, int) {
      if (error) return;
      server->Reload();
      await_reload();
    });
  };
  await_reload();
  signals_io.run();
  recovery.join();
  WICK_RETURN_IF_ERROR(recovered);
  WICK_RETURN_IF_ERROR(server->Stop());
  spdlog::info("stopped");
  return absl::OkStatus();
}

}  // namespace wick::server
