// `concero report`: how candidates fared.
#include <memory>

#include "absl/strings/str_cat.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/show.h"

namespace concero::command {
namespace {

void Print(const Session& session, const v1::Report& report, bool one_of_many) {
  if (session.json()) {
    return session.terminal.Print(one_of_many ? JsonOf(report) : PrettyJsonOf(report));
  }
  ShowReport(session.terminal, report);
}

absl::Status Watch(Session& session, Client& client, int64_t invite_id,
                   std::optional<absl::Duration> every) {
  session.terminal.Say("waiting for the report to be final; end with Ctrl-C");
  session.SayIfAway(client, "waiting for it");
  bool first = true;
  return client.WatchReport(
      invite_id, every,
      [&](const v1::Report& report) {
        if (!std::exchange(first, false) && !session.json()) session.terminal.Print("");
        Print(session, report, true);
        return true;
      },
      session.endless());
}

}  // namespace

void AddReport(CLI::App& app, Session& session) {
  CLI::App& report = AddGroup(app, "report", "See how a candidate fared");

  CLI::App& get = *report.add_subcommand("get", "Show a report, complete or not");
  const auto invite = std::make_shared<int64_t>(0);
  get.add_option("INVITE", *invite, "Id of the invitation")->required()->check(kAboveZero);
  WhenChosen(get, session, [&session, invite] {
    return session.With([&](Client& client) {
      const auto answer = client.GetReport(*invite, session.call());
      if (answer.ok()) Print(session, *answer, false);
      return answer.status();
    });
  });

  CLI::App& watch =
      *report.add_subcommand("watch", "Show a report whenever it changes, until it is final");
  const auto every = std::make_shared<absl::Duration>();
  watch.add_option("INVITE", *invite, "Id of the invitation")->required()->check(kAboveZero);
  CLI::Option* const interval = AddDuration(
      watch, "--every", *every, "How often Concero is asked; the gateway has a least interval");
  WhenChosen(watch, session, [&session, invite, every, interval] {
    return session.With([&](Client& client) {
      return Watch(session, client, *invite,
                   interval->empty() ? std::nullopt : std::optional(*every));
    });
  });
}

}  // namespace concero::command
