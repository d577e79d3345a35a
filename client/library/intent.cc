#include "concero_gateway/intent.h"

#include <utility>

#include "client/library/random.h"

namespace concero {

Intent::Intent(int64_t examination_id, std::string candidate_email)
    : Intent(examination_id, std::move(candidate_email), "") {}

Intent::Intent(int64_t examination_id, std::string candidate_email, std::string request_id)
    : examination_id_(examination_id),
      candidate_email_(std::move(candidate_email)),
      request_id_(std::move(request_id)) {
  if (request_id_.empty()) request_id_ = UuidOf(RandomBits(), RandomBits());
}

}  // namespace concero
