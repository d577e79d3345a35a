// concero-gateway: the program.
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "service/admin/health_check.h"
#include "service/app/config.h"
#include "service/app/explain.h"
#include "service/app/gateway.h"
#include "service/app/library_logs.h"
#include "service/app/policy_file.h"
#include "service/app/preflight_command.h"
#include "service/app/secrets.h"
#include "service/base/base_url.h"
#include "service/base/clock.h"
#include "service/base/local_end.h"
#include "service/observe/log.h"
#include "service/observe/log_writer.h"
#include "service/rpc/caller.h"
#include "service/rpc/policy.h"
#include "service/rpc/proto_time.h"

// jemalloc's settings (jemalloc(3)), where the program is linked with it. As many arenas as there
// are threads that calls live on: the others allocate little, and each costs memory.
extern "C" {
const char* malloc_conf = "narenas:2";
}

namespace {

using gw::observe::Log;
using gw::observe::LogLevel;

constexpr int kRuntimeError = 1;
constexpr int kConfigurationError = 2;

LogLevel LevelOf(const std::string& name) {
  if (name == "debug") return LogLevel::kDebug;
  if (name == "warn") return LogLevel::kWarn;
  if (name == "error") return LogLevel::kError;
  return LogLevel::kInfo;
}

// Enough for a burst of calls that fail; some megabytes.
constexpr size_t kMaxWaitingLogLines = 8192;
// For the last lines, when whatever reads them has stopped reading.
constexpr absl::Duration kLogPatience = absl::Seconds(1);

// What is as it was configured, but cannot be used as it is now, is no fault of the configuration.
int CodeOf(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) ? kRuntimeError : kConfigurationError;
}

int Fail(const absl::Status& status) {
  gw::observe::FlushLines(kLogPatience);
  gw::observe::WriteLine(absl::StrCat("concero-gateway: ", status.message()));
  gw::observe::FlushLines(kLogPatience);
  return CodeOf(status);
}

// Thousands of calls in flight need as many descriptors; the soft limit is often 1,024.
void RaiseDescriptorLimit() {
  rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// A core file would hold the keys. And not by its limit alone, which does not count where the
// kernel hands cores to a program: nor may another process of the same user read this one's memory.
void ForbidCoreFiles() {
  const rlimit none{0, 0};
  setrlimit(RLIMIT_CORE, &none);
#ifndef __SANITIZE_ADDRESS__  // its leak checker looks at the process from outside
  prctl(PR_SET_DUMPABLE, 0);
#endif
}

sigset_t TerminationSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  return signals;
}

// A second signal stops at once, wherever the drain is.
void WatchForSecondSignal(const sigset_t& signals) {
  std::thread([signals] {
    int signal;
    sigwait(&signals, &signal);
    gw::observe::FlushLines(kLogPatience);
    std::_Exit(kRuntimeError);
  }).detach();
}

// Before any thread is made, and any connection.
void Prepare(const gw::app::Secrets& secrets) {
  signal(SIGPIPE, SIG_IGN);
  unsetenv("SSLKEYLOGFILE");  // libcurl would write the keys of every TLS session there
  ForbidCoreFiles();
  gw::app::HideInLogs(secrets);
}

int Preflight(const gateway::config::v1::Config& config, const gw::app::Secrets& secrets) {
  Prepare(secrets);
  gw::observe::SetLogLevel(LogLevel::kError);  // the table says what a warning would
  return gw::app::RunPreflight(config, secrets, std::cout) ? EXIT_SUCCESS : kRuntimeError;
}

// It may come later, so this is no error.
void WarnOfMissingLocalEnd(const gateway::config::v1::EgressConfig& egress,
                           std::vector<std::string>& warnings) {
  if (egress.interface().empty() || gw::IsHere(gw::ParseLocalEnd(egress.interface()).value())) {
    return;
  }
  warnings.emplace_back(
      "egress.interface: this machine has no such interface or address now; until it has, no "
      "upstream can be reached");
}

