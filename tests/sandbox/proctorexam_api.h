// ProctorExam's API, version 3: student sessions.
//
// Pure but for its own memory and the clock that it is given. Checks come in this order, and the
// first that fails answers: path (404), method (405), token (401), Accept (406), Content-Type
// (415), a body that is a JSON object (400), parameters in body or query as it should be (422),
// signature, timestamp and nonce (403), the session (404), fields (422). Nothing is changed by what
// is refused, but that a nonce is used up by what was signed.
//
// Every exam exists: there is no API that makes one.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/sandbox/api.h"
#include "tests/sandbox/field_errors.h"
#include "tests/sandbox/http_message.h"
#include "tests/sandbox/json_text.h"
#include "tests/sandbox/signed_request.h"
#include "tests/sandbox/student_sessions.h"

namespace sandbox {

class ProctorExamApi : public Api {
 public:
  struct Settings {
    std::string token;
    std::string secret_key;
    std::function<std::int64_t()> unix_milliseconds;
  };

  explicit ProctorExamApi(Settings settings);

  static bool Owns(std::string_view path);
  Outcome Handle(const Request& request) override;

  // A token, and the key that signs what is sent with it.
  struct Credential {
    std::string token;
    std::string secret_key;
  };
  // From now on requests carry one of these, instead of that of the settings.
  void AcceptKeys(std::vector<Credential> credentials) { credentials_ = std::move(credentials); }

 private:
  // What a path is about.
  struct Place {
    std::optional<std::int64_t> session_id;
    std::optional<std::int64_t> exam_id;
    std::string_view methods;  // as in Allow
  };

  static std::optional<Place> FindPlace(std::string_view path);
  std::optional<Response> RefuseHead(const Request& request, const Place& place) const;
  Outcome HandleSession(const Request& request, std::int64_t id, const Json& parameters);
  Outcome List(std::optional<std::int64_t> exam_id, const Json& parameters);
  Outcome Create(std::int64_t exam_id, const Json& parameters);
  Outcome Update(std::int64_t id, const Json& parameters);
  // An error when another session of the exam has the address in `attributes`, if there is one.
  void CheckAddress(std::int64_t exam_id, std::int64_t except, const Json& attributes,
                    FieldErrors* errors) const;

  const Credential* FindCredential(const Request& request) const;

  const Settings settings_;
  std::vector<Credential> credentials_;
  SignatureCheck signatures_;
  StudentSessions sessions_;
};

}  // namespace sandbox
