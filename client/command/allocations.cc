// `concero allocations`: the ledger of invitations.
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/commands.h"
#include "client/command/json.h"
#include "client/command/limits.h"
#include "client/command/show.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

constexpr char kStates[] = "pending|succeeded|failed|in-doubt|cancelled|abandoned";

void Print(const Session& session, const v1::Allocation& allocation) {
  if (session.json()) return session.terminal.Print(PrettyJsonOf(allocation));
  ShowAllocation(session.terminal, allocation);
}

struct RowsOptions {
  AllocationFilter filter;
  Limits limits{50};
};

absl::Status ListRows(Session& session, Client& client, const RowsOptions& options) {
  const auto found = client.ListAllocations(options.filter, options.limits.most(), session.call());
  if (!found.ok()) return found.status();
  if (session.json()) {
    session.terminal.Print(JsonOfAll(*found));
    return absl::OkStatus();
  }
  Table table({"MADE (UTC)", "STATE", "EXAM#", "CANDIDATE", "INVITATION#", "REQUEST ID"});
  for (const v1::Allocation& a : *found) {
    table.Add({TimeText(a.has_create_time(), a.create_time()), StateCell(a.state()),
               absl::StrCat(a.examination_id()), a.candidate_email(),
               a.invite_id() == 0 ? "" : absl::StrCat(a.invite_id()), a.request_id()});
  }
  options.limits.Print(session.terminal, table, "newest");
  return absl::OkStatus();
}

void AddList(CLI::App& allocations, Session& session) {
  CLI::App& list = *allocations.add_subcommand("list", "List allocations, newest first");
  const auto options = std::make_shared<RowsOptions>();
  list.add_option_function<std::string>(
          "--state",
          [options](const std::string& name) {
            options->filter.state = StateOf(name);
            if (options->filter.state != v1::ALLOCATION_STATE_UNSPECIFIED) return;
            throw CLI::ValidationError("'" + name + "' is no state: one of " + kStates);
          },
          "Only those in this state")
      ->type_name(kStates);
  list.add_option("--exam", options->filter.examination_id, "Only those of this examination")
      ->check(kAboveZero)
      ->type_name("ID");
  list.add_option("--email", options->filter.candidate_email, "Only those of this candidate")
      ->check(kNotEmpty)
      ->type_name("EMAIL");
  list.add_option("--caller", options->filter.caller, "Those of another caller, if you may")
      ->type_name("NAME");
  options->limits.AddTo(list);
  WhenChosen(list, session, [&session, options] {
    return session.With([&](Client& client) { return ListRows(session, client, *options); });
  });
}

struct GetOptions {
  AllocationKey key;
  int64_t invite_id = 0;
};

void AddGet(CLI::App& allocations, Session& session) {
  CLI::App& get = *allocations.add_subcommand("get", "Show an allocation and what happened to it");
  const auto options = std::make_shared<GetOptions>();
  CLI::Option* const id =
      get.add_option("REQUEST_ID", options->key.request_id, "The id that it was asked for with");
  CLI::Option* const invite =
      get.add_option("--invite", options->invite_id, "The id of its invitation instead")
          ->check(kAboveZero)
          ->type_name("ID")
          ->excludes(id);
  get.add_option("--caller", options->key.caller, "Of another caller, if you may")
      ->type_name("NAME");
  WhenChosen(get, session, [&session, options, id, invite] {
    if (id->empty() && invite->empty()) {
      return session.terminal.FailUsage("name a request id, or an invitation by --invite");
    }
    return session.With([&](Client& client) {
      const auto found = invite->empty()
                             ? client.GetAllocation(options->key, session.call())
                             : client.GetAllocationOfInvite(options->invite_id, options->key.caller,
                                                            session.call());
      if (found.ok()) Print(session, *found);
      return found.status();
    });
  });
}

struct ResolveOptions {
  AllocationKey key;
  int64_t confirm = 0;
  std::string link, note;
  bool abandon = false, resend = false;
};

absl::Status Resolve(Session& session, Client& client, const ResolveOptions& o) {
  const auto settled =
      o.abandon  ? client.AbandonAllocation(o.key, o.note, session.call())
      : o.resend ? client.ResendAllocation(o.key, o.note, session.call())
                 : client.ConfirmAllocation(o.key, o.confirm, o.link, o.note, session.call());
  if (settled.ok()) Print(session, *settled);
  return settled.status();
}

void AddResolve(CLI::App& allocations, Session& session) {
  CLI::App& resolve = *allocations.add_subcommand(
      "resolve", "Settle an allocation that is in doubt, after a look into Concero's portal");
  const auto options = std::make_shared<ResolveOptions>();
  resolve.add_option("REQUEST_ID", options->key.request_id, "The id that it was asked for with")
      ->required();
  CLI::Option* const confirm = resolve
                                   .add_option("--confirm", options->confirm,
                                               "The candidate was invited: the invitation's id")
                                   ->check(kAboveZero)
                                   ->type_name("INVITE");
  CLI::Option* const abandon = resolve.add_flag("--abandon", options->abandon,
                                                "The candidate was not invited, and will not be");
  CLI::Option* const resend = resolve.add_flag("--resend", options->resend,
                                               "The candidate was not invited: send it once more");
  abandon->excludes(confirm);
  resend->excludes(confirm)->excludes(abandon);
  resolve.add_option("--link", options->link, "The invitation's link, with --confirm")
      ->type_name("URL")
      ->needs(confirm);
  resolve.add_option("--note", options->note, "For the allocation's trail")->type_name("TEXT");
  resolve.add_option("--caller", options->key.caller, "Of another caller, if you may")
      ->type_name("NAME");
  WhenChosen(resolve, session, [&session, options, confirm] {
    if (confirm->empty() && !options->abandon && !options->resend) {
      return session.terminal.FailUsage("say how: --confirm INVITE, --abandon or --resend");
    }
    return session.With([&](Client& client) { return Resolve(session, client, *options); });
  });
}

}  // namespace

void AddAllocations(CLI::App& app, Session& session) {
  CLI::App& allocations =
      AddGroup(app, "allocations", "See what became of invitations, and settle those in doubt");
  AddList(allocations, session);
  AddGet(allocations, session);
  AddResolve(allocations, session);
}

}  // namespace concero::command
