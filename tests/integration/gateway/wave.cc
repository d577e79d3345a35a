#include "tests/integration/gateway/wave.h"

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace gw::testing {

namespace pb = concero::v1;

Wave RunWave(const GatewayProcess& gateway, Sandbox& sandbox, int calls, int channels,
             int delay_ms) {
  std::vector<std::unique_ptr<pb::AssessmentService::Stub>> stubs;
  stubs.reserve(static_cast<size_t>(channels));
  for (int i = 0; i < channels; ++i) stubs.push_back(gateway.Stub());
  sandbox.ClearFaults();
  pb::ListExaminationsResponse list;
  grpc::ClientContext fill, meanwhile;
  if (!stubs[0]->ListExaminations(&fill, {}, &list).ok()) throw std::runtime_error("no list");
  sandbox.SetReport(142, {{"status", "Pass"}});
  sandbox.SetFaults({{{"path", "/api/v1/report"}, {"delay_ms", delay_ms}}});
  sandbox.ClearJournal();

  struct Slow {
    grpc::ClientContext context;
    pb::GetReportRequest request;
    pb::GetReportResponse response;
  };
  std::vector<std::unique_ptr<Slow>> slow;
  std::atomic<int> ended{0}, failed{0};
  Wave wave;
  std::promise<void> all;
  for (int i = 0; i < calls; ++i) {
    slow.push_back(std::make_unique<Slow>());
    Slow& call = *slow.back();
    call.request.set_invite_id(142);
    call.context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(10));
    stubs[i % channels]->async()->GetReport(&call.context, &call.request, &call.response,
                                            [&](const grpc::Status& status) {
                                              if (!status.ok() && failed++ == 0) {
                                                wave.failure = status.error_message();
                                              }
                                              if (++ended == calls) all.set_value();
                                            });
  }
  const std::string all_active =
      "http_client_active_requests{upstream=\"concero\"} " + std::to_string(calls) + "\n";
  while (ended == 0 &&
         Http("GET", gateway.admin("/metrics")).body.find(all_active) == std::string::npos) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const grpc::Status listed = stubs[0]->ListExaminations(&meanwhile, {}, &list);
  wave.ended_before_the_list = ended;
  all.get_future().wait();
  wave.failed = failed + (listed.ok() ? 0 : 1);
  for (const auto& call : slow) wave.wrong += call->response.report().invite_id() == 142 ? 0 : 1;
  wave.connections = sandbox.Journal().at("connections");
  return wave;
}

}  // namespace gw::testing
