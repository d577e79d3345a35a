#include "tests/sandbox/sandbox_service.h"

#include <utility>

#include "tests/sandbox/json_text.h"

namespace sandbox {
namespace {

class AdminExchange : public Exchange {
 public:
  explicit AdminExchange(AdminApi* admin) : admin_(admin) {}

  std::optional<Answer> OnHead() override { return std::nullopt; }
  Answer OnRequest(const Request& request) override { return {admin_->Handle(request)}; }
  void OnAnswered(int) override {}

 private:
  AdminApi* const admin_;
};

class ApiExchange : public Exchange {
 public:
  // `fault` may be null.
  ApiExchange(ConceroApi* concero, Journal* journal, std::uint64_t seq,
              std::shared_ptr<const Fault> fault)
      : concero_(concero), journal_(journal), seq_(seq), fault_(std::move(fault)) {}

  std::optional<Answer> OnHead() override {
    if (fault_ == nullptr || !fault_->ActsOnHead()) return std::nullopt;
    return fault_->Apply({});
  }

  Answer OnRequest(const Request& request) override {
    ConceroApi::Outcome outcome;
    if (fault_ == nullptr || fault_->LetsExecute()) outcome = concero_->Handle(request);
    if (auto* const entry = journal_->Find(seq_)) {
      entry->request.body = request.body;
      entry->complete = true;
      entry->executed = outcome.executed;
    }
    if (fault_ == nullptr) return {std::move(outcome.response)};
    return fault_->Apply(std::move(outcome.response));
  }

  void OnAnswered(int status) override {
    if (auto* const entry = journal_->Find(seq_)) entry->status = status;
  }

 private:
  ConceroApi* const concero_;
  Journal* const journal_;
  const std::uint64_t seq_;
  const std::shared_ptr<const Fault> fault_;
};

}  // namespace

SandboxService::SandboxService(std::string api_key, std::function<std::string()> new_token)
    : concero_(std::move(api_key), std::move(new_token)), admin_(&concero_, &faults_, &journal_) {}

void SandboxService::OnOpened(std::uint64_t connection) { journal_.ConnectionOpened(connection); }

void SandboxService::OnClosed(std::uint64_t connection) { journal_.ConnectionClosed(connection); }

std::unique_ptr<Exchange> SandboxService::Begin(std::uint64_t connection, const Request& head,
                                                bool has_body) {
  if (AdminApi::Owns(head.Path())) {
    journal_.AskedSandbox(connection);
    return std::make_unique<AdminExchange>(&admin_);
  }
  const auto seq = journal_.Add(connection, head, /*complete=*/!has_body);
  return std::make_unique<ApiExchange>(&concero_, &journal_, seq,
                                       faults_.Match(head.method, head.Path()));
}

Response SandboxService::OnMalformed(int status, const std::string& why) {
  return JsonResponse(status, FailureEnvelope("Bad request.", why));
}

}  // namespace sandbox
