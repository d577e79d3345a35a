// The /_sandbox routes, by which tests steer the sandbox and read what it saw.
//
//   PUT, DELETE  /_sandbox/faults               204
//   GET, DELETE  /_sandbox/journal              200, 204
//   PUT          /_sandbox/reports/{invite_id}  204
//   GET          /_sandbox/address              200, the address of who asks, as text
//   PUT          /_sandbox/keys                 204
//
// The body of keys is {"api_keys": ["…"], "proctorexam": [{"token": "…", "secret": "…"}]}, each
// member optional: what requests carry from then on, any one of them.
//
// Refusals are 400, 404 and 405 with the failure envelope. There is no authentication.
//
// Thread safety: none.
#pragma once

#include <string_view>

#include "tests/sandbox/address_range.h"
#include "tests/sandbox/concero_api.h"
#include "tests/sandbox/faults.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/journal.h"
#include "tests/sandbox/proctorexam_api.h"

namespace sandbox {

class AdminApi {
 public:
  // All outlive this; `proctorexam` may be null.
  AdminApi(ConceroApi* concero, ProctorExamApi* proctorexam, FaultList* faults, Journal* journal)
      : concero_(concero), proctorexam_(proctorexam), faults_(faults), journal_(journal) {}

  static bool Owns(std::string_view path);
  // `peer` is who asks.
  Response Handle(const Request& request, const IpAddress& peer);

 private:
  Response Faults(const Request& request);
  Response ReadJournal(const Request& request);
  Response Keys(const Request& request);
  Response Report(const Request& request, std::string_view invite_id);

  ConceroApi* const concero_;
  ProctorExamApi* const proctorexam_;
  FaultList* const faults_;
  Journal* const journal_;
};

}  // namespace sandbox
