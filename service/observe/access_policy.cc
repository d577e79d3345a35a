#include "service/observe/access_policy.h"

namespace gw::observe {

bool AccessPolicy::Logs(const Ended& call) {
  if (call.failed || mode_ == AccessMode::kAll) return true;
  if (mode_ == AccessMode::kErrors) return false;
  return call.mutation || call.took >= kSlow || rest_++ % kOneIn == 0;
}

}  // namespace gw::observe
