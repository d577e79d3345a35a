// The whole service, wired, in the order in which it starts and drains.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "gateway/config/v1/config.pb.h"
#include "service/app/secrets.h"

namespace gw::app {

/// Thread safety: one thread starts and stops it.
class Gateway {
 public:
  /// `config` is valid (LoadConfig). Starts everything or nothing. Error: UNAVAILABLE, naming the
  /// configuration key and the address that cannot be listened at; those of LedgerStack::Open.
  static absl::StatusOr<std::unique_ptr<Gateway>> Start(const gateway::config::v1::Config& config,
                                                        Secrets secrets);
  ~Gateway();

  /// Where it listens, with the ports that were picked.
  std::string grpc_address() const;
  std::string admin_address() const;

  /// Says NOT_SERVING on every health name and 503 on /readyz; calls are still served.
  void AnnounceDrain();
  /// Refuses new calls, lets running ones, and allocations whose callers stopped waiting, finish
  /// for `shutdown.grace`, cancels the rest, and returns when all are answered. False: the ledger's
  /// store does not answer, and waiting for it any longer would be in vain; the process is to be
  /// ended without taking this apart. What could not be recorded is in doubt after the next start.
  bool Drain();

 private:
  struct Parts;
  explicit Gateway(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace gw::app
