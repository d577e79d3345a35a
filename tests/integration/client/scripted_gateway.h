// A gateway in this process that answers as a test says, and a Client of it.
#pragma once

#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "concero/v1/allocation.grpc.pb.h"
#include "concero/v1/assessment.grpc.pb.h"
#include "concero_gateway/client.h"
#include "concero_gateway/fake_failure.h"
#include "proctorexam/v1/student_session.grpc.pb.h"

namespace concero {

/// As the gateway sends it.
inline grpc::Status OnTheWire(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const google::rpc::Status proto = ToProto(status);
  return {static_cast<grpc::StatusCode>(proto.code()), proto.message(), proto.SerializeAsString()};
}
inline grpc::Status OnTheWire(gateway::v1::Reason reason, const FailureDetails& details = {}) {
  return OnTheWire(MakeFailure(reason, details));
}

/// A function for each RPC that a test scripts; it is told how many calls there were before.
/// Without one the RPC is UNIMPLEMENTED. Thread safety: scripts are set before the first call, and
/// may be called from any thread.
class ScriptedGateway final : v1::AssessmentService::Service,
                              v1::AllocationService::Service,
                              proctorexam::v1::StudentSessionService::Service {
 public:
  template <class Request, class Response>
  using Unary = std::function<grpc::Status(int, grpc::ServerContext*, const Request&, Response*)>;
  using ManyStream =
      grpc::ServerReaderWriter<v1::AllocateCandidatesResponse, v1::AllocateCandidatesRequest>;
  template <class Request, class Response>
  using Streaming = std::function<grpc::Status(int, grpc::ServerContext*, const Request&,
                                               grpc::ServerWriter<Response>&)>;

  Unary<v1::ListExaminationsRequest, v1::ListExaminationsResponse> list;
  Unary<v1::AllocateCandidateRequest, v1::AllocateCandidateResponse> allocate;
  Unary<v1::GetReportRequest, v1::GetReportResponse> report;
  Unary<v1::ListAllocationsRequest, v1::ListAllocationsResponse> allocations;
  Unary<v1::ResolveAllocationRequest, v1::ResolveAllocationResponse> resolve;
  Unary<proctorexam::v1::CreateStudentSessionRequest, proctorexam::v1::CreateStudentSessionResponse>
      create;
  Streaming<v1::WatchExaminationsRequest, v1::WatchExaminationsResponse> watch;
  Streaming<v1::WatchReportRequest, v1::WatchReportResponse> watch_report;
  std::function<grpc::Status(int, grpc::ServerContext*, ManyStream&)> many;

  ~ScriptedGateway() override { Stop(); }

  /// Starts it the first time: its threads come after what the test has prepared.
  const std::string& address() {
    if (address_.empty()) Start();
    return address_;
  }
  /// How many calls of any RPC there were.
  int calls() const { return calls_; }
  /// Ends all connections; callers find nobody.
  void Stop() {
    if (server_) server_->Shutdown(std::chrono::system_clock::now());
    server_.reset();
  }
  /// On the same port as before.
  void Start() {
    grpc::EnableDefaultHealthCheckService(true);  // clients watch it
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort(address_.empty() ? "127.0.0.1:0" : address_,
                             grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(static_cast<v1::AssessmentService::Service*>(this));
    builder.RegisterService(static_cast<v1::AllocationService::Service*>(this));
    builder.RegisterService(static_cast<proctorexam::v1::StudentSessionService::Service*>(this));
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }

 private:
  template <class Script, class... Arguments>
  grpc::Status Run(const Script& script, Arguments&&... arguments) {
    const int before = calls_++;
    if (!script) return {grpc::StatusCode::UNIMPLEMENTED, "not scripted"};
    return script(before, std::forward<Arguments>(arguments)...);
  }
  grpc::Status ListExaminations(grpc::ServerContext* c, const v1::ListExaminationsRequest* q,
                                v1::ListExaminationsResponse* a) override {
    return Run(list, c, *q, a);
  }
  grpc::Status AllocateCandidate(grpc::ServerContext* c, const v1::AllocateCandidateRequest* q,
                                 v1::AllocateCandidateResponse* a) override {
    return Run(allocate, c, *q, a);
  }
  grpc::Status GetReport(grpc::ServerContext* c, const v1::GetReportRequest* q,
                         v1::GetReportResponse* a) override {
    return Run(report, c, *q, a);
  }
  grpc::Status ListAllocations(grpc::ServerContext* c, const v1::ListAllocationsRequest* q,
                               v1::ListAllocationsResponse* a) override {
    return Run(allocations, c, *q, a);
  }
  grpc::Status ResolveAllocation(grpc::ServerContext* c, const v1::ResolveAllocationRequest* q,
                                 v1::ResolveAllocationResponse* a) override {
    return Run(resolve, c, *q, a);
  }
  grpc::Status CreateStudentSession(grpc::ServerContext* c,
                                    const proctorexam::v1::CreateStudentSessionRequest* q,
                                    proctorexam::v1::CreateStudentSessionResponse* a) override {
    return Run(create, c, *q, a);
  }
  grpc::Status WatchExaminations(grpc::ServerContext* c, const v1::WatchExaminationsRequest* q,
                                 grpc::ServerWriter<v1::WatchExaminationsResponse>* w) override {
    return Run(watch, c, *q, *w);
  }
  grpc::Status WatchReport(grpc::ServerContext* c, const v1::WatchReportRequest* q,
                           grpc::ServerWriter<v1::WatchReportResponse>* w) override {
    return Run(watch_report, c, *q, *w);
  }
  grpc::Status AllocateCandidates(grpc::ServerContext* c, ManyStream* stream) override {
    return Run(many, c, *stream);
  }

  std::string address_;
  std::atomic<int> calls_{0};
  std::unique_ptr<grpc::Server> server_;
};

inline std::unique_ptr<Client> ClientOf(const std::string& address) {
  auto client = Client::Connect({.target = address});
  EXPECT_TRUE(client.ok()) << client.status();
  return *std::move(client);
}

/// What scripts have seen, in its order. Thread safety: all functions may be called from any
/// thread.
template <class T>
class Seen {
 public:
  void Add(T one) {
    std::lock_guard lock(mutex_);
    all_.push_back(std::move(one));
  }
  std::vector<T> all() const {
    std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<T> all_;
};

/// Waits until the caller has gone.
inline void AwaitCancel(const grpc::ServerContext* context) {
  while (!context->IsCancelled()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

}  // namespace concero
