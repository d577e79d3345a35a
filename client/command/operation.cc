// `concero preflight` and `concero health`: how the gateway is.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

using gateway::v1::PreflightResponse;

Table::Cell ResultCell(gateway::v1::PreflightResult result) {
  Tint tint = Tint::kFaint;
  if (result == gateway::v1::PREFLIGHT_RESULT_OK) tint = Tint::kGood;
  if (result == gateway::v1::PREFLIGHT_RESULT_FAILED) tint = Tint::kBad;
  const std::string full = gateway::v1::PreflightResult_Name(result);
  return {absl::AsciiStrToLower(absl::StripPrefix(full, "PREFLIGHT_RESULT_")), tint};
}

// Whether all is well.
bool Print(const Session& session, const PreflightResponse& response) {
  bool well = true;
  Table table({"UPSTREAM", "CHECK", "", ""});
  for (const auto& upstream : response.upstreams()) {
    for (const auto& check : upstream.checks()) {
      well = well && check.result() != gateway::v1::PREFLIGHT_RESULT_FAILED;
      table.Add({upstream.upstream(), check.name(), ResultCell(check.result()), check.seen()});
      if (!check.advice().empty()) table.Add({"", "", "", {check.advice(), Tint::kDoubtful}});
    }
  }
  if (session.json()) {
    session.terminal.Print(PrettyJsonOf(response));
  } else {
    table.Print(session.terminal);
  }
  return well;
}

const char* NameOf(Health health) {
  switch (health) {
    case Health::kServing:
      return "serving";
    case Health::kNotServing:
      return "not serving";
    case Health::kUnknown:
      return "unknown";
  }
  return "";
}

}  // namespace

void AddPreflight(CLI::App& app, Session& session) {
  CLI::App& preflight =
      *app.add_subcommand("preflight", "Have the gateway look at its way to the upstreams");
  const auto upstreams = std::make_shared<std::vector<std::string>>();
  preflight.add_option("UPSTREAM", *upstreams, "concero, proctorexam; all when none is named");
  WhenChosen(preflight, session, [&session, upstreams] {
    bool well = true;
    const ExitCode code = session.With([&](Client& client) {
      const auto response = client.Preflight(*upstreams, session.call());
      if (response.ok()) well = Print(session, *response);
      return response.status();
    });
    return code == kOk && !well ? kFailed : code;
  });
}

void AddHealth(CLI::App& app, Session& session) {
  CLI::App& health =
      *app.add_subcommand("health", "Ask whether the gateway, or a part of it, serves");
  const auto name = std::make_shared<std::string>();
  health.add_option("NAME", *name,
                    "concero, proctorexam, ledger, or a service's full name; the whole otherwise");
  WhenChosen(health, session, [&session, name] {
    Health seen = Health::kUnknown;
    const ExitCode code = session.With([&](Client& client) {
      const auto answer = client.CheckHealth(*name, session.call());
      if (answer.ok()) seen = *answer;
      return answer.status();
    });
    if (code != kOk) return code;
    if (session.json()) {
      session.terminal.Print(
          JsonObject().Text("name", *name).Text("health", NameOf(seen)).Finish());
    } else {
      session.terminal.Print(session.terminal.Tinted(
          NameOf(seen), seen == Health::kServing ? Tint::kGood : Tint::kBad));
    }
    return seen == Health::kServing ? kOk : kUnavailable;
  });
}

}  // namespace concero::command
