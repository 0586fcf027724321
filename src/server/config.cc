#include "server/config.h"

#include <toml++/toml.h>

#include <fstream>
#include <iterator>
#include <optional>

#include "market/validation.h"

namespace wick::server {
namespace {

/// The text form of a TOML value that fits the kind. nullopt: it is of another type.
std::optional<std::string> TextOf(const toml::node& node, Kind kind) {
  switch (kind) {
    case Kind::kCount:
      if (const auto* number = node.as_integer()) return fmt::format("{}", number->get());
      return std::nullopt;
    case Kind::kFlag:
      if (const auto* flag = node.as_boolean()) return flag->get() ? "true" : "false";
      return std::nullopt;
    default:
      if (const auto* text = node.as_string()) return text->get();
      return std::nullopt;
  }
}

std::string_view TypeNeeded(Kind kind) {
  switch (kind) {
    case Kind::kCount:
      return "a whole number without quotes";
    case Kind::kFlag:
      return "true or false, without quotes";
    default:
      return "text in quotes";
  }
}

/// Quotes and escapes a string for TOML.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) {
      quoted += fmt::format("\\u{:04X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

absl::Status SetProperty(const std::string& name, std::string_view value, ServerConfig& config) {
  // Else `wick config` would print a file that is no TOML.
  if (value.find('\0') != value.npos || !market::IsValidUtf8(value)) {
    return InvalidArgument("{}{}: the value must be UTF-8 without zero bytes", kKafkaPropertyPrefix,
                           name);
  }
  WICK_RETURN_IF_ERROR(feed::CheckKafkaProperty(name, std::string(value)));
  config.kafka.properties[name] = value;
  return absl::OkStatus();
}

/// The name of the property of librdkafka that a key sets; nullopt: it sets none.
std::optional<std::string> PropertyOf(std::string_view key) {
  if (!key.starts_with(kKafkaPropertyPrefix)) return std::nullopt;
  return std::string(key.substr(kKafkaPropertyPrefix.size()));
}

absl::Status ApplyTable(const toml::table& table, const std::string& prefix, std::string_view name,
                        ServerConfig& config) {
  for (const auto& [key, node] : table) {
    const std::string path = prefix + std::string(key.str());
    if (const toml::table* section = node.as_table(); section && !FindSetting(path)) {
      WICK_RETURN_IF_ERROR(ApplyTable(*section, path + ".", name, config));
      continue;
    }
    const auto line = key.source().begin.line;
    if (const auto property = PropertyOf(path)) {
      const auto* value = node.as_string();
      const absl::Status set =
          value
              ? SetProperty(*property, value->get(), config)
              : InvalidArgument("{} must be text in quotes, whatever librdkafka makes of it", path);
      if (!set.ok()) return InvalidArgument("{}:{}: {}", name, line, Message(set));
      continue;
    }
    const Setting* setting = FindSetting(path);
    if (!setting) {
      return InvalidArgument("{}:{}: there is no setting {}; `wick config` prints all there are",
                             name, line, path);
    }
    const std::optional<std::string> text = TextOf(node, setting->kind);
    if (!text) {
      return InvalidArgument("{}:{}: {} must be {}, as in {} = {}", name, line, path,
                             TypeNeeded(setting->kind), setting->name(),
                             setting->kind == Kind::kCount || setting->kind == Kind::kFlag
                                 ? std::string(setting->default_text)
                                 : Quoted(setting->default_text));
    }
    if (absl::Status status = SetValue(*setting, *text, config); !status.ok()) {
      return InvalidArgument("{}:{}: {}: {}", name, line, path, Message(status));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplyToml(std::string_view toml, std::string_view name, ServerConfig& config) {
  toml::table table;
  try {
    table = toml::parse(toml, name);
  } catch (const toml::parse_error& error) {
    return InvalidArgument("{}:{}: {}", name, error.source().begin.line, error.description());
  }
  return ApplyTable(table, "", name, config);
}

absl::Status ApplyOverride(std::string_view assignment, ServerConfig& config) {
  const size_t equals = assignment.find('=');
  if (equals == std::string_view::npos) {
    return InvalidArgument("--set {}: write section.name=value, as in --set log.level=debug",
                           assignment);
  }
  if (const auto property = PropertyOf(assignment.substr(0, equals))) {
    const absl::Status set = SetProperty(*property, assignment.substr(equals + 1), config);
    return set.ok() ? set
                    : InvalidArgument("--set {}: {}", assignment.substr(0, equals), Message(set));
  }
  const Setting* setting = FindSetting(assignment.substr(0, equals));
  if (!setting) {
    return InvalidArgument("--set {}: there is no setting {}; `wick config` prints all there are",
                           assignment, assignment.substr(0, equals));
  }
  if (absl::Status status = SetValue(*setting, assignment.substr(equals + 1), config);
      !status.ok()) {
    return InvalidArgument("--set {}: {}", assignment, Message(status));
  }
  return absl::OkStatus();
}

absl::StatusOr<ServerConfig> LoadConfig(const std::string& path,
                                        std::span<const std::string> overrides) {
  ServerConfig config = DefaultConfig();
  if (!path.empty()) {
    std::ifstream file(path, std::ios::binary);
    const std::string toml{std::istreambuf_iterator<char>(file), {}};
    if (!file.is_open() || file.bad()) {
      return Error(absl::StatusCode::kNotFound, "cannot read the configuration file {}", path);
    }
    WICK_RETURN_IF_ERROR(ApplyToml(toml, path, config));
  }
  for (const std::string& assignment : overrides) {
    WICK_RETURN_IF_ERROR(ApplyOverride(assignment, config));
  }
  WICK_RETURN_IF_ERROR(feed::CheckKafkaOptions(config.kafka));
  WICK_RETURN_IF_ERROR(cluster::CheckMapOptions(config.cluster));
  if (config.cluster.partitions > 0 && !config.kafka.partitions.empty()) {
    return InvalidArgument(
        "kafka.partitions is set, but a node of a cluster reads its share (cluster.shares): leave "
        "it empty");
  }
  return config;
}

std::string ConfigText(const ServerConfig& config) {
  std::string text =
      "# Configuration of wick. `wick serve --config FILE` reads it; `--set section.name=value` on "
      "the\n"
      "# command line overrides it. What is left out has its default.\n";
  std::string_view section;
  for (const Setting& setting : Settings()) {
    if (setting.section() != section) {
      section = setting.section();
      text += fmt::format("\n[{}]\n", section);
    }
    const std::string value = ValueText(setting, config);
    const bool bare = setting.kind == Kind::kCount || setting.kind == Kind::kFlag;
    text += fmt::format("# {}\n# ({})\n{} = {}\n", setting.help, DescribeBounds(setting),
                        setting.name(), bare ? value : Quoted(value));
  }
  text +=
      "\n# Any property of librdkafka, as security.protocol = \"ssl\". What is secret is not "
      "printed.\n[kafka.properties]\n";
  for (const auto& [name, value] : config.kafka.properties) {
    text += feed::IsSecretProperty(name) ? fmt::format("# {} = (secret)\n", name)
                                         : fmt::format("{} = {}\n", Quoted(name), Quoted(value));
  }
  return text;
}

}  // namespace wick::server
