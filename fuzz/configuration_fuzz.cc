// Configurations: a TOML file and --set are refused with a reason, or taken so that what `wick
// config` prints says the same.
#include <string>
#include <string_view>

#include "base/assert.h"
#include "input.h"
#include "server/config.h"

namespace {

using namespace wick;

/// Every field by name; settings that are written alike count alike.
void CheckSame(server::ServerConfig a, server::ServerConfig b) {
  for (const server::Setting& setting : server::Settings()) {
    const server::Field mine = setting.field(a);
    const server::Field other = setting.field(b);
    WICK_ASSERT(mine.index() == other.index());
    std::visit(
        [&other](auto* value) { WICK_ASSERT(*value == **std::get_if<decltype(value)>(&other)); },
        mine);
  }
}

void CheckStatus(const absl::Status& status) {
  WICK_ASSERT(status.ok() || !Message(status).empty());
}

}  // namespace

/// The text of a file; after a zero byte, one assignment to a line as --set takes it.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t bytes) {
  const std::string_view text = fuzz::View(data, bytes);
  const std::string_view toml = text.substr(0, text.find('\0'));
  std::string_view assignments = text.substr(toml.size());

  server::ServerConfig config = server::DefaultConfig();
  const absl::Status applied = server::ApplyToml(toml, "fuzz.toml", config);
  CheckStatus(applied);
  if (!applied.ok()) config = server::DefaultConfig();
  while (!assignments.empty()) {
    assignments.remove_prefix(1);  // the zero byte or the end of a line
    const std::string_view assignment = assignments.substr(0, assignments.find('\n'));
    CheckStatus(server::ApplyOverride(assignment, config));
    assignments.remove_prefix(assignment.size());
  }

  server::ServerConfig again = server::DefaultConfig();
  const absl::Status read_back = server::ApplyToml(server::ConfigText(config), "again", again);
  WICK_ASSERT(read_back.ok());
  CheckSame(config, again);
  return 0;
}
