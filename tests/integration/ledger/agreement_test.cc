// SQLite's store does everything by operations.h; PostgreSQL's does most by statements of its own,
// which have to come to the same.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "service/ledger/email_key.h"
#include "service/ledger/sqlite_store.h"
#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

constexpr int kKeys = 6;

std::string Text(const Row& row) {
  return absl::StrCat(row.key.caller, "/", row.key.request_id, " ", row.examination_id, " ",
                      row.candidate_email, " ", row.email_key, " ", StateName(row.state), " ",
                      row.attempt, " ", row.resendable, " ", row.invite_id, " ", row.invite_link,
                      " ", row.error, row.owner.empty() ? "" : " owned",
                      row.create_time == row.update_time ? " as made" : " changed");
}

/// Makes the same works from the same seed.
class Story {
 public:
  explicit Story(uint32_t seed) : random_(seed) {}

  std::vector<Work> Next() {
    // Several in one group only where their order makes no difference.
    std::vector<Work> works;
    const int how_many = Pick(3) == 0 ? kKeys : 1;
    const bool alone = how_many == 1;
    for (int i = 0; i < how_many; ++i) works.push_back(One(alone ? Pick(kKeys) : i, alone));
    return works;
  }

 private:
  int Pick(int n) { return static_cast<int>(random_() % n); }
  std::string Email() {
    return absl::StrCat("C", Pick(3), Pick(2) ? "@Company.io" : "@company.io");
  }

  Work One(int key, bool alone) {
    const std::string id = absl::StrCat("k", key);
    const int what = Pick(alone ? 14 : 8);
    if (what < 4) {
      Intent intent = About(Given(id), Pick(3) ? "C0@company.io" : Email());
      intent.examination_id = Pick(8) ? 1 : 2;
      intent.may_start = Pick(8) != 0;
      intent.awaited_attempt = Pick(4) ? 0 : Pick(3);
      return BeginWork{intent, {}};
    }
    if (what < 7) {
      SettleWork settle;
      settle.key = {kCaller, id};
      settle.attempt = Pick(4) ? 1 : 1 + Pick(3);
      const auto verdict = static_cast<Outcome::Verdict>(Pick(4));
      settle.outcome =
          verdict == Outcome::Verdict::kSucceeded ? Success(1 + Pick(2)) : Not(verdict, "why");
      settle.note = "answered";
      return settle;
    }
    if (what == 7) return BeginWork{Resend(id), {}};
    if (what < 11) {
      Intent intent = About(Made(absl::StrCat("m", ++made_)), Email());
      intent.examination_id = 1 + Pick(2);
      if (Pick(2)) intent.dedupe_window = absl::Microseconds(1);
      return BeginWork{intent, {}};
    }
    const std::string email = Email();
    const int invite = 1 + Pick(2);
    const Resolution resolution = {
        Pick(2) ? Resolution::Kind::kConfirm : Resolution::Kind::kAbandon, invite, kLink};
    return OtherWork{[=](Rows& rows) {
      Row row;
      if (what == 11) MarkCancelled(rows, invite, "somebody");
      if (what == 12) ResolveRow(rows, {kCaller, id}, resolution, "a person", "seen", row);
      if (what == 13) Erase(rows, email, "a person");
    }};
  }

  std::mt19937 random_;
  int made_ = 0;
};

std::vector<std::string> Tell(Store& store, uint32_t seed) {
  Story story(seed);
  std::string told;
  for (int step = 0; step < 150; ++step) {
    std::vector<Work> works = story.Next();
    for (Work& work : works) {
      if (auto* begin = std::get_if<BeginWork>(&work)) begin->intent.owner = store.OwnerId();
    }
    const auto failure = store.Run(absl::MakeSpan(works));
    EXPECT_FALSE(failure) << failure->what;
    for (const Work& work : works) {
      absl::StrAppend(&told, step, ": ");
      if (const auto* begin = std::get_if<BeginWork>(&work)) {
        absl::StrAppend(&told, "begin ", begin->begun.kind, " ", Text(begin->begun.row));
      } else if (const auto* settle = std::get_if<SettleWork>(&work)) {
        absl::StrAppend(&told, "settle ", settle->settled, " ", Text(settle->row));
      }
      absl::StrAppend(&told, "\n");
    }
  }
  Actions(store).Do([&](Rows& rows) {
    std::vector<Row> all = rows.List({});
    // Within a group it is for the store to choose which is made first.
    std::sort(all.begin(), all.end(), [](const Row& a, const Row& b) { return a.key < b.key; });
    for (const Row& row : all) {
      absl::StrAppend(&told, Text(row), "\n");
      for (const Event& event : rows.Events(row.seq)) {
        absl::StrAppend(&told, "  ", StateName(event.state), " ", event.actor, " ", event.note, " ",
                        event.attempt, "\n");
      }
    }
  });
  return absl::StrSplit(told, '\n');
}

TEST(Agreement, BothStoresTellTheSameStory) {
  for (uint32_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(seed);
    gw::testing::TemporaryDirectory directory;
    SqliteStore::Options sqlite;
    sqlite.path = directory.path() + "/ledger.db";
    sqlite.hash_key = Secret(std::string("a key of both of them"));
    PostgresStore::Options postgres = PostgresOptions(Server().NewSchema());
    postgres.hash_key = sqlite.hash_key;
    auto reference = SqliteStore::Open(sqlite, SystemClock(), SystemRandom());
    ASSERT_TRUE(reference.ok());
    const auto store = OpenPostgres(postgres);
    const std::vector<std::string> told = Tell(*store, seed);
    const std::vector<std::string> expected = Tell(**reference, seed);
    ASSERT_EQ(told.size(), expected.size());
    for (size_t i = 0; i < told.size(); ++i) ASSERT_EQ(told[i], expected[i]) << "line " << i;
  }
}

}  // namespace
}  // namespace gw::ledger::testing
