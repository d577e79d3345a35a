#include "service/app/library_logs.h"

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <signal.h>
#include <unistd.h>

#include <atomic>
#include <string>

#include "absl/strings/match.h"
#include "service/observe/log.h"

namespace gw::app {
namespace {

std::atomic<bool> stopped_listening{false};

void LogGrpc(gpr_log_func_args* args) {
  if (absl::StartsWith(args->message, "Failed accept4") && !stopped_listening.exchange(true)) {
    observe::Log(observe::LogLevel::kError, "stopped_listening",
                 {{"message", args->message},
                  {"advice", "raise the limit of open files (ulimit -n, LimitNOFILE=)"}});
    kill(getpid(), SIGTERM);
  }
  observe::Log(observe::LogLevel::kDebug, "grpc", {{"message", args->message}});
}

// A text that is not UTF-8, for one, of whoever sent it.
void LogProtobuf(google::protobuf::LogLevel, const char*, int, const std::string& message) {
  observe::Log(observe::LogLevel::kDebug, "protobuf", {{"message", message}});
}

}  // namespace

void AdoptLibraryLogs() {
  gpr_set_log_function(&LogGrpc);
  google::protobuf::SetLogHandler(&LogProtobuf);
}

bool StoppedListening() { return stopped_listening; }

}  // namespace gw::app
