#include "protocol/http_problem.h"

#include <array>
#include <utility>

#include "protocol/json_number.h"
#include "protocol/json_string.h"

namespace wick::protocol {
namespace {

constexpr auto kKinds = std::to_array<ProblemKind>({
    {307, "moved", "Another node of the cluster has this pair"},
    {400, "bad_request", "The request is not HTTP as this server speaks it"},
    {400, "invalid_json", "The body is no JSON"},
    {400, "invalid_body", "The body does not say what this request needs"},
    {400, "invalid_parameter", "A parameter has a value that is not allowed"},
    {400, "missing_parameter", "A parameter is missing"},
    {400, "unknown_parameter", "There is no such parameter"},
    {401, "unauthorized", "The request needs a token that this server knows"},
    {403, "forbidden", "The sender may not do this"},
    {404, "unknown_series", "Nothing was ever seen of this series"},
    {404, "unknown_reference", "This base currency has no reference"},
    {404, "not_found", "There is nothing at this path"},
    {405, "method_not_allowed", "This path does not take this method"},
    {408, "request_timeout", "The request did not arrive in time"},
    {413, "body_too_large", "The body is too large"},
    {415, "unsupported_media_type", "The body is encoded in a way this server does not read"},
    {431, "header_too_large", "The request line or a header is too large"},
    {500, "internal_error", "The server made an error"},
    {503, "unavailable", "The server cannot do this now"},
    {503, "recovering", "The server has started and does not know yet what it holds"},
    {503, "lagging", "The server has not caught up with Kafka"},
    {503, "overloaded", "Too many requests of this kind are being answered"},
    {503, "node_unavailable", "A node of the cluster did not do its part"},
    {503, "write_failed", "The server can no longer write; it goes on answering reads"},
    {507, "storage_full", "The disk is full; the server goes on answering reads"},
});
static_assert(kKinds.size() == static_cast<size_t>(ProblemCode::kStorageFull) + 1);

}  // namespace

std::span<const ProblemKind> ProblemKinds() { return kKinds; }

Problem MakeProblem(ProblemCode code, std::string detail) {
  const ProblemKind& kind = kKinds[static_cast<size_t>(code)];
  return {kind.status, kind.code, kind.title, std::move(detail), {}};
}

void AppendProblem(std::string& out, const Problem& problem) {
  out += R"({"type":"urn:wick:problem:)";
  out += problem.code;
  out += R"(","title":)";
  AppendString(out, problem.title);
  out += R"(,"status":)";
  AppendNumber(out, static_cast<uint64_t>(problem.status));
  out += R"(,"detail":)";
  AppendString(out, problem.detail);
  out += R"(,"code":)";
  AppendString(out, problem.code);
  out += '}';
}

}  // namespace wick::protocol
