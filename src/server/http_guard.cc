#include "server/http_guard.h"

#include <absl/strings/match.h>
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <utility>

#include "market/validation.h"
#include "protocol/scope.h"

namespace wick::server {
namespace {

using protocol::MakeProblem;
using protocol::Problem;
using protocol::ProblemCode;
using protocol::Scope;

constexpr std::string_view kBearer = "Bearer ";

bool EqualsIgnoringCase(std::string_view a, std::string_view b) {
  return absl::EqualsIgnoreCase({a.data(), a.size()}, {b.data(), b.size()});
}

/// "name" of "name:port", "::1" of "[::1]:port".
std::string_view WithoutPort(std::string_view host) {
  if (host.starts_with('[')) return host.substr(1, host.find(']') - 1);
  return host.substr(0, host.find(':'));
}

/// An address, or a name without a dot, as localhost or a container's: no page of the internet has
/// such a name, so none can point it here.
bool IsOutOfReachOfPages(std::string_view name) {
  if (name.find('.') == std::string_view::npos && name.find(':') == std::string_view::npos) {
    return true;
  }
  boost::system::error_code error;
  boost::asio::ip::make_address(std::string(name), error);
  return !error;
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::any_of(list.begin(), list.end(), [text](const std::string& entry) {
    return entry == "*" || EqualsIgnoringCase(entry, text);
  });
}

/// Methods that a page may have sent without being asked, and that change nothing.
bool IsSafe(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS";
}

bool IsOwnOrigin(const HttpMessage& message) {
  std::string_view origin = message.origin;
  const size_t scheme = origin.find("://");
  if (scheme == std::string_view::npos) return false;
  origin.remove_prefix(scheme + 3);
  return !origin.empty() && EqualsIgnoringCase(origin, message.host);
}

/// The token of an Authorization field; nullopt: there is none.
std::optional<std::string_view> TokenOf(std::string_view authorization) {
  if (!EqualsIgnoringCase(authorization.substr(0, kBearer.size()), kBearer)) return std::nullopt;
  authorization.remove_prefix(kBearer.size());
  authorization.remove_prefix(std::min(authorization.find_first_not_of(' '), authorization.size()));
  if (authorization.empty()) return std::nullopt;
  return authorization;
}

}  // namespace

BrowserRules::BrowserRules(std::vector<std::string> hosts, std::vector<std::string> cors_origins,
                           bool has_tokens)
    : hosts_(std::move(hosts)),
      cors_origins_(std::move(cors_origins)),
      any_host_(hosts_.empty() && has_tokens) {}

bool BrowserRules::IsOurs(std::string_view host) const {
  if (any_host_) return true;
  const std::string_view name = WithoutPort(host);
  return IsOutOfReachOfPages(name) || Contains(hosts_, name);
}

bool BrowserRules::IsFriend(std::string_view origin) const {
  return Contains(cors_origins_, origin);
}

HttpGuard::HttpGuard(const BrowserRules& rules, Auth* auth, std::string peer)
    : rules_(rules), auth_(auth), peer_(std::move(peer)), bearer_(auth) {}

std::optional<Problem> HttpGuard::Check(const HttpMessage& message) {
  auto problem = CheckBrowser(message);
  if (problem && protocol::ScopeOfHttp(message.method, message.target) == Scope::kNone) {
    return std::nullopt;  // a probe: there is nothing to see
  }
  if (problem || IsPreflight(message)) return problem;  // browsers send no token with a preflight
  return CheckToken(message);
}

std::optional<Problem> HttpGuard::CheckBrowser(const HttpMessage& message) {
  // HTTP/1.0 may leave Host out; no browser does.
  if (!message.host.empty() && message.host != host_) {
    if (!rules_.IsOurs(message.host)) {
      return MakeProblem(ProblemCode::kForbidden,
                         fmt::format("this server is not known as \"{}\": use its address, or add "
                                     "the name to http.hosts",
                                     market::Printable(message.host)));
    }
    host_ = message.host;
  }
  if (message.origin.empty() || rules_.IsFriend(message.origin)) return std::nullopt;
  if ((IsSafe(message.method) && !IsPreflight(message)) || IsOwnOrigin(message)) {
    return std::nullopt;
  }
  return MakeProblem(ProblemCode::kForbidden,
                     fmt::format("pages of \"{}\" may not do this: their origin is not in "
                                 "http.cors_origins",
                                 market::Printable(message.origin)));
}

std::optional<Problem> HttpGuard::CheckToken(const HttpMessage& message) {
  if (!auth_) return std::nullopt;
  if (const auto token = TokenOf(message.authorization)) {
    bearer_.Show(*token);
  } else {
    bearer_.Forget();
  }
  const Scope scope = protocol::ScopeOfHttp(message.method, message.target);
  const auto denial = bearer_.Check(scope);
  if (!denial) return std::nullopt;
  auth_->CountRefusal(*denial, peer_);
  switch (*denial) {
    case Denial::kNoToken:
      return MakeProblem(ProblemCode::kUnauthorized,
                         "this server asks for a token: send Authorization: Bearer TOKEN");
    case Denial::kUnknownToken:
      return MakeProblem(ProblemCode::kUnauthorized, "the token is none that this server knows");
    case Denial::kScope:
      break;
  }
  return MakeProblem(ProblemCode::kForbidden,
                     fmt::format("the token has not the scope {} that this request needs",
                                 protocol::NameOf(scope)));
}

std::string_view HttpGuard::ReaderOf(const HttpMessage& message) const {
  return !message.origin.empty() && rules_.IsFriend(message.origin) ? message.origin
                                                                    : std::string_view();
}

bool IsPreflight(const HttpMessage& message) {
  return message.method == "OPTIONS" && !message.origin.empty() && message.asks_for_method;
}

}  // namespace wick::server
