// Many slow reports under way at once through one gateway.
#pragma once

#include "tests/integration/gateway/stack.h"

namespace gw::testing {

struct Wave {
  int failed = 0;
  std::string failure;            ///< the message of one that failed
  int wrong = 0;                  ///< answered with another report than the one asked for
  int ended_before_the_list = 0;  ///< when a cached list was answered that was asked for with all
                                  ///< of the calls under way
  int connections = 0;            ///< that the sandbox accepted; as many as calls: all at once
};

/// Asks for a report `calls` times over `channels` connections, each of which the sandbox answers
/// after `delay_ms`, and waits for all. Needs a gateway that has asked for no report yet and whose
/// limits let them through. The journal has the reports alone.
///
/// On a machine that is too busy to start all calls within the delay nothing is learned: then do it
/// again with a longer one.
Wave RunWave(const GatewayProcess& gateway, Sandbox& sandbox, int calls, int channels,
             int delay_ms);

}  // namespace gw::testing
