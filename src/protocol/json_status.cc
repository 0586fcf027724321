// The state of the server as JSON: GET /v1/status.

#include "market/tier.h"
#include "protocol/json_number.h"
#include "protocol/json_replies.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

/// Writes an object field by field; objects within it are opened and closed by name.
class ObjectWriter {
 public:
  explicit ObjectWriter(std::string& out) : out_(out) { out_ += '{'; }

  void Open(std::string_view name) {
    Name(name);
    OpenElement();
  }
  void OpenElement() {
    if (out_.back() == '}') out_ += ',';
    out_ += '{';
  }
  void Close() { out_ += '}'; }

  void OpenArray(std::string_view name) {
    Name(name);
    out_ += '[';
  }
  void CloseArray() { out_ += ']'; }

  void Number(std::string_view name, uint64_t value) {
    Name(name);
    AppendNumber(out_, value);
  }
  void Text(std::string_view name, std::string_view value) {
    Name(name);
    AppendString(out_, value);
  }
  void Bool(std::string_view name, bool value) {
    Name(name);
    out_ += value ? "true" : "false";
  }

 private:
  void Name(std::string_view name) {
    if (out_.back() != '{') out_ += ',';
    AppendString(out_, name);
    out_ += ':';
  }

  std::string& out_;
};

void WriteEvents(ObjectWriter& object, const engine::EngineStatus& status) {
  object.Open("events");
  object.Number("accepted", status.events_accepted);
  object.Number("duplicates", status.events_duplicate);
  uint64_t rejected = 0;
  for (const uint64_t count : status.events_rejected) rejected += count;
  object.Number("rejected", rejected);
  object.Open("rejectedByCode");
  for (uint8_t refusal = 1; refusal < kRefusalCount; ++refusal) {
    object.Number(RefusalCode(static_cast<Refusal>(refusal)), status.events_rejected[refusal]);
  }
  object.Close();
  object.Number("late", status.events_late);
  object.Number("newestTimestampInMs", status.newest_event_ms);
  object.Close();
}

void WriteJournal(ObjectWriter& object, const engine::EngineStatus& status) {
  object.Open("journal");
  object.Number("lastNumber", status.last_number);
  object.Number("syncedNumber", status.synced_number);
  object.Number("frames", status.journal_frames);
  object.Number("bytes", status.journal_bytes);
  object.Number("commits", status.commits);
  object.Close();
  object.Open("checkpoint");
  object.Number("number", status.checkpoint_number);
  object.Number("completed", status.checkpoints);
  object.Number("endedInMs", status.checkpoint_ended_ms);
  object.Number("durationInMs", status.checkpoint_duration_ms);
  object.Close();
  object.Open("recovery");
  object.Number("events", status.recovered_events);
  object.Number("durationInMs", status.recovery_duration_ms);
  object.Close();
}

void WriteTiers(ObjectWriter& object, const engine::EngineStatus& status) {
  object.OpenArray("tiers");
  for (const market::Tier tier : market::kTiers) {
    const uint8_t i = market::Index(tier);
    object.OpenElement();
    object.Text("interval", market::Name(tier));
    object.Number("horizonInMs", status.horizons[tier]);
    object.Number("lateBeyondHorizon", status.late_beyond_horizon[i]);
    object.Number("memoryBytes", status.tier_memory_bytes[i]);
    object.Number("diskBytes", status.store.tier_disk_bytes[i]);
    object.Close();
  }
  object.CloseArray();
}

void WriteMemory(ObjectWriter& object, const engine::EngineStatus& status) {
  object.Open("memory");
  object.Number("seriesBytes", status.series_memory_bytes);
  object.Number("memtableBytes", status.store.memtable_bytes);
  object.Number("blockCacheBytes", status.store.block_cache_bytes);
  object.Close();
  object.Open("disk");
  object.Number("tableBytes", status.store.disk_bytes);
  object.Number("walBytes", status.store.wal_bytes);
  object.Number("freeBytes", status.disk_free_bytes);
  object.Close();
}

void WriteShards(ObjectWriter& object, const engine::EngineStatus& status) {
  object.OpenArray("shards");
  for (const auto& shard : status.shards) {
    object.OpenElement();
    object.Number("queuedEvents", shard.queued_events);
    object.Number("uncommittedEvents", shard.uncommitted_events);
    object.Number("dirtySeries", shard.dirty_series);
    object.Number("unwrittenCandles", shard.unwritten_candles);
    object.Close();
  }
  object.CloseArray();
}

void WriteKafka(ObjectWriter& object, const KafkaStatus& kafka) {
  object.Open("kafka");
  object.Text("error", kafka.error);
  object.Bool("paused", kafka.paused);
  object.Number("largestLag", kafka.lag.records);
  object.Bool("lagKnown", kafka.lag.known);
  object.Text("lagging", kafka.lag.behind);
  object.Number("eventsPerSecond", kafka.events_per_second);
  object.Number("deadLettersPublished", kafka.dead_letters_published);
  object.Number("deadLettersFailed", kafka.dead_letters_failed);
  object.Number("deadLettersDropped", kafka.dead_letters_dropped);
  object.OpenArray("partitions");
  for (const KafkaPartitionStatus& partition : kafka.partitions) {
    object.OpenElement();
    object.Text("topic", partition.topic);
    object.Number("partition", partition.partition);
    object.Text("state", Name(partition.state));
    object.Text("reason", partition.reason);
    object.Number("nextOffset", partition.next_offset);
    object.Number("endOffset", partition.end_offset);
    object.Number("lag", partition.lag());
    object.Number("records", partition.records);
    object.Number("events", partition.events);
    object.Number("deadLetters", partition.dead_letters);
    object.Number("repeated", partition.repeated);
    object.Number("missing", partition.missing);
    object.Close();
  }
  object.CloseArray();
  object.Close();
}

}  // namespace

void AppendStatus(std::string& out, const engine::EngineStatus& status, std::string_view version,
                  uint64_t uptime_ms, std::string_view state,
                  const std::optional<KafkaStatus>& kafka) {
  ObjectWriter object(out);
  object.Text("version", version);
  object.Number("uptimeInMs", uptime_ms);
  object.Text("state", state);
  object.Bool("writable", status.write.state == engine::WriteState::kOk);
  object.Text("writeError", status.write.reason);
  object.Number("writeErrorSinceInMs",
                status.write.state == engine::WriteState::kOk ? 0 : status.write.since_ms);
  object.Number("series", status.series);
  WriteEvents(object, status);
  WriteJournal(object, status);
  WriteTiers(object, status);
  WriteMemory(object, status);
  WriteShards(object, status);
  if (kafka) WriteKafka(object, *kafka);
  object.Close();
}

}  // namespace wick::protocol
