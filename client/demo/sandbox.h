// The sandbox's own controls, below /_sandbox: what it was asked, and what has happened to a
// candidate.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace demo {

class Sandbox {
 public:
  // `address` is HOST:PORT.
  explicit Sandbox(std::string address) : root_("http://" + std::move(address) + "/_sandbox/") {}

  // How many requests for the examinations it has received, from whomever; nothing when it does not
  // answer.
  std::optional<int> CountExaminationRequests() const;

  // The candidate sits the examination and passes. False when the sandbox does not answer.
  bool FinishExamination(std::int64_t invite_id) const;

 private:
  std::string root_;
};

}  // namespace demo
