#include "service/http/resending_transport.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

namespace gw::http {
namespace {

bool LostBeforeAnAnswer(const Outcome& outcome) {
  const auto* error = std::get_if<TransportError>(&outcome);
  return error != nullptr && error->kind == ErrorKind::kConnectionLost &&
         error->phase < Phase::kAnswering;
}

// Whatever became of the last send, an earlier one had left.
void MarkAsRepeated(Outcome& outcome) {
  if (auto* response = std::get_if<Response>(&outcome)) {
    response->repeated = true;
  } else {
    Phase& phase = std::get<TransportError>(outcome).phase;
    phase = std::max(phase, Phase::kWritten);
  }
}

}  // namespace

struct ResendingTransport::Sending {
  Request request;
  Completion done;
  int sends = 0;
  bool left = false;  // of an earlier send, some bytes
};

void ResendingTransport::Start(Request request, Completion done) {
  if (request.one_shot) return inner_.Start(std::move(request), std::move(done));
  Send(std::make_unique<Sending>(Sending{std::move(request), std::move(done)}));
}

void ResendingTransport::Send(std::unique_ptr<Sending> sending) {
  ++sending->sends;
  Request request = sending->request;
  inner_.Start(std::move(request), [this, sending = std::move(sending)](Outcome outcome) mutable {
    if (LostBeforeAnAnswer(outcome) && sending->sends < kMaxSends) {
      sending->left |= !std::get<TransportError>(outcome).NothingSent();
      sending->request.max_idle = absl::ZeroDuration();
      ++resent_;
      return Send(std::move(sending));
    }
    if (sending->left) MarkAsRepeated(outcome);
    std::move(sending->done)(std::move(outcome));
  });
}

}  // namespace gw::http
