// Concero as its document describes it: examinations, allocations, cancellations, reports.
//
// Pure but for its own memory: a request goes in, an answer comes out; no sockets, no clock. Checks
// come in this order, and the first that fails answers: path (404), method (405), key (401), Accept
// (302 to a page, as Laravel does), Content-Type (415), query (422), JSON (400), fields (422).
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tests/sandbox/api.h"
#include "tests/sandbox/body_fields.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"

namespace sandbox {

class ConceroApi : public Api {
 public:
  // Requests carry `api_key`, until others are accepted; `new_token` makes the secret part of an
  // invite link.
  ConceroApi(std::string api_key, std::function<std::string()> new_token);

  Outcome Handle(const Request& request) override;

  // From now on requests carry one of these.
  void AcceptKeys(std::vector<std::string> api_keys) { api_keys_ = std::move(api_keys); }

  // Lays the members of `members` (an object) over the report of `invite_id`, and over what earlier
  // calls laid there. For an id that was never allocated they are the whole report, together with
  // the inviteId.
  void MergeReport(std::int64_t invite_id, const Json& members);

 private:
  using Operation = Outcome (ConceroApi::*)(const Json& body);
  struct Route {
    std::string_view path;
    std::string_view method;
    Operation operation;
  };
  struct Invite {
    std::int64_t examination_id = 0;
    std::string candidate_email;
  };

  static const Route* FindRoute(std::string_view path);
  Outcome HandlePost(const Route& route, const Request& request);

  Outcome ListExaminations(const Json&);
  // Not idempotent: every call is a new invite.
  Outcome AllocateCandidate(const Json& body);
  // Leaves nothing that a later answer shows, so it can be repeated.
  Outcome CancelAllocation(const Json& body);
  Outcome GetReport(const Json& body);

  std::vector<std::string> api_keys_;
  const std::function<std::string()> new_token_;
  const std::map<std::int64_t, std::string> examinations_;
  std::unordered_map<std::int64_t, Invite> invites_;
  std::unordered_map<std::int64_t, Json> laid_over_;  // report members by invite
  std::int64_t next_invite_id_ = 142;
};

}  // namespace sandbox
