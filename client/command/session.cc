#include "client/command/session.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"

namespace concero::command {
namespace {

constexpr absl::Duration kSoon = absl::Seconds(3);

}  // namespace

ExitCode Session::With(const std::function<absl::Status(Client&)>& run) {
  ClientOptions options;
  options.target = globals.gateway;
  options.timeout = globals.timeout;
  const TlsOptions& tls = globals.tls;
  if (!tls.ca_file.empty() || !tls.cert_file.empty() || !tls.key_file.empty() ||
      !tls.server_name.empty()) {
    options.tls = tls;
  }
  const auto client = Client::Connect(std::move(options));
  // Not refused by anybody: what was given is wrong.
  if (!client.ok()) return terminal.FailUsage(client.status().message());
  interrupt_.SetBusy(true);
  const absl::Status status = run(**client);
  interrupt_.SetBusy(false);
  if (status.ok()) return kOk;
  if (absl::IsCancelled(status) && cancel_.stop_requested()) {
    terminal.Say("interrupted");
    return kInterrupted;
  }
  return Fail(status);
}

void Session::SayIfAway(Client& client, absl::string_view then) const {
  const absl::Status health = client.CheckHealth("", {kSoon, cancel_, ""}).status();
  if (!absl::IsUnavailable(health) && !absl::IsDeadlineExceeded(health)) return;
  terminal.Say(absl::StrCat("the gateway at ", globals.gateway, " does not answer; ", then, " (",
                            health.message(), ")"));
}

}  // namespace concero::command
