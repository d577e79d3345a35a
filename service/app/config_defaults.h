// What holds where the configuration file says nothing.
#pragma once

#include "gateway/config/v1/config.pb.h"

namespace gw::app {

/// The defaults for a file that reads as `user`: `concero` and `proctorexam` are filled only if
/// `user` has them (base URLs and key files have no default), and `ledger.sqlite` unless `user`
/// has `ledger.postgres` instead. The values, in YAML, are at the top of the source file.
/// Thread safety: pure.
gateway::config::v1::Config DefaultsFor(const gateway::config::v1::Config& user);

}  // namespace gw::app
