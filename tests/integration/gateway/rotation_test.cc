// Keys and certificates that change under load: no call fails.
//
// How often is taken from the environment: KEY_ROTATIONS and CERTIFICATE_ROTATIONS.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <mutex>
#include <thread>

#include "tests/integration/gateway/stack.h"
#include "tests/support/await.h"

namespace gw::testing {
namespace {

namespace fs = std::filesystem;

int Times(const char* name, int otherwise) {
  const char* const text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

// As editors and kubelets do it: there is never half a file.
void ReplaceFile(const std::string& path, const std::string& content) {
  std::ofstream(path + ".new") << content;
  fs::rename(path + ".new", path);
}

// Calls without a pause, on threads of its own, until its end.
class Load {
 public:
  using Call = std::function<grpc::Status(int n)>;
  explicit Load(const std::vector<Call>& calls) {
    for (const Call& call : calls) {
      Caller& caller = *callers_.emplace_back(std::make_unique<Caller>());
      caller.thread = std::thread([this, &caller, call] {
        for (int n = 0; !stopped_; ++n) {
          const grpc::Status status = call(n);
          if (!status.ok()) Failed(status);
          ++caller.done;
        }
      });
    }
  }
  ~Load() {
    stopped_ = true;
    for (const auto& caller : callers_) caller->thread.join();
  }

  // Until no call is under way that has begun before.
  void AwaitTurn() const {
    for (const auto& caller : callers_) {
      const int before = caller->done;
      ASSERT_TRUE(Await([&] { return caller->done >= before + 2; }));
    }
  }
  int failed() const { return failed_; }
  std::string first_failure() const {
    std::lock_guard lock(mutex_);
    return first_failure_;
  }
  int done() const {
    int sum = 0;
    for (const auto& caller : callers_) sum += caller->done;
    return sum;
  }

 private:
  struct Caller {
    std::atomic<int> done{0};
    std::thread thread;
  };
  void Failed(const grpc::Status& status) {
    std::lock_guard lock(mutex_);
    if (failed_++ == 0) {
      first_failure_ = std::to_string(status.error_code()) + " " + status.error_message();
    }
  }

  std::atomic<bool> stopped_{false};
  std::atomic<int> failed_{0};
  mutable std::mutex mutex_;
  std::string first_failure_;
  std::vector<std::unique_ptr<Caller>> callers_;
};

// What the upstream takes, and what is in the files.
struct Keys {
  std::string api_key, token, secret;
  static Keys Number(int n) {
    const std::string number = std::to_string(n);
    return {"canary-api-key-" + number, "canary-token-" + number, "canary-secret-" + number};
  }
};

class KeyRotation : public ::testing::Test {
 protected:
  static GatewaySettings Settings(const Sandbox& sandbox) {
    GatewaySettings settings;
    settings.proctorexam_url = sandbox.proctorexam_url();
    settings.log = "access: errors";
    return settings;
  }
  void Accept(const std::vector<Keys>& all) {
    nlohmann::json body = {{"api_keys", nlohmann::json::array()},
                           {"proctorexam", nlohmann::json::array()}};
    for (const Keys& keys : all) {
      body["api_keys"].push_back(keys.api_key);
      body["proctorexam"].push_back({{"token", keys.token}, {"secret", keys.secret}});
    }
    const HttpAnswer answer = Http("PUT", sandbox_.root() + "/_sandbox/keys", body.dump());
    ASSERT_EQ(answer.status, 204) << answer.body;
  }
  void WriteFiles(const Keys& keys) {
    ReplaceFile(directory_.path() + "/api-key", keys.api_key + "\n");
    ReplaceFile(directory_.path() + "/api-token", keys.token + "\n");
    ReplaceFile(directory_.path() + "/secret-key", keys.secret + "\n");
  }
  // Until the gateway has taken up what is in the files: the ages of all three begin anew.
  bool AwaitTakenUp() {
    return Await([this] {
      for (const char* key :
           {"concero_api_key", "proctorexam_api_token", "proctorexam_secret_key"}) {
        const double age =
            gateway_.Metric("gateway_key_age_seconds{key=\"" + std::string(key) + "\"}");
        if (age < 0 || age > Since(written_)) return false;
      }
      return true;
    });
  }
  static double Since(std::chrono::steady_clock::time_point at) {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - at).count();
  }

  Load::Call Lists() {
    return [stub = std::shared_ptr(gateway_.Stub())](int) {
      grpc::ClientContext context;
      concero::v1::ListExaminationsRequest request;
      request.mutable_max_staleness();
      concero::v1::ListExaminationsResponse response;
      return stub->ListExaminations(&context, request, &response);
    };
  }
  Load::Call Allocates() {
    return [stub = std::shared_ptr(gateway_.Stub())](int n) {
      grpc::ClientContext context;
      concero::v1::AllocateCandidateRequest request;
      request.set_examination_id(119);
      request.set_candidate_email("candidate" + std::to_string(n) + "@example.com");
      request.set_request_id("intent-" + std::to_string(n));
      concero::v1::AllocateCandidateResponse response;
      return stub->AllocateCandidate(&context, request, &response);
    };
  }
  Load::Call Gets() {
    return [stub = std::shared_ptr(gateway_.StudentSessions())](int) {
      grpc::ClientContext context;
      proctorexam::v1::ListStudentSessionsRequest request;
      request.set_exam_id(7);
      proctorexam::v1::ListStudentSessionsResponse response;
      return stub->ListStudentSessions(&context, request, &response);
    };
  }

  TemporaryDirectory directory_;
  Sandbox sandbox_{directory_};
  GatewayProcess gateway_{directory_, sandbox_.base_url(), Settings(sandbox_)};
  std::chrono::steady_clock::time_point written_;
};

// By turns the file changes first, so that for a while only the previous key works, and the
// upstream first, which takes both for a while.
TEST_F(KeyRotation, FailsNoCall) {
  const int times = Times("KEY_ROTATIONS", 6);
  Keys old{kKey, kToken, kSecretKey};
  const Load load({Lists(), Allocates(), Gets()});
  load.AwaitTurn();
  for (int n = 0; n < times; ++n) {
    const Keys next = Keys::Number(n);
    if (n % 2 == 1) Accept({old, next});
    written_ = std::chrono::steady_clock::now();
    WriteFiles(next);
    ASSERT_TRUE(AwaitTakenUp()) << n;
    load.AwaitTurn();
    if (n % 2 == 0) Accept({old, next});
    load.AwaitTurn();
    Accept({next});
    load.AwaitTurn();
    ASSERT_EQ(load.failed(), 0) << "rotation " << n << ": " << load.first_failure();
    old = next;
  }
  EXPECT_GT(gateway_.Metric("gateway_previous_key_used_total{upstream=\"concero\"}"), 0);
  EXPECT_GT(gateway_.Metric("gateway_previous_key_used_total{upstream=\"proctorexam\"}"), 0);
  std::cout << times << " key rotations under " << load.done()
            << " calls, failed: " << load.failed() << "\n";
  const std::string log = gateway_.process().err();
  EXPECT_EQ(log.find("canary-"), std::string::npos) << log;
}

TEST_F(KeyRotation, ABadFileKeepsTheKeyAndIsCounted) {
  const Load load({Lists()});
  ReplaceFile(directory_.path() + "/api-key", "canary-bad\nkey\n");
  EXPECT_TRUE(Await([this] {
    return gateway_.Metric("gateway_reload_failures_total{file=\"concero_keys\"}") >= 1;
  }));
  load.AwaitTurn();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
  EXPECT_GE(gateway_.Logged("key_file_refused").size(), 1u);
  EXPECT_EQ(gateway_.process().err().find("canary-"), std::string::npos);
}

// mTLS, every call on a connection of its own, and one caller that keeps its connection.
class CertificateRotation : public ::testing::Test {
 protected:
  void WriteServerFiles(const Certificate& certificate) {
    ReplaceFile(cert_file_, certificate.Pem());
    ReplaceFile(key_file_, certificate.KeyPem());
  }
  std::shared_ptr<grpc::Channel> Connect(const GatewayProcess& gateway) const {
    grpc::SslCredentialsOptions options;
    options.pem_root_certs = ca_.Pem();
    options.pem_cert_chain = caller_.Pem();
    options.pem_private_key = caller_.KeyPem();
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(gateway.address(), grpc::SslCredentials(options), arguments);
  }
  // Which certificate it was shown, too, unless null.
  static grpc::Status List(const std::shared_ptr<grpc::Channel>& channel,
                           std::string* certificate = nullptr) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    concero::v1::ListExaminationsResponse response;
    const auto status = concero::v1::AssessmentService::NewStub(channel)->ListExaminations(
        &context, concero::v1::ListExaminationsRequest(), &response);
    if (certificate == nullptr || !status.ok()) return status;
    const auto shown = context.auth_context()->FindPropertyValues("x509_pem_cert");
    if (!shown.empty()) *certificate = {shown[0].data(), shown[0].size()};
    return status;
  }
  static std::string LastRefusal(const GatewayProcess& gateway) {
    const auto lines = gateway.Logged("certificate_refused");
    return lines.empty() ? "" : lines.back().at("message").get<std::string>();
  }
  GatewaySettings Settings() const {
    GatewaySettings settings;
    settings.grpc = "tls: {cert_file: \"" + cert_file_ + "\", key_file: \"" + key_file_ +
                    "\", client_ca_file: \"" + ca_file_ + "\"}";
    return settings;
  }

