#include "service/app/config.h"

#include <cerrno>
#include <cstdio>
#include <memory>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "service/app/config_defaults.h"
#include "service/app/config_rules.h"
#include "service/app/config_support.h"
#include "service/app/field_path.h"
#include "service/app/yaml_reader.h"
#include "service/app/yaml_tree.h"

namespace gw::app {
namespace {

using gateway::config::v1::Config;

// A rule's `KEY: …` with the place where the file sets the key, or the section that lacks it.
absl::Status AtItsLine(const absl::Status& status, absl::string_view name, const KeyLines& lines) {
  const absl::string_view message = status.message();
  std::string key(message.substr(0, message.find(": ")));  // a caller's name has colons, too
  while (true) {
    if (const auto found = lines.find(key); found != lines.end()) {
      return absl::Status(status.code(), absl::StrCat(name, ":", found->second, ": ", message));
    }
    const size_t dot = key.rfind('.');
    if (dot == std::string::npos)
      return absl::Status(status.code(), absl::StrCat(name, ": ", message));
    key.resize(dot);
  }
}

// A template whose variable is empty must not take away what somebody asks for, such as callers'
// certificates, and say nothing.
absl::Status RefuseEmptyTexts(const Config& config, const KeyLines& lines) {
  for (const absl::string_view key :
       {"grpc.tls.client_ca_file", "log.hash_key_file", "egress.proxy",
        "egress.proxy_credentials_file", "egress.interface", "egress.ca_file", "egress.echo_url"}) {
    if (lines.count(std::string(key)) == 0 || FindField(config, key).IsSet()) continue;
    return absl::InvalidArgumentError(
        absl::StrCat(key, ": is empty; leave it out, or give it a value"));
  }
  return absl::OkStatus();
}

// At most one byte more than may be read, so that the reader sees that there is too much.
absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const auto failed = [&path](int error) {
    return absl::ErrnoToStatus(error, absl::StrCat(path, ": cannot be read"));
  };
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"),
                                                             &std::fclose);
  if (file == nullptr) return failed(errno);
  std::string text(kMaxYamlBytes + 1, '\0');
  errno = 0;
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) return failed(errno);
  return text;
}

}  // namespace

absl::StatusOr<Config> ParseConfig(absl::string_view text, absl::string_view name,
                                   std::vector<std::string>* warnings) {
  // Read twice: alone, to see what the operator wrote, and over the defaults. Merging the two
  // messages would not do, since to protobuf a 0 in a Duration is nothing to merge.
  Config user;
  KeyLines lines;
  if (absl::Status status = ReadYaml(text, name, &user, &lines); !status.ok()) return status;
  Config config = DefaultsFor(user);
  if (absl::Status status = ReadYaml(text, name, &config); !status.ok()) return status;
  absl::Status status = RefuseEmptyTexts(config, lines);
  if (status.ok()) status = ValidateConfig(config);
  if (!status.ok()) return AtItsLine(status, name, lines);
  if (warnings != nullptr) {
    for (std::string& warning : WarnOfNoEffect(user)) warnings->push_back(std::move(warning));
  }
  return config;
}

absl::StatusOr<Config> LoadConfig(const std::string& path, std::vector<std::string>* warnings) {
  const auto text = ReadFile(path);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path, warnings);
}

}  // namespace gw::app
