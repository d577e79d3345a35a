// Both stores, for tests of what they have in common; and the works that such tests are made of.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "service/base/clock.h"
#include "service/base/random.h"
#include "service/ledger/operations.h"
#include "service/ledger/postgres_store.h"
#include "service/ledger/store.h"
#include "tests/support/await.h"
#include "tests/support/postgres_server.h"
#include "tests/support/process.h"

namespace gw::ledger::testing {

/// The server of this program: started when first asked for, ended with the program.
gw::testing::PostgresServer& Server();

/// Keeps no test waiting that is not about leases, and ends no lease on a busy machine.
PostgresStore::Options PostgresOptions(const std::string& url);
/// Opens it, and waits until something can be begun.
std::unique_ptr<Store> OpenPostgres(const PostgresStore::Options& options);

using gw::testing::Await;

inline constexpr char kCaller[] = "spiffe://example.org/hr";
inline constexpr char kEmail[] = "Arjun.Mehta@Company.io";
inline constexpr int64_t kExamination = 4711;
inline constexpr int64_t kInvite = 90210;
inline constexpr char kLink[] = "https://invite.test/s3cret";

/// An intent of the kind kGivenId for kExamination and kEmail; and of kMadeId, with a window of an
/// hour.
Intent Given(const std::string& request_id);
Intent Made(const std::string& request_id);
Intent Resend(const std::string& request_id);
/// The same about somebody else.
Intent About(Intent intent, const std::string& email);

Outcome Success(int64_t invite_id = kInvite);
Outcome Not(Outcome::Verdict verdict, const std::string& error);

/// What is done through a store, each in a Run of its own that must not fail.
class Actions {
 public:
  explicit Actions(Store& store) : store_(&store) {}
  Begun Begin(Intent intent);
  SettleWork Settle(const std::string& request_id, int attempt, const Outcome& outcome);
  /// Runs `run` with the store's rows.
  void Do(const std::function<void(Rows&)>& run);
  /// The row as it stands; seq 0: none.
  Row Find(const std::string& request_id);
  std::vector<Event> Events(const std::string& request_id);
  /// The states in the trail, from the first: "PENDING SUCCEEDED".
  std::string Trail(const std::string& request_id);
  /// Begins it and makes it what is wanted, by what makes it so in life.
  Row Bring(const Intent& intent, State state, bool resendable = false);

 private:
  Store* store_;
};

/// A store that can be opened again: what both have in common is tested by it.
class Place {
 public:
  virtual ~Place() = default;
  virtual std::unique_ptr<Store> Open() = 0;
};

/// With `GetParam` the name of a store, `sqlite` or `postgres`.
class StoreTest : public ::testing::TestWithParam<std::string> {
 protected:
  StoreTest();
  /// Ends the store as it should be, and opens it again.
  void Reopen();
  std::optional<StoreFailure> Run(std::vector<Work>& works);

  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
  Actions act_;
};

/// A new store of that name.
std::unique_ptr<Place> MakePlace(const std::string& name);

#define IN_BOTH_STORES(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(Stores, suite, ::testing::Values("sqlite", "postgres"), \
                           [](const auto& store) { return store.param; })

}  // namespace gw::ledger::testing
