// Keeps in a call's record which requests left for it, and how they were answered, and tells the
// upstream which trace they belong to.
#pragma once

#include <utility>
#include <variant>

#include "service/http/transport.h"

namespace gw::http {

/// A decorator. It belongs below whatever repeats requests or lets them wait. Adds the header
/// `traceparent`, when the call came with one; a `tracestate` is for the caller's own systems and
/// is not passed on. Thread safety: Start may be called from any thread.
class RecordedTransport : public Transport {
 public:
  /// `inner` outlives it.
  explicit RecordedTransport(Transport& inner) : inner_(inner) {}

  void Start(Request request, Completion done) override {
    const observe::CallRecordPtr record = request.record;
    if (record == nullptr) return inner_.Start(std::move(request), std::move(done));
    if (const auto& trace = record->trace()) {
      request.headers.push_back({"traceparent", observe::Traceparent(*trace)});
    }
    request.before_send = [record, may_leave = std::move(request.before_send)]() mutable {
      if (may_leave && !may_leave()) return false;
      record->RequestLeaves();
      return true;
    };
    inner_.Start(std::move(request), [record, done = std::move(done)](Outcome outcome) mutable {
      if (const auto* response = std::get_if<Response>(&outcome)) {
        record->RequestAnswered(response->status);
      }
      std::move(done)(std::move(outcome));
    });
  }

 private:
  Transport& inner_;
};

}  // namespace gw::http
