// What gRPC C++ itself costs: the calls that the gateway serves, answered with bytes made
// beforehand.
//
// Usage: speed_limit EXAMINATIONS
//
// Prints one line of JSON when it serves, as the gateway does; ends on SIGTERM. All three methods
// are raw: no request is decoded and no answer encoded.
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>

#include "concero/v1/assessment.grpc.pb.h"
#include "concero/v1/assessment.pb.h"

namespace gw::bench {
namespace {

namespace pb = ::concero::v1;

constexpr char kEmail[] = "arjun.mehta@company.io";
constexpr char kAnyUuid[] = "0190b8a0-7c3e-7d2a-9f00-5a1c2b3d4e5f";
constexpr int kMostOfAPage = 10'000;

grpc::ByteBuffer Encoded(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

grpc::ByteBuffer List(int examinations) {
  pb::ListExaminationsResponse answer;
  for (int i = 0; i < examinations; ++i) {
    pb::Examination& one = *answer.add_examinations();
    one.set_id(100 + i);
    one.set_name("Technology - Email Test " + std::to_string(i));
  }
  answer.mutable_fetch_time()->set_seconds(1'784'000'000);
  answer.mutable_fetch_time()->set_nanos(123'456'789);
  answer.set_version("0123456789abcdef");
  return Encoded(answer);
}

grpc::ByteBuffer Report() {
  pb::GetReportResponse answer;
  pb::Report& report = *answer.mutable_report();
  report.set_invite_id(142);
  report.set_examination_id(119);
  report.set_examination_name("Technology - Email Test");
  report.set_candidate_email(kEmail);
  report.set_report_url("https://beta-consero.ipixsolutions.net/report/142");
  report.set_proctoring_url("https://beta-consero.ipixsolutions.net/report/proctoring/142");
  report.set_score(74);
  report.set_total_score(100);
  report.set_percentage(74);
  report.mutable_start_time()->set_seconds(1'721'034'134);
  report.mutable_end_time()->set_seconds(1'721'039'048);
  report.set_outcome(pb::OUTCOME_PASS);
  report.set_upstream_status("Pass");
  (*report.mutable_metadata()->mutable_fields())["mode_of_completion"].set_string_value("web");
  return Encoded(answer);
}

grpc::ByteBuffer Invitation() {
  pb::AllocateCandidateResponse answer;
  pb::Allocation& allocation = *answer.mutable_allocation();
  allocation.set_request_id(kAnyUuid);
  allocation.set_examination_id(119);
  allocation.set_candidate_email(kEmail);
  allocation.set_state(pb::ALLOCATION_STATE_SUCCEEDED);
  allocation.set_invite_id(142);
  allocation.set_invite_link("https://beta-consero.ipixsolutions.net/exam/start/A3bkXYZ0123456789");
  return Encoded(answer);
}

using Service = pb::AssessmentService::WithRawCallbackMethod_ListExaminations<
    pb::AssessmentService::WithRawCallbackMethod_GetReport<
        pb::AssessmentService::WithRawCallbackMethod_AllocateCandidate<
            pb::AssessmentService::Service>>>;

class Limit final : public Service {
 public:
  explicit Limit(int examinations)
      : list_(List(examinations)), report_(Report()), invitation_(Invitation()) {}

  grpc::ServerUnaryReactor* ListExaminations(grpc::CallbackServerContext* context,
                                             const grpc::ByteBuffer*,
                                             grpc::ByteBuffer* answer) override {
    return Give(*context, list_, *answer);
  }
  grpc::ServerUnaryReactor* GetReport(grpc::CallbackServerContext* context, const grpc::ByteBuffer*,
                                      grpc::ByteBuffer* answer) override {
    return Give(*context, report_, *answer);
  }
  grpc::ServerUnaryReactor* AllocateCandidate(grpc::CallbackServerContext* context,
                                              const grpc::ByteBuffer*,
                                              grpc::ByteBuffer* answer) override {
    return Give(*context, invitation_, *answer);
  }

 private:
  static grpc::ServerUnaryReactor* Give(grpc::CallbackServerContext& context,
                                        const grpc::ByteBuffer& bytes, grpc::ByteBuffer& answer) {
    answer = bytes;  // shared, not copied
    grpc::ServerUnaryReactor* reactor = context.DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  const grpc::ByteBuffer list_, report_, invitation_;
};

int Main(int examinations) {
  Limit limit(examinations);
  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(&limit);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    std::fprintf(stderr, "speed_limit: no port to listen on\n");
    return 1;
  }
  std::printf("{\"event\":\"listening\",\"grpc\":\"127.0.0.1:%d\"}\n", port);
  std::fflush(stdout);
  server->Wait();
  return 0;
}

}  // namespace
}  // namespace gw::bench

int main(int argc, char** argv) {
  const int examinations = argc == 2 ? std::atoi(argv[1]) : 0;
  if (examinations < 1 || examinations > gw::bench::kMostOfAPage) {
    std::fprintf(stderr, "Usage: speed_limit EXAMINATIONS (1 to %d)\n", gw::bench::kMostOfAPage);
    return 2;
  }
  return gw::bench::Main(examinations);
}
