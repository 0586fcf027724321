// The subcommands of `wick`. Each has its file, of the same name.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace wick::cli {

// Exit codes.
inline constexpr int kOk = 0;
inline constexpr int kFailed = 1;  // the answer is no, the server refused or cannot be reached
inline constexpr int kUsage = 2;

/// The subcommand that was chosen, with its arguments; gives the exit code. main() runs it after
/// parsing. It may throw CLI::ParseError for arguments only it can judge: main() turns that into
/// kUsage.
using Action = std::function<int()>;

// Each adds a subcommand to `app`, which sets `action` when it is chosen.
void AddServe(CLI::App& app, Action& action);
void AddConfig(CLI::App& app, Action& action);
void AddIngest(CLI::App& app, Action& action);
void AddFeed(CLI::App& app, Action& action);
void AddProduce(CLI::App& app, Action& action);
void AddBench(CLI::App& app, Action& action);
void AddLatest(CLI::App& app, Action& action);
void AddCandles(CLI::App& app, Action& action);
void AddExchanges(CLI::App& app, Action& action);
void AddBases(CLI::App& app, Action& action);
void AddReference(CLI::App& app, Action& action);
void AddStatus(CLI::App& app, Action& action);
void AddCluster(CLI::App& app, Action& action);
void AddDeadLetters(CLI::App& app, Action& action);
void AddOffsets(CLI::App& app, Action& action);
void AddCheckpoint(CLI::App& app, Action& action);
void AddBackup(CLI::App& app, Action& action);
void AddBackups(CLI::App& app, Action& action);
void AddRestore(CLI::App& app, Action& action);
void AddVerify(CLI::App& app, Action& action);
void AddToken(CLI::App& app, Action& action);
void AddVersion(CLI::App& app, Action& action);

}  // namespace wick::cli
