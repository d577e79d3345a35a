// Everything of ProctorExam's, wired.
#pragma once

#include <utility>

#include "gateway/config/v1/config.pb.h"
#include "service/app/settings.h"
#include "service/app/upstream.h"
#include "service/keys/key_ring.h"
#include "service/proctorexam/client.h"

namespace gw::app {

/// Thread safety: as its parts.
class ProctorExamStack {
 public:
  /// What `around` refers to outlives it.
  ProctorExamStack(const gateway::config::v1::ProctorExamConfig& config,
                   const gateway::config::v1::EgressConfig& egress, keys::Credential credential,
                   const Surroundings& around)
      : upstream_(
            ProctorExamUpstream(config, egress, std::move(credential), around.clock, around.random),
            around),
        client_(upstream_.transport(), around.timer, around.clock) {}

  Upstream& upstream() { return upstream_; }
  proctorexam::Client& client() { return client_; }

 private:
  Upstream upstream_;
  proctorexam::Client client_;
};

}  // namespace gw::app
