// A status with something of everything.
#pragma once

#include "service/admin/status.h"

namespace gw::testing {

inline admin::Status FullStatus() {
  using observe::History;
  admin::Status status;
  status.now = absl::FromUnixSeconds(1'795'842'000);  // 2026-11-28T05:00:00Z
  status.uptime = absl::Hours(26);
  status.host = "gateway-0";
  status.version = "1.2.3";
  status.build = {{"grpc", "1.51.1"}, {"libcurl", "7.88.1"}};
  status.serving = observe::Serving::kServing;
  status.components = {{"concero", true, "", "closed"}, {"ledger", true, "", ""}};
  admin::Status::Upstream concero;
  concero.name = "concero";
  concero.base_url = "https://api.concero.example:443/api/v1";
  concero.breaker = "closed";
  concero.active = 7;
  concero.connections_opened = 12;
  concero.retries = 3;
  concero.clock_skew = absl::Milliseconds(1500);
  concero.keys = {{"concero_api_key", "5f2b9c01", absl::Hours(26)}};
  concero.hour.resize(History::kMinutes);
  concero.hour[10] = {{8, 1, 1}, absl::Milliseconds(20), absl::Milliseconds(200)};
  concero.hour[59] = {{20, 0, 0}, absl::Milliseconds(10), absl::Milliseconds(100)};
  status.upstreams = {concero};
  status.cache = admin::Status::Cache{absl::Seconds(30),
                                      absl::Seconds(660),
                                      status.now - absl::Seconds(30),
                                      false,
                                      "0123456789abcdef",
                                      42};
  status.ledger = admin::Status::Ledger{
      "postgres", {{"IN_DOUBT", 0}, {"PENDING", 2}, {"SUCCEEDED", 1234567}}, {}, 4, 0, 1};
  status.certificates = {{"grpc_tls", status.now + absl::Hours(24 * 90)}};
  status.calls = concero.hour;
  status.callers = {{"spiffe://example.org/booking", {100, 5, 2}}, {"anonymous", {1, 0, 0}}};
  status.calls_active = 9;
  status.watchers = 3;
  status.held_bytes = 4096;
  status.configuration = "grpc:\n  listen: \"0.0.0.0:50051\"\n";
  return status;
}

}  // namespace gw::testing
