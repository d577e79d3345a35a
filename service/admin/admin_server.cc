#include "service/admin/admin_server.h"

#include <CivetServer.h>
#include <poll.h>

#include <atomic>
#include <functional>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "service/admin/status_codec.h"
#include "service/admin/status_page.h"
#include "service/base/base_url.h"
#include "service/observe/log.h"

namespace gw::admin {
namespace {

struct Page {
  int status = 200;
  const char* type = "text/plain; charset=utf-8";
  std::string body;
};

// Should a name get into the page as markup after all, it loads and runs nothing.
constexpr char kHeaders[] =
    "Cache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n";

// Of `refresh=N`; 0: there is none that is sensible.
int RefreshSeconds(absl::string_view query) {
  int seconds = 0;
  const bool sensible = absl::ConsumePrefix(&query, "refresh=") &&
                        absl::SimpleAtoi(query, &seconds) && seconds >= 1 && seconds <= 3600;
  return sensible ? seconds : 0;
}

// Answers GET and HEAD on one path.
class PageHandler : public CivetHandler {
 public:
  /// From the request's query.
  using Make = std::function<Page(absl::string_view query)>;

  explicit PageHandler(Make make) : make_(std::move(make)) {}

  bool handleGet(CivetServer*, mg_connection* connection) override {
    return Answer(connection, true);
  }
  bool handleHead(CivetServer*, mg_connection* connection) override {
    return Answer(connection, false);
  }

 private:
  bool Answer(mg_connection* connection, bool with_body) {
    const char* query = mg_get_request_info(connection)->query_string;
    const Page page = make_(query == nullptr ? "" : query);
    mg_printf(connection, "HTTP/1.1 %d %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n%s\r\n",
              page.status, page.status == 200 ? "OK" : "Service Unavailable", page.type,
              page.body.size(), kHeaders);
    if (with_body) mg_write(connection, page.body.data(), page.body.size());
    return true;
  }

  const Make make_;
};

}  // namespace

std::string ReadyJson(const observe::Health& health) {
  std::string json =
      absl::StrCat("{\"status\":\"", observe::ServingName(health.serving()), "\",\"components\":{");
  bool first = true;
  // Names and reasons are from closed sets without anything to escape.
  for (const auto& [name, component] : health.components()) {
    absl::StrAppend(&json, first ? "" : ",", "\"", name, "\":{\"status\":\"",
                    component.well ? "ok" : "failing", "\"");
    if (!component.reason.empty()) absl::StrAppend(&json, ",\"reason\":\"", component.reason, "\"");
    if (!component.breaker.empty()) {
      absl::StrAppend(&json, ",\"breaker\":\"", component.breaker, "\"");
    }
    json += "}";
    first = false;
  }
  return json + "}}\n";
}

struct AdminServer::State {
  State(const observe::Health& h, const observe::Metrics& m, const ReadStatus& read)
      : healthz([](absl::string_view) { return Page{.body = "ok\n"}; }),
        readyz([&h](absl::string_view) {
          const bool ready = h.serving() == observe::Serving::kServing;
          return Page{ready ? 200 : 503, "application/json", ReadyJson(h)};
        }),
        metrics([&m](absl::string_view) {
          return Page{200, "text/plain; version=0.0.4; charset=utf-8", m.Text()};
        }),
        statusz([read](absl::string_view query) {
          return Page{200, "text/html; charset=utf-8", StatusPage(read(), {RefreshSeconds(query)})};
        }),
        statusz_json([read](absl::string_view) {
          return Page{200, "application/json", StatusJson(read())};
        }) {}

  PageHandler healthz;
  PageHandler readyz;
  PageHandler metrics;
  PageHandler statusz;
  PageHandler statusz_json;
  std::unique_ptr<CivetServer> server;  // last: its threads use the rest
  std::string host;
  int port = 0;
};

AdminServer::AdminServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

// civetweb looks for its end only between connections, every 2 s (SOCKET_TIMEOUT_QUANTUM): knock
// until it has.
AdminServer::~AdminServer() {
  std::atomic<bool> stopped{false};
  std::thread knocker([&] {
    while (!stopped) {
      char error[64];
      if (auto* c = mg_connect_client(state_->host.c_str(), state_->port, 0, error, sizeof error)) {
        mg_close_connection(c);
      }
      poll(nullptr, 0, 10);
    }
  });
  state_->server.reset();
  stopped = true;
  knocker.join();
}
int AdminServer::port() const { return state_->port; }

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const std::string& host, int port,
                                                                const observe::Health& health,
                                                                const observe::Metrics& metrics,
                                                                const ReadStatus& status) {
  const std::string address = JoinHostPort(host, port);
  auto state = std::make_unique<State>(health, metrics, status);
  CivetCallbacks callbacks;
  // Otherwise it writes lines of its own to stderr.
  callbacks.log_message = [](const mg_connection*, const char* message) {
    observe::Log(observe::LogLevel::kDebug, "admin_server", {{"message", message}});
    return 1;
  };
  const std::vector<std::string> options = {"listening_ports",    address, "num_threads", "16",
                                            "request_timeout_ms", "3000"};
  try {
    state->server = std::make_unique<CivetServer>(options, &callbacks);
  } catch (const CivetException&) {
    return absl::UnavailableError(absl::StrCat("cannot listen at ", address));
  }
  const std::vector<int> ports = state->server->getListeningPorts();
  if (ports.empty()) return absl::UnavailableError(absl::StrCat("cannot listen at ", address));
  state->host = host;
  state->port = ports.front();
  state->server->addHandler("/healthz$", &state->healthz);
  state->server->addHandler("/readyz$", &state->readyz);
  state->server->addHandler("/metrics$", &state->metrics);
  state->server->addHandler("/statusz$", &state->statusz);
  state->server->addHandler("/statusz.json$", &state->statusz_json);
  return std::unique_ptr<AdminServer>(new AdminServer(std::move(state)));
}

}  // namespace gw::admin
