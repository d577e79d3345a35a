// The ledger, wired.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/config/v1/config.pb.h"
#include "service/admin/status.h"
#include "service/app/secrets.h"
#include "service/app/upstream.h"
#include "service/ledger/housekeeper.h"
#include "service/ledger/ledger.h"
#include "service/ledger/store.h"

namespace gw::app {

/// Thread safety: as its parts.
class LedgerStack {
 public:
  /// Opens the store that is configured. What `around` refers to outlives it, and whoever looks at
  /// the metrics is gone before it is. Error: names the configuration key; FAILED_PRECONDITION when
  /// it is the store that cannot be used, INVALID_ARGUMENT when it is the configuration.
  static absl::StatusOr<std::unique_ptr<LedgerStack>> Open(
      const gateway::config::v1::Config& config, const Secrets& secrets,
      const Surroundings& around);

  ledger::Ledger& ledger() { return *ledger_; }

  /// For /statusz.
  admin::Status::Ledger Seen() const;

  /// `listener` is told, on a thread of the store's, when another replica has saved a list of
  /// `base_url`. Null: nobody is, from the return of this on.
  void SetListListener(std::function<void(const std::string& base_url)> listener);

  /// Lets what is queued and owed be written, at most for `patience`, and gives up the ownership of
  /// what is still PENDING. False: it was not written in that time, and nothing is given up.
  bool Close(absl::Duration patience);

 private:
  // What the store calls back to; outlives it.
  struct ListListener {
    std::mutex mutex;
    std::function<void(const std::string&)> listener;
  };

  LedgerStack(std::shared_ptr<ListListener> listener, std::unique_ptr<ledger::Store> store,
              const gateway::config::v1::LedgerConfig& config, const Surroundings& around);

  const std::string store_name_;
  const std::shared_ptr<ListListener> list_listener_;
  const std::unique_ptr<ledger::Store> store_;
  std::unique_ptr<ledger::Ledger> ledger_;
  std::unique_ptr<ledger::Housekeeper> housekeeper_;
};

}  // namespace gw::app
