#include "protocol/http_target.h"

#include <absl/strings/match.h>

#include <algorithm>

namespace wick::protocol {
namespace {

/// Bytes of "http://" or "https://" in front of the target; 0: it is not absolute. Case does not
/// count.
size_t SchemeBytes(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (absl::StartsWithIgnoreCase({target.data(), target.size()},
                                   {scheme.data(), scheme.size()})) {
      return scheme.size();
    }
  }
  return 0;
}

constexpr std::string_view kMovedMark = "moved=1";

}  // namespace

HttpTarget CutTarget(std::string_view target) {
  HttpTarget cut;
  if (const size_t scheme = SchemeBytes(target); scheme > 0) {
    target.remove_prefix(scheme);
    cut.host = target.substr(0, target.find_first_of("/?#"));
    target.remove_prefix(cut.host->size());
  }
  const size_t question = std::min(target.find('?'), target.size());
  cut.path = target.substr(0, question);
  if (cut.path.empty() && cut.host) cut.path = "/";
  cut.query = target.substr(std::min(question + 1, target.size()));
  return cut;
}

std::string OriginForm(std::string_view target) {
  const HttpTarget cut = CutTarget(target);
  std::string form(cut.path);
  if (!cut.query.empty()) form.append("?").append(cut.query);
  return form;
}

std::string WithMovedMark(std::string_view target) {
  std::string marked(target);
  marked += target.find('?') == std::string_view::npos ? '?' : '&';
  return marked += kMovedMark;
}

bool CutMovedMark(std::string_view& target) {
  if (!target.ends_with(kMovedMark)) return false;
  const std::string_view rest = target.substr(0, target.size() - kMovedMark.size());
  const size_t question = rest.find('?');
  if (question == std::string_view::npos) return false;
  if (question != rest.size() - 1 && !rest.ends_with('&')) return false;
  target = rest.substr(0, rest.size() - 1);
  return true;
}

}  // namespace wick::protocol
