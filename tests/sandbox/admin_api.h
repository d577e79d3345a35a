// The /_sandbox routes, by which tests steer the sandbox and read what it saw.
//
//   PUT, DELETE  /_sandbox/faults               204
//   GET, DELETE  /_sandbox/journal              200, 204
//   PUT          /_sandbox/reports/{invite_id}  204
//
// Refusals are 400, 404 and 405 with the failure envelope. There is no authentication.
//
// Thread safety: none.
#pragma once

#include <string_view>

#include "tests/sandbox/concero_api.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/journal.h"

namespace sandbox {

class AdminApi {
 public:
  // All outlive this.
  AdminApi(ConceroApi* concero, FaultList* faults, Journal* journal)
      : concero_(concero), faults_(faults), journal_(journal) {}

  static bool Owns(std::string_view path);
  Response Handle(const Request& request);

 private:
  Response Faults(const Request& request);
  Response ReadJournal(const Request& request);
  Response Report(const Request& request, std::string_view invite_id);

  ConceroApi* const concero_;
  FaultList* const faults_;
  Journal* const journal_;
};

}  // namespace sandbox
