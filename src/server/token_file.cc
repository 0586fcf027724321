#include "server/token_file.h"

#include <absl/strings/escaping.h>
#include <fcntl.h>
#include <openssl/rand.h>
#include <openssl/sha.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <optional>
#include <sstream>
#include <system_error>

#include "base/sync_directory.h"

namespace wick::server {
namespace {

using protocol::Scopes;

constexpr size_t kNameBytesMax = 64;
constexpr size_t kTokenBytes = 32;  // of chance in a token
constexpr std::string_view kTokenPrefix =
    "wick_";  // so that one that leaks is known for what it is

constexpr std::string_view kNameLetters = "a-z, A-Z, 0-9, '.', '_' and '-'";
constexpr std::string_view kScopesForm = "write read, ingest, admin, or several with commas";

std::string ErrnoText() { return std::generic_category().message(errno); }

bool IsName(std::string_view name) {
  constexpr std::string_view kAllowed =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  return !name.empty() && name.size() <= kNameBytesMax &&
         name.find_first_not_of(kAllowed) == std::string_view::npos;
}

std::vector<std::string> WordsOf(const std::string& line) {
  std::istringstream words(line);
  return {std::istream_iterator<std::string>(words), {}};
}

bool ParseDigest(const std::string& hex, TokenDigest& digest) {
  if (hex.size() != 2 * digest.size() ||
      hex.find_first_not_of("0123456789abcdefABCDEF") != std::string::npos) {
    return false;
  }
  const std::string bytes = absl::HexStringToBytes(hex);
  std::copy(bytes.begin(), bytes.end(), digest.begin());
  return true;
}

/// The entry of a line; nullopt: it is blank or a comment. An error tells the place and never what
/// stands there: somebody may have written the token itself, and the error goes to the log.
absl::StatusOr<std::optional<TokenEntry>> ParseLine(const std::string& line) {
  const std::vector<std::string> words = WordsOf(line);
  if (words.empty() || words.front().starts_with('#')) return std::nullopt;
  if (words.size() != 3) return InvalidArgument("a line is `name scopes sha256`");
  TokenEntry entry;
  entry.name = words[0];
  if (!IsName(entry.name)) {
    return InvalidArgument("the first word is no name: 1 to {} of {}", kNameBytesMax, kNameLetters);
  }
  const auto scopes = ParseScopes(words[1]);
  if (!scopes.ok()) {
    return InvalidArgument("the second word is no list of scopes: {}", kScopesForm);
  }
  entry.scopes = *scopes;
  if (!ParseDigest(words[2], entry.digest)) {
    return InvalidArgument("the third word is no SHA-256 of 64 hexadecimal digits");
  }
  return entry;
}

absl::StatusOr<std::string> ReadText(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file.is_open() || file.bad()) {
    return Error(absl::StatusCode::kNotFound, "cannot read the token file {}", path);
  }
  return text;
}

/// A file beside `path` that becomes it, or is gone when this goes. Only one process can have it.
class Replacement {
 public:
  explicit Replacement(const std::string& path) : path_(path), name_(path + ".new") {}
  ~Replacement() {
    if (file_ < 0) return;
    close(file_);
    if (!done_) unlink(name_.c_str());
  }
  Replacement(const Replacement&) = delete;
  Replacement& operator=(const Replacement&) = delete;

  absl::Status Open() {
    file_ = open(name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file_ >= 0) return absl::OkStatus();
    if (errno == EEXIST) {
      return Error(absl::StatusCode::kAborted,
                   "{} is there: another `wick token` is at work, or one was killed; remove it if "
                   "none is",
                   name_);
    }
    return Error(absl::StatusCode::kPermissionDenied, "cannot write {}: {}", name_, ErrnoText());
  }

  /// Owner and mode stay those of the file that is replaced.
  absl::Status Commit(std::string_view text) {
    struct stat before {};
    if (stat(path_.c_str(), &before) == 0 && (fchown(file_, before.st_uid, before.st_gid) != 0 ||
                                              fchmod(file_, before.st_mode & 07777) != 0)) {
      return Failed("cannot give {} the owner of the file before");
    }
    if (write(file_, text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
        fsync(file_) != 0) {
      return Failed("cannot write {}");
    }
    if (rename(name_.c_str(), path_.c_str()) != 0) return Failed("cannot rename {}");
    done_ = true;
    return SyncDirectory(std::filesystem::absolute(path_).parent_path())
               ? absl::OkStatus()
               : Failed("cannot make the change of {} durable");
  }

 private:
  absl::Status Failed(std::string_view what) const {
    const std::string why = ErrnoText();
    return Error(absl::StatusCode::kUnavailable, "{}: {}", fmt::format(fmt::runtime(what), name_),
                 why);
  }

  const std::string path_;
  const std::string name_;
  int file_ = -1;
  bool done_ = false;
};

absl::StatusOr<std::string> MakeToken() {
  std::string bytes(kTokenBytes, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), kTokenBytes) != 1) {
    return Error(absl::StatusCode::kInternal, "the system gives no random numbers");
  }
  return std::string(kTokenPrefix) + absl::WebSafeBase64Escape(bytes);
}

}  // namespace