int Serve(const gateway::config::v1::Config& config, gw::app::Secrets secrets,
          const std::vector<std::string>& warnings) {
  // Blocked before any thread is made, so that only sigwait sees them.
  const sigset_t signals = TerminationSignals();
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  signal(SIGHUP, SIG_IGN);  // the end of somebody's terminal is not the end of the service
  Prepare(secrets);
  RaiseDescriptorLimit();

  gw::observe::SetLogLevel(LevelOf(config.log().level()));
  gw::observe::LogInBackground(kMaxWaitingLogLines);
  for (const std::string& warning : warnings) {
    Log(LogLevel::kWarn, "configuration", {{"message", warning}});
  }
  auto gateway = gw::app::Gateway::Start(config, std::move(secrets));
  if (!gateway.ok()) return Fail(gateway.status());
  const std::string grpc = (*gateway)->grpc_address(), admin = (*gateway)->admin_address();
  std::cout << absl::StrCat("{\"event\":\"listening\",\"grpc\":\"", grpc, "\",\"admin\":\"", admin,
                            "\"}")
            << std::endl;
  Log(LogLevel::kInfo, "listening", {{"grpc", grpc}, {"admin", admin}});

  int signal;
  sigwait(&signals, &signal);
  WatchForSecondSignal(signals);
  Log(LogLevel::kInfo, "draining", {{"signal", strsignal(signal)}});
  (*gateway)->AnnounceDrain();
  absl::SleepFor(gw::rpc::ToDuration(config.shutdown().pause()));
  if ((*gateway)->Drain()) {
    gateway->reset();
    Log(LogLevel::kInfo, "stopped");
    gw::observe::FlushLines(kLogPatience);
    return gw::app::StoppedListening() ? kRuntimeError : EXIT_SUCCESS;
  }
  Log(LogLevel::kWarn, "stopped_without_ledger",
      {{"advice", "what could not be recorded is in doubt after the next start"}});
  gw::observe::FlushLines(kLogPatience);
  std::_Exit(EXIT_SUCCESS);
}

int CheckHealth(const gateway::config::v1::AdminConfig& admin) {
  const auto listen = gw::ParseHostPort(admin.listen());
  absl::Status status = listen.status();
  if (status.ok()) status = gw::admin::CheckHealth(listen->host, listen->port, gw::SystemClock());
  if (status.ok()) return EXIT_SUCCESS;
  Fail({status.code(), absl::StrCat("admin.listen: ", status.message())});
  return kRuntimeError;
}

// What --check-config prints of a configuration that is right.
int Check(const std::string& path, const gateway::config::v1::Config& config,
          const std::vector<std::string>& warnings, const std::string& caller,
          const std::string& method) {
  std::optional<gw::rpc::Policy> policy;
  const std::string& policy_file = config.authorization().policy_file();
  if (config.has_authorization()) {
    auto read = gw::app::ReadPolicyFile(policy_file);
    if (!read.ok()) {
      return Fail({read.status().code(),
                   absl::StrCat("authorization.policy_file: ", read.status().message())});
    }
    policy = *std::move(read);
  }
  for (const std::string& warning : warnings) std::cerr << "warning: " << warning << "\n";
  std::cout << path << ": ok" << std::endl;
  if (policy) std::cout << policy_file << ": " << gw::app::RuleCount(*policy) << std::endl;
  if (!method.empty()) {
    const auto said = gw::app::Explain(policy ? &*policy : nullptr, caller, method);
    for (const std::string& note : said.notes) std::cerr << "warning: " << note << "\n";
    std::cout << said.verdict << std::endl;
  }
  return EXIT_SUCCESS;
}

}  // namespace

int main(int argc, char** argv) {
  // Debian's abseil is a debug build in this: each lock of gRPC's would go into one graph for all
  // threads, under one more lock, to see whether it can ever lead to a deadlock.
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  CLI::App cli{"One gRPC service in front of the Concero assessment portal and ProctorExam."};
  std::string path, method, caller{gw::rpc::kAnonymous};
  bool check = false, preflight = false, health = false;
  cli.add_option("--config", path, "The configuration file (YAML)")->required();
  auto* const checks = cli.add_flag("--check-config", check,
                                    "Check the configuration and the files it names, and exit");
  auto* const asks = cli.add_option("--method", method,
                                    "With --check-config: print which rule of the policy decides "
                                    "about package.Service/Method; exits with 0 either way")
                         ->needs(checks);
  cli.add_option("--caller", caller, "With --method: who calls (default: anonymous)")->needs(asks);
  cli.add_flag("--preflight", preflight,
               "Look at the way to each upstream, say what to do where it is not open, and exit");
  cli.add_flag("--health-check", health,
               "Ask the gateway that runs with this configuration whether it serves, and exit");
  cli.set_version_flag("--version", std::string("concero-gateway ") + GATEWAY_VERSION);
  cli.footer(
      "Exit codes: 0 stopped by a signal, 1 runtime error, a failed preflight or health check, 2 "
      "wrong configuration or usage.");
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return cli.exit(error) == 0 ? EXIT_SUCCESS : kConfigurationError;
  }

  std::vector<std::string> warnings;
  auto config = gw::app::LoadConfig(path, &warnings);
  if (!config.ok()) return Fail(config.status());
  if (health) return CheckHealth(config->admin());
  ForbidCoreFiles();
  auto secrets = gw::app::ReadSecrets(*config);
  if (!secrets.ok()) return Fail(secrets.status());
  WarnOfMissingLocalEnd(config->egress(), warnings);
  if (check) return Check(path, *config, warnings, caller, method);
  if (preflight) return Preflight(*config, *secrets);
  return Serve(*config, *std::move(secrets), warnings);
}
