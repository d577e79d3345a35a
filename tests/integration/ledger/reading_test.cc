// Looking at the rows beside what is written (Store::Read), in both stores.
#include <gtest/gtest.h>

#include <string>
#include <thread>

#include "tests/integration/ledger/stores.h"

namespace gw::ledger::testing {
namespace {

class ReadingTest : public StoreTest {
 protected:
  // `PENDING`, or `none`; and how many rows there are in all.
  std::string Look(const std::string& request_id) {
    std::string seen;
    const auto failure = store_->Read([&](Rows& rows) {
      const auto row = rows.Find({kCaller, request_id});
      seen = row ? std::string(StateName(row->state)) : "none";
      seen += " of " + std::to_string(rows.List({}).size());
    });
    return failure ? failure->what : seen;
  }
};
IN_BOTH_STORES(ReadingTest);

TEST_P(ReadingTest, SeesWhatIsCommittedEachTimeAnew) {
  EXPECT_EQ(Look("a"), "none of 0");
  act_.Bring(Given("a"), State::kPending);
  EXPECT_EQ(Look("a"), "PENDING of 1");
  act_.Settle("a", 1, Success());
  EXPECT_EQ(Look("a"), "SUCCEEDED of 1");
}

TEST_P(ReadingTest, NeitherWaitsForATransactionNorSeesIt) {
  act_.Bring(Given("a"), State::kPending);
  std::string seen_a, seen_b;
  act_.Do([&](Rows& rows) {
    Row row = *rows.Find({kCaller, "a"});
    row.state = State::kFailed;
    rows.Update(row);
    Row other = FirstRow(Given("b"), rows.Now());
    EXPECT_TRUE(rows.Insert(other));
    std::thread reader([&] {
      seen_a = Look("a");
      seen_b = Look("b");
    });
    reader.join();
  });
  EXPECT_EQ(seen_a, "PENDING of 1");
  EXPECT_EQ(seen_b, "none of 1");
  EXPECT_EQ(Look("a"), "FAILED of 2");
}

TEST_P(ReadingTest, KeepsNothingLocked) {
  act_.Bring(Given("a"), State::kPending);
  const auto failure = store_->Read([&](Rows& rows) {
    EXPECT_TRUE(rows.Find({kCaller, "a"}));
    std::thread writer([&] { act_.Settle("a", 1, Success()); });
    writer.join();
  });
  EXPECT_FALSE(failure);
  EXPECT_EQ(act_.Find("a").state, State::kSucceeded);
}

}  // namespace
}  // namespace gw::ledger::testing
