#include "tests/integration/gateway/stack.h"

#include <curl/curl.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <gtest/gtest.h>

#include <sstream>
#include <thread>
#include <utility>

#include "grpc/health/v1/health.pb.h"
#include "tests/integration/gateway/canaries.h"

namespace gw::testing {
namespace {

using nlohmann::json;

size_t Collect(char* data, size_t, size_t size, void* out) {
  static_cast<std::string*>(out)->append(data, size);
  return size;
}

std::string Program(const std::string& name) { return std::string(PROGRAMS) + "/" + name; }

std::vector<std::string> SandboxCommand(const std::vector<std::string>& more) {
  std::vector<std::string> command = {
      Program("concero-sandbox"), "--listen", "127.0.0.1:0",          "--api-key", kKey,
      "--proctorexam-token",      kToken,     "--proctorexam-secret", kSecretKey};
  command.insert(command.end(), more.begin(), more.end());
  return command;
}

std::vector<std::string> TlsArguments(const TemporaryDirectory& directory,
                                      const Certificate& certificate) {
  return {"--tls-cert", directory.Write("sandbox-cert.pem", certificate.Pem()), "--tls-key",
          directory.Write("sandbox-key.pem", certificate.KeyPem())};
}

}  // namespace

HttpAnswer Http(const std::string& method, const std::string& url, const std::string& body,
                const std::string& ca_file) {
  return HttpAs(method, url, body, {"Content-Type: application/json"}, ca_file);
}

HttpAnswer HttpAs(const std::string& method, const std::string& url, const std::string& body,
                  const std::vector<std::string>& header_lines, const std::string& ca_file) {
  HttpAnswer answer;
  CURL* curl = curl_easy_init();
  curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  if (!ca_file.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, ca_file.c_str());
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_slist* headers = nullptr;
  for (const std::string& line : header_lines) headers = curl_slist_append(headers, line.c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  if (method != "GET" && method != "DELETE") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(curl, CURLOPT_COPYPOSTFIELDS, body.c_str());
  }
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &Collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
  if (curl_easy_perform(curl) == CURLE_OK) {
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = static_cast<int>(status);
  }
  curl_slist_free_all(headers);
  curl_easy_cleanup(curl);
  return answer;
}

Sandbox::Sandbox(const TemporaryDirectory& directory, const std::string& scheme,
                 const std::vector<std::string>& arguments, std::string ca_file)
    : process_(SandboxCommand(arguments), directory.path()),
      root_(scheme + "://" + json::parse(process_.FirstLine()).at("http").get<std::string>()),
      ca_file_(std::move(ca_file)) {}

Sandbox::Sandbox(const TemporaryDirectory& directory, const TestCa& ca, const CertificateSpec& spec)
    : Sandbox(directory, "https", TlsArguments(directory, ca.Issue(spec)),
              directory.Write("sandbox-ca.pem", ca.Pem())) {}

HttpAnswer Sandbox::Ask(const std::string& method, const std::string& path,
                        const std::string& body) {
  return Http(method, root_ + "/_sandbox/" + path, body, ca_file_);
}

void Sandbox::SetFaults(const json& faults) {
  const HttpAnswer answer = Ask("PUT", "faults", faults.dump());
  if (answer.status != 204) throw std::runtime_error("faults refused: " + answer.body);
}

void Sandbox::ClearFaults() { Ask("DELETE", "faults"); }

void Sandbox::ClearJournal() { Ask("DELETE", "journal"); }

json Sandbox::Journal() { return json::parse(Ask("GET", "journal").body); }

int Sandbox::Received(const std::string& path) {
  int n = 0;
  const json journal = Journal();
  for (const json& request : journal.at("requests")) {
    n += request.at("complete") == true && request.at("path") == "/api/v1" + path ? 1 : 0;
  }
  return n;
}

void Sandbox::AwaitReceived(const std::string& path, int n) {
  while (Received(path) < n) std::this_thread::sleep_for(std::chrono::milliseconds(5));
}

void Sandbox::SetReport(int64_t invite_id, const json& report) {
  Ask("PUT", "reports/" + std::to_string(invite_id), report.dump());
}

std::string WriteConfig(const TemporaryDirectory& directory, const std::string& base_url,
                        const GatewaySettings& settings) {
  static int count = 0;
  const auto upstream = [&](const std::string& name, const std::string& url,
                            const std::string& keys, const std::string& more) {
    if (url.empty()) return std::string();
    return name + ": {base_url: \"" + url + "\", " + keys + ", " + more + "}\n";
  };
  const auto file = [&](const std::string& name, const std::string& key) {
    return "\"" + directory.Write(name, key + "\n") + "\"";
  };
  const std::string name = "gateway" + std::to_string(++count);
  const std::string ledger = settings.ledger.empty()
                                 ? "sqlite: {path: \"" + directory.path() + "/" + name + ".db\"}"
                                 : settings.ledger;
  const std::string authorization =
      settings.policy.empty() ? "" : "authorization: {policy_file: \"" + settings.policy + "\"}\n";
  return directory.Write(
      name + ".yaml",
      "grpc: {listen: \"127.0.0.1:0\", " + settings.grpc + "}\n" +
          "admin: {listen: \"127.0.0.1:0\"}\n" + "shutdown: {" + settings.shutdown + "}\n" +
          "log: {" + settings.log + "}\n" +
          upstream("concero", base_url, "api_key_file: " + file("api-key", settings.key),
                   settings.concero) +
          upstream("proctorexam", settings.proctorexam_url,
                   "api_token_file: " + file("api-token", settings.token) +
                       ", secret_key_file: " + file("secret-key", settings.secret_key),
                   settings.proctorexam) +
          "ledger: {" + ledger + "}\n" + "egress: {" + settings.egress + "}\n" + "quotas: {" +
          settings.quotas + "}\n" + authorization);
}

GatewayProcess::GatewayProcess(const TemporaryDirectory& directory, const std::string& base_url,
                               const GatewaySettings& settings) {
  const std::string config = WriteConfig(directory, base_url, settings);
  process_ = std::make_unique<Process>(
      std::vector<std::string>{Program("concero-gateway"), "--config", config}, directory.path(),
      settings.err);
  const std::string line = process_->FirstLine();
  if (line.empty()) throw std::runtime_error("no gateway: " + process_->err());
  const json listening = json::parse(line);
  grpc_ = listening.at("grpc");
  admin_ = listening.at("admin");
}

GatewayProcess::~GatewayProcess() {
  if (process_ == nullptr) return;
  std::string shown = process_->err() + process_->out();
  if (process_->Runs()) {
    shown += WhatTheSystemShows(pid());
    for (const char* page : {"/metrics", "/readyz", "/healthz", "/statusz", "/statusz.json"}) {
      shown += Http("GET", admin(page)).body;
    }
  }
  EXPECT_EQ(CanariesIn(shown), std::vector<std::string>());
}

std::vector<json> GatewayProcess::Logged(const std::string& event) const {
  std::vector<json> lines;
  std::istringstream log(process_->err());
  for (std::string line; std::getline(log, line);) {
    json fields = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (fields.is_object() && fields.value("event", "") == event) lines.push_back(fields);
  }
  return lines;
}

double GatewayProcess::Metric(const std::string& sample) const {
  const std::string text = "\n" + Http("GET", admin("/metrics")).body;
  const size_t at = text.find("\n" + sample + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + sample.size() + 2));
}

