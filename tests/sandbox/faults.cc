#include "tests/sandbox/faults.h"

#include <utility>

namespace sandbox {
namespace {

Delivery DeliveryOf(Fault::Action action) {
  switch (action) {
    case Fault::Action::kNone:
      return Delivery::kWhole;
    case Fault::Action::kResetBefore:
    case Fault::Action::kResetAfter:
      return Delivery::kResetAtOnce;
    case Fault::Action::kResetMid:
      return Delivery::kResetMid;
    case Fault::Action::kClose:
      return Delivery::kCloseAtOnce;
    case Fault::Action::kTruncate:
      return Delivery::kTruncate;
    case Fault::Action::kEndless:
      return Delivery::kEndless;
    case Fault::Action::kStall:
      return Delivery::kStall;
  }
  return Delivery::kWhole;
}

}  // namespace

bool Fault::Matches(std::string_view request_method, std::string_view request_path) const {
  if (method && *method != request_method) return false;
  if (!path) return true;
  if (!path->ends_with('*')) return *path == request_path;
  return request_path.starts_with(std::string_view(*path).substr(0, path->size() - 1));
}

bool Fault::LetsExecute() const {
  return action == Action::kNone ? !status.has_value() : action != Action::kResetBefore;
}

Answer Fault::Apply(Response executed) const {
  Answer answer{std::move(executed), delay, DeliveryOf(action)};
  Response& response = answer.response;
  if (status) response = {*status, {}, ""};
  if (body) {
    response.body = *body;
    if (status) SetHeader(&response.headers, "Content-Type", "application/json");
  }
  for (const auto& [name, value] : headers) SetHeader(&response.headers, name, value);
  return answer;
}

void FaultList::Replace(std::vector<Fault> faults) {
  entries_.clear();
  for (auto& fault : faults) {
    entries_.push_back({std::make_shared<const Fault>(std::move(fault))});
  }
}

std::shared_ptr<const Fault> FaultList::Match(std::string_view method, std::string_view path) {
  for (auto& [fault, matched, acted] : entries_) {
    if (!fault->Matches(method, path)) continue;
    ++matched;
    if (matched % fault->every != 0 || (fault->times && acted == *fault->times)) continue;
    ++acted;
    return fault;
  }
  return nullptr;
}

}  // namespace sandbox