  TemporaryDirectory directory_;
  TestCa ca_;
  const Certificate caller_ = ca_.Issue({.alternative_names = "DNS:exams.internal"});
  const Certificate first_ = ca_.Issue();
  const std::string cert_file_ = directory_.Write("server.pem", first_.Pem()),
                    key_file_ = directory_.Write("server-key.pem", first_.KeyPem()),
                    ca_file_ = directory_.Write("callers.pem", ca_.Pem());
  Sandbox sandbox_{directory_};
};

TEST_F(CertificateRotation, FailsNoCall) {
  const int times = Times("CERTIFICATE_ROTATIONS", 3);
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  const Load load({[&](int) { return List(Connect(gateway)); },
                   [&](int) { return List(Connect(gateway)); },
                   [channel = Connect(gateway)](int) { return List(channel); }});
  load.AwaitTurn();
  for (int n = 0; n < times; ++n) {
    const Certificate next = ca_.Issue();
    WriteServerFiles(next);
    std::string shown;
    ASSERT_TRUE(Await([&] { return List(Connect(gateway), &shown).ok() && shown == next.Pem(); }))
        << n;
    ASSERT_EQ(load.failed(), 0) << "rotation " << n << ": " << load.first_failure();
  }
  std::cout << times << " certificate rotations under " << load.done()
            << " calls, failed: " << load.failed() << "\n";
}

TEST_F(CertificateRotation, FilesThatCannotBeUsedFailNoHandshakeAndAreCounted) {
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  const Load load({[&](int) { return List(Connect(gateway)); }});
  const auto failures = [&gateway] {
    return gateway.Metric("gateway_reload_failures_total{file=\"grpc_tls\"}");
  };
  const struct {
    std::string file, content, complaint;
  } kCases[] = {
      {cert_file_, "garbage", "grpc.tls.cert_file: " + cert_file_ + ": has no certificate"},
      {cert_file_, "", "grpc.tls.cert_file: " + cert_file_ + ": has no certificate"},
      {cert_file_, ca_.Issue().Pem(), "grpc.tls.key_file: " + key_file_ + ": is not the key"},
      {cert_file_, first_.Pem() + "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
       "grpc.tls.cert_file: " + cert_file_ + ": has no certificate, or one that cannot be read"},
      {key_file_, "garbage", "grpc.tls.key_file: " + key_file_ + ": has no private key"},
      {ca_file_, "garbage", "grpc.tls.client_ca_file: " + ca_file_ + ": has no certificate"},
  };
  for (const auto& c : kCases) {
    const std::string good = ReadFile(c.file);
    ReplaceFile(c.file, c.content);
    EXPECT_TRUE(Await([&] { return LastRefusal(gateway).rfind(c.complaint, 0) == 0; }))
        << c.complaint << "\n"
        << LastRefusal(gateway);
    EXPECT_GE(failures(), 1);
    load.AwaitTurn();
    ReplaceFile(c.file, good);
  }
  const Certificate expired = ca_.Issue({.valid_from = -7200, .valid_until = -3600});
  WriteServerFiles(expired);
  EXPECT_TRUE(Await([&] { return LastRefusal(gateway).find("expired") != std::string::npos; }));
  load.AwaitTurn();
  EXPECT_EQ(load.failed(), 0) << load.first_failure();
}

TEST_F(CertificateRotation, WhatIsWrittenAnewWithoutAChangeIsNoNews) {
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  WriteServerFiles(first_);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // what it does, it has done by then
  EXPECT_EQ(gateway.Logged("certificate_changed").size(), 0u);
  EXPECT_EQ(gateway.Logged("certificate_refused").size(), 0u);
}

TEST_F(CertificateRotation, TheMetricSaysUntilWhenItIsValid) {
  const GatewayProcess gateway(directory_, sandbox_.base_url(), Settings());
  const double until =
      gateway.Metric("gateway_certificate_not_after_timestamp_seconds{certificate=\"grpc_tls\"}");
  const double now = static_cast<double>(time(nullptr));
  EXPECT_GT(until, now + 80'000);
  EXPECT_LT(until, now + 90'000);
}

}  // namespace
}  // namespace gw::testing
