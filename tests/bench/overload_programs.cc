#include "tests/bench/overload_programs.h"

#include <curl/curl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <sstream>
#include <utility>
#include <vector>

namespace gw::bench {
namespace {

using Json = nlohmann::json;

constexpr const char* kKey = "the-key-of-the-overload-bench";
constexpr const char* kReport = "/api/v1/report";

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "overload_bench: %s\n", why.c_str());
  std::exit(2);
}

/// Started so that it does not outlive this thread, however that ends.
std::unique_ptr<testing::Process> Start(std::vector<std::string> command,
                                        const std::string& directory, Json& event) {
  const std::string program = command[0];
  command.insert(command.begin(), {"/usr/bin/setpriv", "--pdeathsig", "KILL", "--"});
  auto process = std::make_unique<testing::Process>(std::move(command), directory);
  event = Json::parse(process->FirstLine(), nullptr, false);
  if (!event.is_object()) Die(program + " does not serve: " + process->err());
  return process;
}

std::string Config(const std::string& sandbox, const testing::TemporaryDirectory& directory) {
  const std::string key_file = directory.Write("concero.key", kKey);
  chmod(key_file.c_str(), 0600);
  return directory.Write("gateway.yaml", R"(
grpc: {listen: "127.0.0.1:0"}
admin: {listen: "127.0.0.1:0"}
shutdown: {pause: 0s}
concero: {base_url: "http://)" + sandbox + R"(/api/v1", api_key_file: ")" +
                                             key_file + R"("}
ledger: {sqlite: {path: ")" + directory.path() +
                                             R"(/ledger.db"}}
)");
}

size_t Append(char* data, size_t, size_t size, void* text) {
  static_cast<std::string*>(text)->append(data, size);
  return size;
}

std::string Ask(const char* method, const std::string& url, const std::string& body = "") {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  std::string answer;
  curl_easy_setopt(curl.get(), CURLOPT_URL, ("http://" + url).c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROXY, "");
  curl_easy_setopt(curl.get(), CURLOPT_CUSTOMREQUEST, method);
  if (!body.empty()) curl_easy_setopt(curl.get(), CURLOPT_POSTFIELDS, body.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT, 30L);
  curl_easy_setopt(curl.get(), CURLOPT_FAILONERROR, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, &Append);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &answer);
  const CURLcode code = curl_easy_perform(curl.get());
  if (code != CURLE_OK) Die(std::string(method) + " " + url + ": " + curl_easy_strerror(code));
  return answer;
}

std::string ProcFile(pid_t pid, const char* name) {
  const std::string text = testing::ReadFile("/proc/" + std::to_string(pid) + "/" + name);
  if (text.empty()) Die("a program has ended");
  return text;
}

double CpuSeconds(pid_t pid) {
  // The name in parentheses may have blanks; behind it user and system time are the 12th and 13th.
  const std::string stat = ProcFile(pid, "stat");
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

OverloadPrograms::OverloadPrograms(const std::string& programs, std::chrono::milliseconds delay) {
  Json event;
  sandbox_ = Start({programs + "/concero-sandbox", "--listen", "127.0.0.1:0", "--api-key", kKey},
                   directory_.path(), event);
  http_ = event.value("http", "");
  Ask("PUT", http_ + "/_sandbox/faults",
      Json::array({{{"path", kReport}, {"delay_ms", delay.count()}}}).dump());
  gateway_ = Start({programs + "/concero-gateway", "--config", Config(http_, directory_)},
                   directory_.path(), event);
  grpc_ = event.value("grpc", "");
  admin_ = event.value("admin", "");
}

OverloadPrograms::~OverloadPrograms() {
  gateway_->Stop();
  sandbox_->Stop();
}

int64_t OverloadPrograms::ReportsAskedFor() {
  const Json journal = Json::parse(Ask("GET", http_ + "/_sandbox/journal"));
  Ask("DELETE", http_ + "/_sandbox/journal");
  int64_t count = 0;
  for (const Json& request : journal.at("requests")) count += request.at("path") == kReport;
  return count;
}

double OverloadPrograms::GatewayCpu() const { return CpuSeconds(gateway_->pid()); }
double OverloadPrograms::SandboxCpu() const { return CpuSeconds(sandbox_->pid()); }

double OverloadPrograms::MemoryMiB() const {
  const std::string status = ProcFile(gateway_->pid(), "status");
  const size_t line = status.find("VmRSS:");
  if (line == std::string::npos) Die("the gateway has ended: " + gateway_->err());
  return std::atof(status.c_str() + line + 6) / 1024;
}

}  // namespace gw::bench
