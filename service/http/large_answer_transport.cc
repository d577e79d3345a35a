#include "service/http/large_answer_transport.h"

#include <utility>
#include <variant>

namespace gw::http {
namespace {

bool IsLarge(const Outcome& outcome) {
  const auto* response = std::get_if<Response>(&outcome);
  return response != nullptr && response->body.size() > LargeAnswerTransport::kLarge;
}

}  // namespace

LargeAnswerTransport::LargeAnswerTransport(Transport& inner, RunElsewhere run_elsewhere)
    : inner_(inner), run_elsewhere_(std::move(run_elsewhere)) {}

void LargeAnswerTransport::Start(Request request, Completion done) {
  inner_.Start(std::move(request), [this, done = std::move(done)](Outcome outcome) mutable {
    if (!IsLarge(outcome)) return std::move(done)(std::move(outcome));
    run_elsewhere_([done = std::move(done), outcome = std::move(outcome)]() mutable {
      std::move(done)(std::move(outcome));
    });
  });
}

}  // namespace gw::http
