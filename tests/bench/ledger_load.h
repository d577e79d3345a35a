// Allocations, recorded one after the other on so many tracks at once.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "service/ledger/store.h"

namespace gw::bench {

struct LedgerLoad {
  int in_flight = 64;
  std::chrono::milliseconds duration{1000};
  /// Of Ledger::Options.
  size_t max_group = 1024;
};

struct LedgerRate {
  /// Allocations a second: a Begin and a Settle, both durable.
  double per_second = 0;
  /// Of this process, per allocation.
  double cpu_micros = 0;
  /// Works in one commit.
  double group = 0;
  /// What was not done; the figures mean nothing then.
  std::string problem;
};

/// Runs the load through an executor of its own.
LedgerRate RunLedgerLoad(ledger::Store& store, const LedgerLoad& load);

}  // namespace gw::bench