std::shared_ptr<grpc::Channel> GatewayProcess::Channel() const {
  grpc::ChannelArguments arguments;
  // Otherwise channels of one process share their connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(grpc_, grpc::InsecureChannelCredentials(), arguments);
}

std::unique_ptr<concero::v1::AssessmentService::Stub> GatewayProcess::Stub() const {
  return concero::v1::AssessmentService::NewStub(Channel());
}

std::unique_ptr<concero::v1::AllocationService::Stub> GatewayProcess::Allocations() const {
  return concero::v1::AllocationService::NewStub(Channel());
}

std::unique_ptr<proctorexam::v1::StudentSessionService::Stub> GatewayProcess::StudentSessions()
    const {
  return proctorexam::v1::StudentSessionService::NewStub(Channel());
}

std::string GatewayProcess::Health(const std::string& name) const {
  grpc::health::v1::HealthCheckRequest request;
  request.set_service(name);
  grpc::health::v1::HealthCheckResponse response;
  grpc::ClientContext context;
  const grpc::internal::RpcMethod method("/grpc.health.v1.Health/Check",
                                         grpc::internal::RpcMethod::NORMAL_RPC);
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall(Channel().get(), method, &context, request, &response);
  if (!status.ok()) return "failed";
  return grpc::health::v1::HealthCheckResponse::ServingStatus_Name(response.status());
}

Details DetailsOf(const grpc::Status& status) {
  Details details;
  google::rpc::Status rpc;
  rpc.ParseFromString(status.error_details());
  for (const auto& any : rpc.details()) {
    any.UnpackTo(&details.info);
    details.has_retry |= any.UnpackTo(&details.retry);
    any.UnpackTo(&details.bad_request);
  }
  return details;
}

}  // namespace gw::testing
