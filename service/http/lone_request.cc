#include "service/http/lone_request.h"

#include <utility>

#include "service/http/curl_loop.h"

namespace gw::http {

Outcome SendAlone(const UpstreamOptions& options, Resolver& resolver, Clock& clock,
                  Request request) {
  Outcome outcome;
  CurlLoop loop(options, resolver, clock);
  loop.Start(std::move(request), [&](Outcome came) {
    outcome = std::move(came);
    loop.Stop();
  });
  loop.Run();
  return outcome;
}

}  // namespace gw::http
