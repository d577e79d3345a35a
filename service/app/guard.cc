#include "service/app/guard.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "service/rpc/identity.h"

namespace gw::app {
namespace {

class Guard final : public grpc::AuthMetadataProcessor {
 public:
  Guard(const rpc::Authorization& authorization, bool trust_xfcc, std::vector<std::string> ours)
      : authorization_(authorization), trust_xfcc_(trust_xfcc), ours_(std::move(ours)) {
    for (std::string& service : ours_) service = absl::StrCat("/", service, "/");
  }

  bool IsBlocking() const override { return false; }

  grpc::Status Process(const InputMetadata& metadata, grpc::AuthContext* peer, OutputMetadata*,
                       OutputMetadata*) override {
    const auto found = metadata.find(":path");
    const absl::string_view path =
        found == metadata.end() ? absl::string_view()
                                : absl::string_view(found->second.data(), found->second.size());
    if (IsOurs(path)) return grpc::Status::OK;
    const std::shared_ptr<const rpc::Policy> policy = authorization_.policy();
    if (policy == nullptr) return grpc::Status::OK;
    const rpc::Caller caller = rpc::CallerOf(peer, metadata, trust_xfcc_);
    const auto headers = [&](absl::string_view key) { return rpc::HeaderOf(metadata, key); };
    if (policy->Decide(caller.principals, path, headers).allowed) return grpc::Status::OK;
    return {grpc::StatusCode::PERMISSION_DENIED,
            "this caller may not make this call; ask the gateway's operator for a rule that "
            "allows it"};
  }

 private:
  bool IsOurs(absl::string_view path) const {
    return std::any_of(ours_.begin(), ours_.end(), [path](const std::string& service) {
      return absl::StartsWith(path, service);
    });
  }

  const rpc::Authorization& authorization_;
  const bool trust_xfcc_;
  std::vector<std::string> ours_;
};

grpc::string_ref TextOf(const grpc_slice& slice) {
  return {reinterpret_cast<const char*>(GRPC_SLICE_START_PTR(slice)), GRPC_SLICE_LENGTH(slice)};
}

// The C library takes a processor for every kind of credentials; only the C++ one of plaintext
// hands none on.
class Plaintext final : public grpc::ServerCredentials {
 public:
  // The server keeps the library's credentials longer than these, and their processor with them,
  // until Destroy.
  // NOLINTBEGIN(clang-analyzer-cplusplus.NewDeleteLeaks)
  explicit Plaintext(std::shared_ptr<grpc::AuthMetadataProcessor> processor)
      : credentials_(grpc_insecure_server_credentials_create()) {
    grpc_server_credentials_set_auth_metadata_processor(
        credentials_, {&Process, &Destroy, new Processor(std::move(processor))});
  }
  // NOLINTEND(clang-analyzer-cplusplus.NewDeleteLeaks)
  ~Plaintext() override { grpc_server_credentials_release(credentials_); }

  // Set once and for all: the server would not notice another one.
  void SetAuthMetadataProcessor(const std::shared_ptr<grpc::AuthMetadataProcessor>&) override {
    std::abort();
  }

 private:
  using Processor = std::shared_ptr<grpc::AuthMetadataProcessor>;

  static void Destroy(void* processor) { delete static_cast<Processor*>(processor); }

  static void Process(void* processor, grpc_auth_context*, const grpc_metadata* metadata,
                      size_t size, grpc_process_auth_metadata_done_cb done, void* data) {
    grpc::AuthMetadataProcessor::InputMetadata read;
    for (size_t i = 0; i < size; ++i) {
      read.emplace(TextOf(metadata[i].key), TextOf(metadata[i].value));
    }
    grpc::AuthMetadataProcessor::OutputMetadata consumed, response;
    const grpc::Status status =
        (*static_cast<Processor*>(processor))->Process(read, nullptr, &consumed, &response);
    done(data, nullptr, 0, nullptr, 0, static_cast<grpc_status_code>(status.error_code()),
         status.error_message().c_str());
  }

  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  grpc_server_credentials* const credentials_;
};

}  // namespace

std::shared_ptr<grpc::AuthMetadataProcessor> MakeGuard(const rpc::Authorization& authorization,
                                                       bool trust_xfcc,
                                                       std::vector<std::string> ours) {
  return std::make_shared<Guard>(authorization, trust_xfcc, std::move(ours));
}

std::shared_ptr<grpc::ServerCredentials> PlaintextCredentials(
    std::shared_ptr<grpc::AuthMetadataProcessor> processor) {
  return std::make_shared<Plaintext>(std::move(processor));
}

}  // namespace gw::app
