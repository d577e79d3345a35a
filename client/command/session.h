// What all commands share: the options before the command's own, and the connection.
#pragma once

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/command/exit_code.h"
#include "client/command/interrupt.h"
#include "client/command/terminal.h"
#include "concero_gateway/client.h"

namespace concero::command {

struct Globals {
  std::string gateway = "127.0.0.1:50051";
  TlsOptions tls;
  absl::Duration timeout = absl::Seconds(30);
  Output output = Output::kTable;
  bool no_color = false;
  bool quiet = false;
};

/// Thread safety: none, but for what its parts say.
class Session {
 public:
  /// It outlives it.
  explicit Session(Interrupt& interrupt) : interrupt_(interrupt), cancel_(interrupt.token()) {}

  Globals globals;
  Terminal terminal;

  /// The command that was asked for, to be run when all options are known.
  std::function<ExitCode()> chosen;

  /// To be called once all options are known.
  void Apply() {
    if (globals.no_color) terminal.UseColor(false);
    if (globals.quiet) terminal.BeQuiet();
    terminal.SetOutput(globals.output);
  }

  bool json() const { return globals.output == Output::kJson; }
  std::stop_token cancel() const { return cancel_; }
  CallOptions call() const { return {globals.timeout, cancel_, ""}; }
  /// For what lasts as long as the user likes.
  CallOptions endless() const { return {absl::ZeroDuration(), cancel_, ""}; }

  /// Runs `run` with a client. What it, or the connection, fails with is told.
  ExitCode With(const std::function<absl::Status(Client&)>& run);

  /// Says so when the gateway does not answer soon, and `then` what is done about it: nothing else
  /// would be seen for long.
  void SayIfAway(Client& client, absl::string_view then) const;

  ExitCode Fail(const absl::Status& status) const { return terminal.Fail(status); }

 private:
  Interrupt& interrupt_;
  const std::stop_token cancel_;
};

}  // namespace concero::command
