// concero-gateway --preflight.
#pragma once

#include <ostream>
#include <string>

#include "gateway/config/v1/config.pb.h"
#include "service/app/secrets.h"
#include "service/rest/preflights.h"

namespace gw::app {

/// Looks at the way to every configured upstream and writes a table for people to `out`. Serves
/// nothing and opens no ledger. False: a check failed. Blocks, Preflights::kLongest at most.
/// Thread safety: one thread.
bool RunPreflight(const gateway::config::v1::Config& config, const Secrets& secrets,
                  std::ostream& out);

/// The table. Thread safety: pure.
std::string PreflightTable(const rest::Preflights::Results& results);

}  // namespace gw::app
