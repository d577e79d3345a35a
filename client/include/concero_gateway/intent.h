// One intended invitation of one candidate to one examination.
#pragma once

#include <cstdint>
#include <string>

namespace concero {

/// Make one per invitation and use it for every repeat: its request_id is what keeps a candidate
/// from being invited twice. To go on after a restart of your program, keep the request_id and make
/// the Intent with it. Thread safety: immutable but for assignment.
class Intent {
 public:
  /// Has a request_id of its own: a random UUID (version 4) of the kernel's.
  Intent(int64_t examination_id, std::string candidate_email);
  /// With the request_id of an earlier Intent; empty: a new one.
  Intent(int64_t examination_id, std::string candidate_email, std::string request_id);
  /// A copy is the same intent. There is no move: what it leaves would have lost its request_id.
  Intent(const Intent&) = default;
  Intent& operator=(const Intent&) = default;

  int64_t examination_id() const { return examination_id_; }
  const std::string& candidate_email() const { return candidate_email_; }
  /// Never empty.
  const std::string& request_id() const { return request_id_; }

  friend bool operator==(const Intent&, const Intent&) = default;

 private:
  int64_t examination_id_;
  std::string candidate_email_;
  std::string request_id_;
};

}  // namespace concero
