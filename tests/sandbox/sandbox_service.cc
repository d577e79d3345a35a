#include "tests/sandbox/sandbox_service.h"

#include <algorithm>
#include <utility>

#include "tests/sandbox/json_text.h"

namespace sandbox {
namespace {

class AdminExchange : public Exchange {
 public:
  AdminExchange(AdminApi* admin, const IpAddress& peer) : admin_(admin), peer_(peer) {}

  std::optional<Answer> OnHead() override { return std::nullopt; }
  Answer OnRequest(const Request& request) override { return {admin_->Handle(request, peer_)}; }
  void OnAnswered(int) override {}

 private:
  AdminApi* const admin_;
  const IpAddress peer_;
};

// Records what comes, and lets the fault, which may be null, act on it.
class ApiExchange : public Exchange {
 public:
  ApiExchange(Api* api, Journal* journal, std::uint64_t seq, std::shared_ptr<const Fault> fault)
      : api_(api), journal_(journal), seq_(seq), fault_(std::move(fault)) {}

  std::optional<Answer> OnHead() override {
    if (fault_ == nullptr || !fault_->ActsOnHead()) return std::nullopt;
    return fault_->Apply({});
  }

  Answer OnRequest(const Request& request) override {
    Api::Outcome outcome;
    if (fault_ == nullptr || fault_->LetsExecute()) outcome = api_->Handle(request);
    journal_->Completed(seq_, request.body, outcome.executed);
    if (fault_ == nullptr) return {std::move(outcome.response)};
    return fault_->Apply(std::move(outcome.response));
  }

  void OnAnswered(int status) override { journal_->Answered(seq_, status); }

 private:
  Api* const api_;
  Journal* const journal_;
  const std::uint64_t seq_;
  const std::shared_ptr<const Fault> fault_;
};

// What stands before the API of a host that lets in a few addresses only.
class AddressFilter : public Api {
 public:
  Outcome Handle(const Request&) override {
    return {JsonResponse(403, FailureEnvelope("Forbidden.", "This IP address is not allowed."))};
  }
};

}  // namespace

SandboxService::SandboxService(Settings settings)
    : settings_(std::move(settings)),
      concero_(settings_.api_key, settings_.new_token),
      proctorexam_(settings_.proctorexam
                       ? std::make_optional<ProctorExamApi>(*settings_.proctorexam)
                       : std::nullopt),
      admin_(&concero_, proctorexam_ ? &*proctorexam_ : nullptr, &faults_, &journal_) {}

void SandboxService::OnOpened(std::uint64_t connection) { journal_.ConnectionOpened(connection); }

void SandboxService::OnClosed(std::uint64_t connection) { journal_.ConnectionClosed(connection); }

std::unique_ptr<Exchange> SandboxService::Begin(const Peer& peer, const Request& head,
                                                bool has_body) {
  if (AdminApi::Owns(head.Path())) {
    journal_.AskedSandbox(peer.connection);
    return std::make_unique<AdminExchange>(&admin_, peer.address);
  }
  const auto seq = journal_.Add(peer.connection, head, /*complete=*/!has_body);
  if (!Allows(peer.address)) {
    static AddressFilter filter;
    return std::make_unique<ApiExchange>(&filter, &journal_, seq, nullptr);
  }
  return std::make_unique<ApiExchange>(ApiOf(head.Path()), &journal_, seq,
                                       faults_.Match(head.method, head.Path()));
}

Response SandboxService::OnMalformed(int status, const std::string& why) {
  return JsonResponse(status, FailureEnvelope("Bad request.", why));
}

std::int64_t SandboxService::UnixTime() { return settings_.unix_time(); }

Api* SandboxService::ApiOf(std::string_view path) {
  if (proctorexam_ && ProctorExamApi::Owns(path)) return &*proctorexam_;
  return &concero_;
}

bool SandboxService::Allows(const IpAddress& address) const {
  const auto& allowed = settings_.allowed;
  return allowed.empty() || std::any_of(allowed.begin(), allowed.end(),
                                        [&](const auto& range) { return range.Contains(address); });
}

}  // namespace sandbox
