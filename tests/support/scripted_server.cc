#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::testing {
namespace {

int Listen(int backlog, int* port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (bind(fd, reinterpret_cast<sockaddr*>(&address), size) != 0 || listen(fd, backlog) != 0) {
    std::abort();
  }
  getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  *port = ntohs(address.sin_port);
  return fd;
}

std::string Url(int port) { return absl::StrCat("http://127.0.0.1:", port); }

}  // namespace

ServerConnection::~ServerConnection() { Finish(); }

std::optional<ReceivedRequest> ServerConnection::ReadHead() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    char chunk[4096];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
  ReceivedRequest request{buffer_.substr(0, end + 4), ""};
  buffer_.erase(0, end + 4);
  return request;
}

std::optional<ReceivedRequest> ServerConnection::Read() {
  auto request = ReadHead();
  if (!request) return std::nullopt;
  const std::string lower = absl::AsciiStrToLower(request->head);
  size_t length = 0;
  if (const size_t at = lower.find("content-length:"); at != std::string::npos) {
    const size_t from = at + 15;
    (void)absl::SimpleAtoi(lower.substr(from, lower.find('\r', from) - from), &length);
  }
  while (buffer_.size() < length) {
    char chunk[4096];
    const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
  request->body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return request;
}

void ServerConnection::ReadSome() {
  char chunk[4096];
  [[maybe_unused]] const ssize_t n = recv(fd_, chunk, sizeof chunk, 0);
}

bool ServerConnection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

bool ServerConnection::Answer(int status, absl::string_view body, absl::string_view headers) {
  return Write(absl::StrCat("HTTP/1.1 ", status, " Status\r\n", headers,
                            "Content-Length: ", body.size(), "\r\n\r\n", body));
}

void ServerConnection::AwaitClose() {
  char chunk[4096];
  while (recv(fd_, chunk, sizeof chunk, 0) > 0) {
  }
}

void ServerConnection::Close() { shutdown(fd_, SHUT_RDWR); }

void ServerConnection::Reset() {
  const linger now{1, 0};
  setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  // The descriptor is closed when the script returns; disconnecting sends the RST at once.
  sockaddr nobody{};
  nobody.sa_family = AF_UNSPEC;
  connect(fd_, &nobody, sizeof nobody);
}

void ServerConnection::Interrupt() {
  std::lock_guard lock(mutex_);
  if (!finished_) shutdown(fd_, SHUT_RDWR);
}

void ServerConnection::Finish() {
  std::lock_guard lock(mutex_);
  if (!std::exchange(finished_, true)) close(fd_);
}

ScriptedServer::ScriptedServer(Script script)
    : script_(std::move(script)),
      listen_fd_(Listen(4096, &port_)),
      acceptor_([this] { Accept(); }) {}

ScriptedServer::~ScriptedServer() {
  StopListening();
  {
    std::lock_guard lock(mutex_);
    for (auto& connection : connections_) connection->Interrupt();
  }
  for (auto& script : scripts_) script.join();
}

void ScriptedServer::StopListening() {
  if (!acceptor_.joinable()) return;
  shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  close(listen_fd_);
}

std::string ScriptedServer::url() const { return Url(port_); }

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    std::lock_guard lock(mutex_);
    connections_.push_back(std::make_unique<ServerConnection>(fd, accepted_++));
    ServerConnection& connection = *connections_.back();
    scripts_.emplace_back([this, &connection] {
      script_(connection);
      connection.Finish();
    });
  }
}

BlackHole::BlackHole() : listen_fd_(Listen(0, &port_)) {
  // One connection fits into a queue of length 0; the next ones' handshakes are dropped.
  for (int i = 0; i < 4; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<uint16_t>(port_));
    connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address);
    fillers_.push_back(fd);
  }
}

BlackHole::~BlackHole() {
  for (const int fd : fillers_) close(fd);
  close(listen_fd_);
}

std::string BlackHole::url() const { return Url(port_); }

int UnusedPort() {
  int port;
  close(Listen(1, &port));
  return port;
}

}  // namespace gw::testing