TokenDigest DigestOf(std::string_view token) {
  TokenDigest digest;
  SHA256(reinterpret_cast<const unsigned char*>(token.data()), token.size(), digest.data());
  return digest;
}

absl::StatusOr<Scopes> ParseScopes(std::string_view text) {
  Scopes scopes;
  scopes.Add(protocol::Scope::kToken);
  for (std::string_view left = text;;) {
    const std::string_view name = left.substr(0, left.find(','));
    const auto known =
        std::find_if(protocol::kScopeNames.begin(), protocol::kScopeNames.end(),
                     [&](const protocol::ScopeName& scope) { return scope.name == name; });
    if (known == protocol::kScopeNames.end()) {
      return InvalidArgument("\"{}\" is no scope: {}", name, kScopesForm);
    }
    scopes.Add(known->scope);
    if (name.size() == left.size()) return scopes;
    left.remove_prefix(name.size() + 1);
  }
}

std::string ToString(const Scopes& scopes) {
  std::string text;
  for (const protocol::ScopeName& known : protocol::kScopeNames) {
    if (!scopes.Allow(known.scope)) continue;
    if (!text.empty()) text += ',';
    text += known.name;
  }
  return text;
}

absl::StatusOr<std::vector<TokenEntry>> ParseTokens(std::string_view text, std::string_view file) {
  std::vector<TokenEntry> entries;
  std::vector<int> numbers;  // of their lines
  std::istringstream lines{std::string(text)};
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    auto entry = ParseLine(line);
    if (!entry.ok()) return InvalidArgument("{}:{}: {}", file, number, Message(entry.status()));
    if (!*entry) continue;
    for (size_t i = 0; i < entries.size(); ++i) {
      const bool same_name = entries[i].name == (*entry)->name;
      if (same_name || entries[i].digest == (*entry)->digest) {
        return InvalidArgument("{}:{}: the {} is that of line {}", file, number,
                               same_name ? "name" : "hash", numbers[i]);
      }
    }
    entries.push_back(**std::move(entry));
    numbers.push_back(number);
  }
  return entries;
}

absl::StatusOr<std::vector<TokenEntry>> ReadTokens(const std::string& path) {
  WICK_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  return ParseTokens(text, path);
}

absl::StatusOr<std::string> AddToken(const std::string& path, std::string_view name,
                                     const Scopes& scopes) {
  if (!IsName(name)) {
    return InvalidArgument("\"{}\" is no name of a token: 1 to {} of {}", name, kNameBytesMax,
                           kNameLetters);
  }
  Replacement replacement(path);
  WICK_RETURN_IF_ERROR(replacement.Open());
  std::string text;
  if (std::filesystem::exists(path)) {
    WICK_ASSIGN_OR_RETURN(text, ReadText(path));
  } else {
    text =
        "# Tokens of wick: name scopes sha256. `wick token` writes it; SIGHUP has it read again.\n";
  }
  if (!text.empty() && !text.ends_with('\n')) text += '\n';
  WICK_ASSIGN_OR_RETURN(const std::string token, MakeToken());
  const TokenDigest digest = DigestOf(token);
  text += fmt::format("{} {} {}\n", name, ToString(scopes),
                      absl::BytesToHexString(std::string(digest.begin(), digest.end())));
  WICK_RETURN_IF_ERROR(ParseTokens(text, path).status());  // the name is new, the rest is sound
  WICK_RETURN_IF_ERROR(replacement.Commit(text));
  return token;
}

absl::Status RemoveToken(const std::string& path, std::string_view name) {
  Replacement replacement(path);
  WICK_RETURN_IF_ERROR(replacement.Open());
  WICK_ASSIGN_OR_RETURN(const std::string text, ReadText(path));
  std::string kept;
  std::istringstream lines(text);
  std::string line;
  bool found = false;
  while (std::getline(lines, line)) {
    const std::vector<std::string> words = WordsOf(line);
    if (!words.empty() && words.front() == name) {
      found = true;
    } else {
      kept += line + '\n';
    }
  }
  if (!found) {
    return Error(absl::StatusCode::kNotFound, "{} has no token of the name {}", path, name);
  }
  return replacement.Commit(kept);
}

}  // namespace wick::server
