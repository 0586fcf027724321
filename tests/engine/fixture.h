// An engine on a directory of its own, with threads in the place of the server's workers.
#pragma once

#include <stdlib.h>

#include <condition_variable>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "catch.h"
#include "cold/store.h"
#include "engine/engine.h"

namespace wick::test {

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = (std::filesystem::temp_directory_path() / "wick-test-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline cold::StoreOptions StorageIn(const std::string& directory) {
  cold::StoreOptions storage;
  storage.directory = directory;
  return storage;
}

/// Runs an engine's workers. Destroying it ends the process as a crash would, but for the disk's
/// caches: no checkpoint is written. Stop() ends it in order.
class RunningEngine {
 public:
  RunningEngine(const std::string& directory, const engine::EngineOptions& options,
                const Clock& clock)
      : RunningEngine(StorageIn(directory), options, clock) {}
  RunningEngine(const cold::StoreOptions& storage, const engine::EngineOptions& options,
                const Clock& clock) {
    auto store = cold::Store::Open(storage);
    INFO(store.status().ToString());
    REQUIRE(store.ok());
    store_ = std::move(*store);
    auto opened = engine::Engine::Open(options, *store_, clock);
    INFO(opened.status().ToString());
    REQUIRE(opened.ok());
    engine_ = std::move(*opened);
    for (unsigned i = 0; i < options.workers; ++i) loops_.push_back(std::make_unique<Loop>());
    engine_->Start([this](unsigned worker) {
      loops_[worker]->Post([this, worker] { engine_->Poll(worker); });
    });
    for (auto& loop : loops_) loop->Start();
  }

  ~RunningEngine() {
    StopLoops();
    engine_.reset();
  }

  void Stop() {
    const absl::Status stopped = TryStop();
    INFO(stopped.ToString());
    REQUIRE(stopped.ok());
  }
  absl::Status TryStop() {
    absl::Status stopped = engine_->Stop();
    StopLoops();
    return stopped;
  }

  engine::Engine& operator*() { return *engine_; }
  engine::Engine* operator->() { return engine_.get(); }

  void OnWorker(unsigned worker, std::function<void()> work) {
    loops_[worker]->Post(std::move(work));
  }

  /// Submits on a worker; the future is the answer.
  std::future<engine::IngestResult> Submit(unsigned worker, std::vector<PriceEvent> events,
                                           engine::Ack ack = engine::Ack::kDurable) {
    auto answer = std::make_shared<std::promise<engine::IngestResult>>();
    auto future = answer->get_future();
    OnWorker(worker, [this, worker, ack, answer, events = std::move(events)] {
      engine::EventBatch batch = engine_->NewBatch();
      for (const PriceEvent& event : events) {
        SeriesId id;
        if (engine_->Resolve(event.symbol, id) == Refusal::kNone) batch.Add(id, event.price);
      }
      engine_->Submit(worker, std::move(batch), ack,
                      [answer](const engine::IngestResult& result) { answer->set_value(result); });
    });
    return future;
  }

  engine::IngestResult Ingest(std::vector<PriceEvent> events, unsigned worker = 0) {
    const auto result = Submit(worker, std::move(events)).get();
    REQUIRE(result.status.ok());
    return result;
  }

  void Checkpoint() { REQUIRE(TryCheckpoint().ok()); }
  absl::Status TryCheckpoint() {
    std::promise<absl::Status> done;
    auto result = done.get_future();
    engine_->Checkpoint([&](absl::Status status) { done.set_value(std::move(status)); });
    return result.get();
  }

  CandlesReply Candles(const SymbolView& symbol, const CandlesRequest& request) {
    const auto id = engine_->Find(symbol);
    REQUIRE(id.has_value());
    auto reply = engine_->Candles(*id, request);
    INFO(reply.status().ToString());
    REQUIRE(reply.ok());
    return std::move(*reply);
  }

 private:
  class Loop {
   public:
    void Start() {
      thread_ = std::thread([this] { Run(); });
    }
    void Post(std::function<void()> work) {
      {
        const std::lock_guard lock(mutex_);
        work_.push_back(std::move(work));
      }
      came_.notify_one();
    }
    void Stop() {
      {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
      }
      came_.notify_one();
      if (thread_.joinable()) thread_.join();
    }

   private:
    void Run() {
      std::unique_lock lock(mutex_);
      for (;;) {
        came_.wait(lock, [this] { return stopping_ || !work_.empty(); });
        if (work_.empty()) return;
        std::vector<std::function<void()>> work;
        work.swap(work_);
        lock.unlock();
        for (auto& each : work) each();
        lock.lock();
      }
    }

    std::mutex mutex_;
    std::condition_variable came_;
    std::vector<std::function<void()>> work_;
    bool stopping_ = false;
    std::thread thread_;
  };

  void StopLoops() {
    for (auto& loop : loops_) loop->Stop();
  }

  std::unique_ptr<cold::Store> store_;
  std::unique_ptr<engine::Engine> engine_;
  std::vector<std::unique_ptr<Loop>> loops_;
};

}  // namespace wick::test
