#include "service/app/status_reader.h"

#include <google/protobuf/stubs/common.h>
#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <array>

#include "service/app/config_text.h"
#include "service/http/library_versions.h"

namespace gw::app {
namespace {

std::string HostName() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "this machine";
}

std::vector<std::pair<std::string, std::string>> Build() {
  std::vector<std::pair<std::string, std::string>> build = {
      {"grpc", grpc::Version()},
      {"protobuf", google::protobuf::internal::VersionString(GOOGLE_PROTOBUF_VERSION)}};
  for (auto& version : http::LibraryVersions()) build.push_back(std::move(version));
  build.emplace_back("compiler", __VERSION__);
  return build;
}

}  // namespace

StatusReader::StatusReader(const gateway::config::v1::Config& config, const Parts& parts)
    : parts_(parts),
      started_(parts.clock.Now()),
      host_(HostName()),
      configuration_(ConfigText(config)) {}

admin::Status StatusReader::Read() const {
  admin::Status status;
  status.now = parts_.clock.WallNow();
  status.uptime = parts_.clock.Now() - started_;
  status.host = host_;
  status.version = GATEWAY_VERSION;
  status.build = Build();
  status.serving = parts_.health.serving();
  for (const auto& [name, component] : parts_.health.components()) {
    status.components.push_back({name, component.well, component.reason, component.breaker});
  }
  for (const Upstream* upstream : parts_.upstreams) status.upstreams.push_back(upstream->Seen());
  if (parts_.concero != nullptr) status.cache = parts_.concero->CacheSeen();
  if (parts_.ledger != nullptr) status.ledger = parts_.ledger->Seen();
  if (parts_.tls != nullptr) status.certificates = {{"grpc_tls", parts_.tls->not_after()}};
  status.calls = parts_.calls.history().LastHour();
  status.callers = parts_.calls.Callers();
  status.calls_active = parts_.prologue.working();
  status.watchers = parts_.prologue.watching();
  status.held_bytes = static_cast<int64_t>(parts_.memory.held());
  status.configuration = configuration_;
  return status;
}

}  // namespace gw::app
