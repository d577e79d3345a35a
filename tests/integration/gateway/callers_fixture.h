// Callers of a gateway that believes its proxy's x-forwarded-client-cert.
#pragma once

#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <memory>
#include <string>
#include <utility>

#include "google/protobuf/empty.pb.h"
#include "tests/integration/gateway/allocations_fixture.h"

namespace gw::testing {

inline constexpr char kWeb[] = "spiffe://example/web";
inline constexpr char kBatch[] = "spiffe://example/batch";
inline constexpr char kSupport[] = "spiffe://example/support";

/// What a caller is told, and its reason; by a service that is gRPC's own without one.
inline constexpr char kDenied[] = "PERMISSION_DENIED CALLER_NOT_ALLOWED";
inline constexpr char kDeniedByGrpc[] = "PERMISSION_DENIED ";

inline constexpr char kList[] = "/concero.v1.AssessmentService/ListExaminations";
inline constexpr char kReport[] = "/concero.v1.AssessmentService/GetReport";
inline constexpr char kHealth[] = "/grpc.health.v1.Health/Check";
inline constexpr char kReflection[] =
    "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
inline constexpr char kChannelz[] = "/grpc.channelz.v1.Channelz/GetServers";

/// A caller at a gateway. Its name is told in the header; `anonymous`: nothing is.
class CallerAt {
 public:
  CallerAt(std::shared_ptr<grpc::Channel> channel, std::string name)
      : channel_(std::move(channel)), name_(std::move(name)) {}

  /// How a call ends whose request has these fields: `OK`, `PERMISSION_DENIED CALLER_NOT_ALLOWED`,
  /// …; without a reason when the gateway gave none.
  template <class Request = google::protobuf::Empty, class Response = google::protobuf::Empty>
  Ended<Response> Call(const char* path, const Request& request = {}) const {
    Ended<Response> ended;
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    Introduce(context);
    // A method that streams can be called so, too, if it answers once.
    const grpc::internal::RpcMethod method(path, grpc::internal::RpcMethod::NORMAL_RPC);
    ended.status = grpc::internal::BlockingUnaryCall(channel_.get(), method, &context, request,
                                                     &ended.response);
    return ended;
  }
  std::string Calls(const char* path) const { return Call<>(path).what(); }

  /// Puts the name into the header, as a proxy would.
  void Introduce(grpc::ClientContext& context) const {
    if (name_ == "anonymous") return;
    context.AddMetadata("x-forwarded-client-cert",
                        "By=spiffe://example/proxy;Hash=00;Subject=\"CN=a,O=b\";URI=" + name_);
  }
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

 private:
  const std::shared_ptr<grpc::Channel> channel_;
  const std::string name_;
};

class CallersTest : public AllocationsTest {
 protected:
  static GatewaySettings Trusting() {
    GatewaySettings settings;
    settings.grpc = "trust_xfcc: true, channelz: true";
    settings.log = "access: all";
    return settings;
  }
  /// Starts a gateway with this policy.
  void StartWith(const std::string& policy) {
    GatewaySettings settings = Trusting();
    settings.policy = WritePolicy(policy);
    Start(settings);
  }
  /// Writes it in one instant, as whoever deploys it should. Returns its path.
  std::string WritePolicy(const std::string& rules) {
    const std::string path = directory_.path() + "/policy.json";
    const std::string made =
        directory_.Write("policy.new", "{\"name\": \"of the test\", " + rules + "}");
    EXPECT_EQ(std::rename(made.c_str(), path.c_str()), 0);
    return path;
  }
  CallerAt As(const std::string& name) const { return {gateway_->Channel(), name}; }
};

}  // namespace gw::testing
