#include "service/admin/health_check.h"

#include <civetweb.h>

#include <memory>

#include "absl/strings/str_cat.h"
#include "service/base/base_url.h"

namespace gw::admin {
namespace {

constexpr int kPatienceMs = 3000;

struct Closer {
  void operator()(mg_connection* connection) const { mg_close_connection(connection); }
};

std::string WhereToAsk(const std::string& host) {
  if (host == "0.0.0.0") return "127.0.0.1";
  if (host == "::") return "::1";
  return host;
}

}  // namespace

absl::Status CheckHealth(const std::string& host, int port) {
  if (port == 0) {
    return absl::FailedPreconditionError(
        "port 0 is another one each time: nobody can know where to ask");
  }
  const std::string asked = WhereToAsk(host);
  const std::string where = JoinHostPort(asked, port);
  char error[256] = "";
  const std::unique_ptr<mg_connection, Closer> connection(
      mg_connect_client(asked.c_str(), port, 0, error, sizeof error));
  if (connection == nullptr) {
    return absl::UnavailableError(absl::StrCat("nothing answers at ", where));
  }
  mg_printf(connection.get(), "GET /readyz HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n",
            where.c_str());
  if (mg_get_response(connection.get(), error, sizeof error, kPatienceMs) < 0) {
    return absl::UnavailableError(absl::StrCat("no answer from ", where));
  }
  const int status = mg_get_response_info(connection.get())->status_code;
  if (status == 200) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("/readyz at ", where, " answers ", status,
                                             status == 503 ? ": it does not serve" : ""));
}

}  // namespace gw::admin
