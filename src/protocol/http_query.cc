#include "protocol/http_query.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>

#include "market/validation.h"

namespace wick::protocol {

std::optional<std::string> DecodePercent(std::string_view text, Plus plus) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' && plus == Plus::kSpace ? ' ' : text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    unsigned char byte = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), byte, 16);
    if (digits.size() != 2 || result.ptr != digits.data() + 2) return std::nullopt;
    decoded += static_cast<char>(byte);
    i += 2;
  }
  return decoded;
}

OrProblem<Query> Query::Read(std::string_view text, std::span<const std::string_view> known) {
  Query query;
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view parameter = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (parameter.empty()) continue;
    const size_t equals = std::min(parameter.find('='), parameter.size());
    auto name = DecodePercent(parameter.substr(0, equals), Plus::kSpace);
    auto value =
        DecodePercent(parameter.substr(std::min(equals + 1, parameter.size())), Plus::kSpace);
    if (!name || !value) {
      return MakeProblem(
          ProblemCode::kInvalidParameter,
          fmt::format(
              "\"{}\": two hexadecimal digits must follow '%'; a percent sign itself is %25",
              market::Printable(parameter)));
    }
    if (std::find(known.begin(), known.end(), *name) == known.end()) {
      return MakeProblem(
          ProblemCode::kUnknownParameter,
          known.empty()
              ? fmt::format("\"{}\": this request takes no parameters", market::Printable(*name))
              : fmt::format("\"{}\": this request takes {}", market::Printable(*name),
                            fmt::join(known, ", ")));
    }
    if (query.Find(*name)) {
      return MakeProblem(ProblemCode::kInvalidParameter, fmt::format("{} is given twice", *name));
    }
    query.parameters_.emplace_back(*std::move(name), *std::move(value));
  }
  return query;
}

std::optional<std::string_view> Query::Find(std::string_view name) const {
  for (const auto& [known, value] : parameters_) {
    if (known == name) return value;
  }
  return std::nullopt;
}

}  // namespace wick::protocol
