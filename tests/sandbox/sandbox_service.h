// Brings the parts together: each request goes through the journal and the faults to the API, or to
// the /_sandbox routes.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "tests/sandbox/admin_api.h"
#include "tests/sandbox/concero_api.h"
#include "tests/sandbox/exchange.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/journal.h"

namespace sandbox {

class SandboxService : public Service {
 public:
  SandboxService(std::string api_key, std::function<std::string()> new_token);

  void OnOpened(std::uint64_t connection) override;
  void OnClosed(std::uint64_t connection) override;
  std::unique_ptr<Exchange> Begin(std::uint64_t connection, const Request& head,
                                  bool has_body) override;
  Response OnMalformed(int status, const std::string& why) override;

 private:
  Journal journal_;
  FaultList faults_;
  ConceroApi concero_;
  AdminApi admin_;
};

}  // namespace sandbox
