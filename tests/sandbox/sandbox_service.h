// Brings the parts together: each request goes through the journal and the faults to the API, or to
// the /_sandbox routes.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/address_range.h"
#include "tests/sandbox/admin_api.h"
#include "tests/sandbox/api.h"
#include "tests/sandbox/concero_api.h"
#include "tests/sandbox/exchange.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/journal.h"
#include "tests/sandbox/proctorexam_api.h"

namespace sandbox {

class SandboxService : public Service {
 public:
  struct Settings {
    std::string api_key;
    std::optional<ProctorExamApi::Settings> proctorexam;  // none: nothing is under /api/v3
    std::vector<AddressRange> allowed;                    // who may ask the API; empty: everybody
    std::function<std::string()> new_token;               // makes the secret part of an invite link
    std::function<std::int64_t()> unix_time;              // of the Date header
  };

  explicit SandboxService(Settings settings);

  void OnOpened(std::uint64_t connection) override;
  void OnClosed(std::uint64_t connection) override;
  std::unique_ptr<Exchange> Begin(const Peer& peer, const Request& head, bool has_body) override;
  Response OnMalformed(int status, const std::string& why) override;
  std::int64_t UnixTime() override;

 private:
  Api* ApiOf(std::string_view path);
  bool Allows(const IpAddress& address) const;

  const Settings settings_;
  Journal journal_;
  FaultList faults_;
  ConceroApi concero_;
  std::optional<ProctorExamApi> proctorexam_;
  AdminApi admin_;
};

}  // namespace sandbox
