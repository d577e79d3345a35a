#include "tests/integration/ledger/stores.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "service/ledger/email_key.h"
#include "service/ledger/sqlite_store.h"

namespace gw::ledger::testing {
namespace {

class SqlitePlace : public Place {
 public:
  std::unique_ptr<Store> Open() override {
    SqliteStore::Options options;
    options.path = directory_.path() + "/ledger.db";
    auto store = SqliteStore::Open(options, SystemClock(), SystemRandom());
    EXPECT_TRUE(store.ok()) << store.status();
    return store.ok() ? *std::move(store) : nullptr;
  }

 private:
  gw::testing::TemporaryDirectory directory_;
};

class PostgresPlace : public Place {
 public:
  std::unique_ptr<Store> Open() override { return OpenPostgres(PostgresOptions(url_)); }

 private:
  const std::string url_ = Server().NewSchema();
};

}  // namespace

gw::testing::PostgresServer& Server() {
  static gw::testing::PostgresServer server;
  return server;
}

PostgresStore::Options PostgresOptions(const std::string& url) {
  PostgresStore::Options options;
  options.url = Secret(std::string(url));
  options.lease = absl::Minutes(10);
  options.renew_every = absl::Milliseconds(100);
  options.patience = absl::Seconds(30);
  return options;
}

std::unique_ptr<Store> OpenPostgres(const PostgresStore::Options& options) {
  auto store = PostgresStore::Open(options, SystemClock(), SystemRandom());
  EXPECT_TRUE(store.ok()) << store.status();
  if (!store.ok()) return nullptr;
  EXPECT_TRUE(Await([&] { return !(*store)->OwnerId().empty(); }));
  return *std::move(store);
}

std::unique_ptr<Place> MakePlace(const std::string& name) {
  if (name == "sqlite") return std::make_unique<SqlitePlace>();
  return std::make_unique<PostgresPlace>();
}

Intent Given(const std::string& request_id) {
  Intent intent;
  intent.key = {kCaller, request_id};
  intent.examination_id = kExamination;
  intent.actor = kCaller;
  return About(std::move(intent), kEmail);
}

Intent Made(const std::string& request_id) {
  Intent intent = Given(request_id);
  intent.kind = Intent::Kind::kMadeId;
  intent.dedupe_window = absl::Hours(1);
  return intent;
}

Intent Resend(const std::string& request_id) {
  Intent intent;
  intent.kind = Intent::Kind::kResend;
  intent.key = {kCaller, request_id};
  intent.actor = "a person";
  intent.note = "asked on the phone";
  return intent;
}

Intent About(Intent intent, const std::string& email) {
  intent.candidate_email = TrimmedEmail(email);
  intent.email_key = EmailKeyOf(email);
  return intent;
}

Outcome Success(int64_t invite_id) {
  Outcome outcome;
  outcome.verdict = Outcome::Verdict::kSucceeded;
  outcome.invite_id = invite_id;
  outcome.invite_link = kLink;
  return outcome;
}

Outcome Not(Outcome::Verdict verdict, const std::string& error) {
  Outcome outcome;
  outcome.verdict = verdict;
  outcome.error = error;
  return outcome;
}

Begun Actions::Begin(Intent intent) {
  intent.owner = store_->OwnerId();
  Work work = BeginWork{std::move(intent), {}};
  const auto failure = store_->Run(absl::MakeSpan(&work, 1));
  EXPECT_FALSE(failure) << failure->what;
  return std::get<BeginWork>(work).begun;
}

SettleWork Actions::Settle(const std::string& request_id, int attempt, const Outcome& outcome) {
  SettleWork settle;
  settle.key = {kCaller, request_id};
  settle.attempt = attempt;
  settle.outcome = outcome;
  settle.note = "answered";
  Work work = std::move(settle);
  const auto failure = store_->Run(absl::MakeSpan(&work, 1));
  EXPECT_FALSE(failure) << failure->what;
  return std::get<SettleWork>(work);
}

void Actions::Do(const std::function<void(Rows&)>& run) {
  Work work = OtherWork{run};
  const auto failure = store_->Run(absl::MakeSpan(&work, 1));
  EXPECT_FALSE(failure) << failure->what;
}

Row Actions::Find(const std::string& request_id) {
  Row row;
  Do([&](Rows& rows) { row = rows.Find({kCaller, request_id}).value_or(Row()); });
  return row;
}

std::vector<Event> Actions::Events(const std::string& request_id) {
  std::vector<Event> events;
  Do([&](Rows& rows) {
    const auto row = rows.Find({kCaller, request_id});
    events = row ? rows.Events(row->seq) : std::vector<Event>();
  });
  return events;
}

std::string Actions::Trail(const std::string& request_id) {
  return absl::StrJoin(Events(request_id), " ", [](std::string* out, const Event& event) {
    absl::StrAppend(out, StateName(event.state));
  });
}

Row Actions::Bring(const Intent& intent, State state, bool resendable) {
  const Begun begun = Begin(intent);
  EXPECT_EQ(begun.kind, Begun::Kind::kStart);
  const std::string& id = intent.key.request_id;
  using Verdict = Outcome::Verdict;
  switch (state) {
    case State::kPending:
      return begun.row;
    case State::kSucceeded:
      return Settle(id, begun.row.attempt, Success()).row;
    case State::kFailed:
      return Settle(id, begun.row.attempt,
                    Not(resendable ? Verdict::kNotExecuted : Verdict::kFailed, "why"))
          .row;
    case State::kInDoubt:
      return Settle(id, begun.row.attempt, Not(Verdict::kInDoubt, "no answer")).row;
    case State::kCancelled:
      Settle(id, begun.row.attempt, Success());
      Do([](Rows& rows) { MarkCancelled(rows, kInvite, "somebody"); });
      break;
    case State::kAbandoned:
      Settle(id, begun.row.attempt, Not(Verdict::kInDoubt, "no answer"));
      Do([&](Rows& rows) {
        Row ignored;
        ResolveRow(rows, intent.key, {}, "a person", "given up", ignored);
      });
      break;
  }
  return Find(id);
}

StoreTest::StoreTest() : place_(MakePlace(GetParam())), store_(place_->Open()), act_(*store_) {}

void StoreTest::Reopen() {
  store_->Release();
  store_.reset();
  store_ = place_->Open();
  act_ = Actions(*store_);
}

std::optional<StoreFailure> StoreTest::Run(std::vector<Work>& works) {
  for (Work& work : works) {
    if (auto* begin = std::get_if<BeginWork>(&work)) begin->intent.owner = store_->OwnerId();
  }
  return store_->Run(absl::MakeSpan(works));
}

}  // namespace gw::ledger::testing
