// concero-sandbox: a stand-in for the Concero portal and for ProctorExam that tests and
// demonstrations run against.
#include <event2/event.h>
#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <iostream>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "tests/sandbox/http_server.h"
#include "tests/sandbox/json_text.h"
#include "tests/sandbox/options.h"
#include "tests/sandbox/sandbox_service.h"
#include "tests/sandbox/tls_context.h"

namespace sandbox {
namespace {

constexpr int kUsageError = 2;

int Complain(std::string_view why) {
  std::cerr << "concero-sandbox: " << why << std::endl;
  return kUsageError;
}

// Every slow request holds a descriptor, and the usual soft limit is 1,024.
void RaiseDescriptorLimit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// About 190 bits that nobody can guess.
std::string NewToken() {
  static constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  static std::random_device device;
  std::uniform_int_distribution<std::size_t> letter(0, kLetters.size() - 1);
  std::string token(32, ' ');
  for (char& c : token) c = kLetters[letter(device)];
  return token;
}

std::int64_t UnixMilliseconds() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::floor<std::chrono::milliseconds>(now).count();
}

// In seconds, of a clock that is ahead by `skew`.
std::int64_t UnixTime(std::chrono::milliseconds skew) {
  const auto now = std::chrono::milliseconds(UnixMilliseconds()) + skew;
  return std::chrono::floor<std::chrono::seconds>(now).count();
}

int Serve(const Options& options) {
  using Base = std::unique_ptr<event_base, decltype(&event_base_free)>;
  using Event = std::unique_ptr<event, decltype(&event_free)>;
  std::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();

  std::optional<TlsContext> tls;
  if (!options.tls_cert.empty()) {
    const auto wrong = tls.emplace().Load(options.tls_cert, options.tls_key);
    if (!wrong.empty()) return Complain(wrong);
    if (options.cap_at_tls12) tls->CapAtTls12();
  }

  const Base base(event_base_new(), &event_base_free);
  const auto stop = [](evutil_socket_t, short, void* loop) {
    event_base_loopbreak(static_cast<event_base*>(loop));
  };
  const Event terminate(evsignal_new(base.get(), SIGTERM, stop, base.get()), &event_free);
  const Event interrupt(evsignal_new(base.get(), SIGINT, stop, base.get()), &event_free);
  event_add(terminate.get(), nullptr);
  event_add(interrupt.get(), nullptr);

  std::optional<ProctorExamApi::Settings> proctorexam;
  if (!options.proctorexam_token.empty()) {
    proctorexam = {options.proctorexam_token, options.proctorexam_secret, &UnixMilliseconds};
  }
  SandboxService service({.api_key = options.api_key,
                          .proctorexam = std::move(proctorexam),
                          .allowed = options.allowed,
                          .new_token = &NewToken,
                          .unix_time = [&options] { return UnixTime(options.date_skew); }});
  HttpServer server(base.get(), &service, tls ? &*tls : nullptr);
  if (const auto wrong = server.Listen(options.listen); !wrong.empty()) {
    return Complain("--listen: " + wrong);
  }
  std::cout << DumpJson({{"event", "listening"}, {"http", server.address()}}) << std::endl;
  event_base_dispatch(base.get());
  return 0;
}

int Main(int argc, char** argv) {
  const auto parsed = ParseOptions(argc, argv);
  if (const auto* help = std::get_if<Help>(&parsed)) {
    std::cout << help->text;
    return 0;
  }
  if (const auto* error = std::get_if<UsageError>(&parsed)) return Complain(error->why);
  return Serve(std::get<Options>(parsed));
}

}  // namespace
}  // namespace sandbox

int main(int argc, char** argv) { return sandbox::Main(argc, argv); }
