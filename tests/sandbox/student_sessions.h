// The student sessions that ProctorExam keeps.
//
// Thread safety: none.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/sandbox/json_text.h"

namespace sandbox {

// Every session has all the documented attributes, in the documented order. `now` is in
// milliseconds since 1970.
class StudentSessions {
 public:
  // Session 1 is the documented example, of exam 1; 2 and 3 are of exam 1, too, and 4 is of exam 2.
  StudentSessions();

  // nullptr when there is none. Valid until the next change.
  const Json* Find(std::int64_t id) const;
  // By id; of one exam, or of all.
  std::vector<const Json*> List(std::optional<std::int64_t> exam_id) const;
  // Whether a session of the exam, other than `except`, has this address; their case does not
  // count, and an empty one is nobody's.
  bool IsTaken(std::int64_t exam_id, std::string_view email, std::int64_t except) const;

  // `attributes` are documented ones. What was made or changed, valid until the next change.
  const Json& Create(std::int64_t exam_id, const Json& attributes, std::int64_t now);
  const Json& Update(std::int64_t id, const Json& attributes, std::int64_t now);
  void Delete(std::int64_t id);

  // As in the documented example: to the millisecond, an hour east of Greenwich.
  static std::string TimeText(std::int64_t milliseconds);

 private:
  std::map<std::int64_t, Json> by_id_;
  std::int64_t next_id_ = 1;
};

}  // namespace sandbox
