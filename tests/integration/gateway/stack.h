// Sandbox and gateway as processes on free loopback ports, and a generated stub to call them with.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "concero/v1/allocation.grpc.pb.h"
#include "concero/v1/assessment.grpc.pb.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "proctorexam/v1/student_session.grpc.pb.h"
#include "tests/support/process.h"
#include "tests/support/test_ca.h"

namespace gw::testing {

inline constexpr char kKey[] = "canary-api-key-5f2b";
inline constexpr char kToken[] = "canary-api-token-77c1";
inline constexpr char kSecretKey[] = "canary-secret-key-e09a";

/// An HTTP answer; status 0 when there was none.
struct HttpAnswer {
  int status = 0;
  std::string body;
};
HttpAnswer HttpAs(const std::string& method, const std::string& url, const std::string& body,
                  const std::vector<std::string>& headers, const std::string& ca_file = "");
/// With a body of JSON.
HttpAnswer Http(const std::string& method, const std::string& url, const std::string& body = "",
                const std::string& ca_file = "");

/// concero-sandbox and its admin interface.
class Sandbox {
 public:
  explicit Sandbox(const TemporaryDirectory& directory,
                   const std::vector<std::string>& arguments = {})
      : Sandbox(directory, "http", arguments, /*ca_file=*/"") {}
  /// Over TLS, vouched for by `ca`.
  Sandbox(const TemporaryDirectory& directory, const TestCa& ca, const CertificateSpec& spec = {});
  const std::string& root() const { return root_; }
  std::string base_url() const { return root_ + "/api/v1"; }
  std::string proctorexam_url() const { return root_ + "/api/v3"; }
  const std::string& ca_file() const { return ca_file_; }
  void SetFaults(const nlohmann::json& faults);
  void ClearFaults();
  void ClearJournal();
  nlohmann::json Journal();
  /// How many requests it has read whole, of a path below the base URL.
  int Received(const std::string& path);
  void AwaitReceived(const std::string& path, int n);
  void SetReport(int64_t invite_id, const nlohmann::json& report);
  Process& process() { return process_; }

 private:
  Sandbox(const TemporaryDirectory& directory, const std::string& scheme,
          const std::vector<std::string>& arguments, std::string ca_file);
  HttpAnswer Ask(const std::string& method, const std::string& path, const std::string& body = "");

  Process process_;
  const std::string root_, ca_file_;
};

/// What of the configuration a test wants otherwise: YAML flow mappings' insides.
struct GatewaySettings {
  std::string concero = "";  ///< `max_in_flight: 1, examinations: {ttl: 1ms}`
  std::string grpc = "";     ///< `deadline_margin: 20ms`
  std::string shutdown = "pause: 0s";
  std::string proctorexam_url = "";  ///< empty: it is not configured
  std::string proctorexam = "";
  std::string egress = "";  ///< `ca_file: FILE`
  std::string log = "";     ///< `access: all`
  /// `sqlite: {path: FILE}`; empty: each gateway has a file of its own.
  std::string ledger = "";
  std::string quotas = "";  ///< `default: {in_flight: 1}`
  std::string policy = "";  ///< a file with a policy; empty: there is none
  int err = -1;             ///< where its log goes, see Process
  std::string key = kKey, token = kToken, secret_key = kSecretKey;
};

/// Writes a configuration and its keys, and returns its path. `base_url` as GatewayProcess has it.
std::string WriteConfig(const TemporaryDirectory& directory, const std::string& base_url,
                        const GatewaySettings& settings);

/// concero-gateway.
class GatewayProcess {
 public:
  /// `base_url` is Concero's; empty: it is not configured.
  GatewayProcess(const TemporaryDirectory& directory, const std::string& base_url,
                 const GatewaySettings& settings = {});
  /// Fails the test when anything that the gateway has shown has a canary in it (canaries.h).
  ~GatewayProcess();
  const std::string& address() const { return grpc_; }
  std::string admin(const std::string& path) const { return "http://" + admin_ + path; }
  std::unique_ptr<concero::v1::AssessmentService::Stub> Stub() const;
  std::unique_ptr<concero::v1::AllocationService::Stub> Allocations() const;
  std::unique_ptr<proctorexam::v1::StudentSessionService::Stub> StudentSessions() const;
  std::shared_ptr<grpc::Channel> Channel() const;
  /// What grpc.health.v1 says of a name: `SERVING`, …; `failed` when it is not known.
  std::string Health(const std::string& name) const;
  Process& process() { return *process_; }
  pid_t pid() const { return process_->pid(); }
  /// What its log has so far: the lines of one event, as JSON.
  std::vector<nlohmann::json> Logged(const std::string& event) const;
  /// The value of a sample of /metrics, written `name{label="value"}` as there; -1 when absent.
  double Metric(const std::string& sample) const;

 private:
  std::unique_ptr<Process> process_;
  std::string grpc_, admin_;
};

/// The details of a status that the gateway made.
struct Details {
  google::rpc::ErrorInfo info;
  google::rpc::RetryInfo retry;
  google::rpc::BadRequest bad_request;
  bool has_retry = false;
};
Details DetailsOf(const grpc::Status& status);

}  // namespace gw::testing
