// concero-sandbox: a stand-in for the Concero portal that tests and demonstrations run against.
#include <event2/event.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <string_view>

#include "tests/sandbox/http_message.h"
#include "tests/sandbox/http_server.h"
#include "tests/sandbox/json_text.h"
#include "tests/sandbox/sandbox_service.h"

namespace sandbox {
namespace {

constexpr int kUsageError = 2;

struct Options {
  std::string listen;
  std::string api_key;
};

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

int Serve(const Options& options) {
  using Base = std::unique_ptr<event_base, decltype(&event_base_free)>;
  using Event = std::unique_ptr<event, decltype(&event_free)>;
  std::signal(SIGPIPE, SIG_IGN);
  RaiseDescriptorLimit();

  const Base base(event_base_new(), &event_base_free);
  const auto stop = [](evutil_socket_t, short, void* loop) {
    event_base_loopbreak(static_cast<event_base*>(loop));
  };
  const Event terminate(evsignal_new(base.get(), SIGTERM, stop, base.get()), &event_free);
  const Event interrupt(evsignal_new(base.get(), SIGINT, stop, base.get()), &event_free);
  event_add(terminate.get(), nullptr);
  event_add(interrupt.get(), nullptr);

  SandboxService service(options.api_key, &NewToken);
  HttpServer server(base.get(), &service);
  if (const auto wrong = server.Listen(options.listen); !wrong.empty()) {
    return Complain("--listen: " + wrong);
  }
  std::cout << DumpJson({{"event", "listening"}, {"http", server.address()}}) << std::endl;
  event_base_dispatch(base.get());
  return 0;
}

int Main(int argc, char** argv) {
  CLI::App app("A stand-in for the Concero assessment portal, under /api/v1.", "concero-sandbox");
  Options options;
  app.add_option("--listen", options.listen, "HOST:PORT to serve on; port 0 chooses one")
      ->required();
  app.add_option("--api-key", options.api_key, "what requests must carry as x-api-key")->required();
  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << app.help();
    return 0;
  } catch (const CLI::ParseError& error) {
    return Complain(error.what());
  }
  const std::string& key = options.api_key;
  if (key.empty() || !IsHeaderValue(key) || Trim(key) != key) {
    return Complain("--api-key: not a header's value");
  }
  return Serve(options);
}

}  // namespace
}  // namespace sandbox

int main(int argc, char** argv) { return sandbox::Main(argc, argv); }
