// Many requests against a server that fails at random, with cancels and deadlines at random
// moments: what must hold whatever happens.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <map>
#include <string>

namespace gw::testing {

struct ChaosOptions {
  uint32_t seed = 1;
  int requests = 1000;
  int in_flight = 48;
  /// The engine is stopped when so many have been started, with requests in every phase; 0: only
  /// when all are completed.
  int stop_after = 0;
  bool through_a_proxy = false;
};

struct ChaosReport {
  /// `200`, or `kind phase`: how many ended so.
  std::map<std::string, int> outcomes;
  /// Resident memory after a fifth of the requests, and after all of them.
  int64_t early_bytes = 0;
  int64_t late_bytes = 0;
};

/// Sends `requests` requests, half of them one-shots, half over TLS. Adds a test failure unless:
/// each is completed exactly once; no one-shot is received twice; nothing is received of what is
/// reported as not sent; whoever is answered gets the answer to the own request; and every
/// socket and descriptor is closed in the end. Thread safety: one at a time.
ChaosReport RunChaos(const ChaosOptions& options);

/// Compiled with a sanitizer, which takes ten times as long and memory of its own.
#ifdef SANITIZED
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace gw::testing
