#include "tests/support/scripted_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace gw::testing {
namespace {

int Listen(int backlog, int* port, int receive_buffer = 0) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (receive_buffer > 0) {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
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

// OpenSSL writes without MSG_NOSIGNAL.
void BlockBrokenPipeSignal() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

}  // namespace

ServerConnection::~ServerConnection() {
  Finish();
  SSL_free(ssl_);
}

bool ServerConnection::Handshake() {
  if (ssl_ == nullptr) return true;
  SSL_set_fd(ssl_, fd_);
  if (SSL_accept(ssl_) == 1) return true;
  // Closed with bytes of the peer's unread, it would be a reset, and the peer might not hear why.
  shutdown(fd_, SHUT_WR);
  char chunk[4096];
  while (recv(fd_, chunk, sizeof chunk, 0) > 0) {
  }
  return false;
}

ssize_t ServerConnection::Receive(char* into, size_t size) {
  if (ssl_ != nullptr) return SSL_read(ssl_, into, static_cast<int>(size));
  return recv(fd_, into, size, 0);
}

std::optional<ReceivedRequest> ServerConnection::ReadHead() {
  size_t end;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    char chunk[4096];
    const ssize_t n = Receive(chunk, sizeof chunk);
    if (n <= 0) return std::nullopt;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
  ReceivedRequest request{buffer_.substr(0, end + 4), ""};
  buffer_.erase(0, end + 4);
  return request;
}

std::optional<ReceivedRequest> ServerConnection::Read() {
  auto request = ReadHead();
  if (!request || !ReadBody(*request)) return std::nullopt;
  return request;
}

bool ServerConnection::ReadBody(ReceivedRequest& request) {
  const std::string lower = absl::AsciiStrToLower(request.head);
  size_t length = 0;
  if (const size_t at = lower.find("content-length:"); at != std::string::npos) {
    const size_t from = at + 15;
    (void)absl::SimpleAtoi(lower.substr(from, lower.find('\r', from) - from), &length);
  }
  while (buffer_.size() < length) {
    char chunk[4096];
    const ssize_t n = Receive(chunk, sizeof chunk);
    if (n <= 0) return false;
    buffer_.append(chunk, static_cast<size_t>(n));
  }
  request.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return true;
}

void ServerConnection::ReadSome() {
  char chunk[4096];
  [[maybe_unused]] const ssize_t n = Receive(chunk, sizeof chunk);
}

void ServerConnection::AwaitBytes() {
  char byte;
  [[maybe_unused]] const ssize_t n = recv(fd_, &byte, 1, MSG_PEEK);
}

bool ServerConnection::AwaitBytesFor(std::chrono::milliseconds patience) {
  pollfd readable{fd_, POLLIN, 0};
  return poll(&readable, 1, static_cast<int>(patience.count())) > 0;
}

bool ServerConnection::Write(absl::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ssl_ != nullptr
                          ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                          : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
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
  while (Receive(chunk, sizeof chunk) > 0) {
  }
}

void ServerConnection::Close() {
  if (ssl_ != nullptr) SSL_shutdown(ssl_);
  Cut();
}

void ServerConnection::Cut() { shutdown(fd_, SHUT_RDWR); }

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
  // Not under the lock: it blocks when the peer reads nothing, until Interrupt.
  if (ssl_ != nullptr && !finished_) SSL_shutdown(ssl_);
  std::lock_guard lock(mutex_);
  if (!std::exchange(finished_, true)) close(fd_);
}

ScriptedServer::ScriptedServer(Script script, const Options& options)
    : script_(std::move(script)),
      tls_(options.tls ? ServerContext(*options.tls) : nullptr),
      listen_fd_(Listen(4096, &port_, options.receive_buffer)),
      acceptor_([this] { Accept(); }) {}

ScriptedServer::~ScriptedServer() {
  StopListening();
  {
    std::lock_guard lock(mutex_);
    for (Running& running : running_) running.connection.Interrupt();
  }
  for (Running& running : running_) running.thread.join();
}

void ScriptedServer::StopListening() {
  if (!acceptor_.joinable()) return;
  shutdown(listen_fd_, SHUT_RDWR);
  acceptor_.join();
  close(listen_fd_);
}

std::string ScriptedServer::url() const {
  return absl::StrCat(tls_ != nullptr ? "https" : "http", "://127.0.0.1:", port_);
}

void ScriptedServer::Accept() {
  while (true) {
    const int fd = accept4(listen_fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    // What a script has written is on its way when Write returns.
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    std::lock_guard lock(mutex_);
    running_.remove_if([](Running& running) {
      if (!running.ended) return false;
      running.thread.join();
      return true;
    });
    Running& running =
        running_.emplace_back(fd, accepted_++, tls_ != nullptr ? SSL_new(tls_.get()) : nullptr);
    running.thread = std::thread([this, &running] { Run(running); });
  }
}

void ScriptedServer::Run(Running& running) {
  BlockBrokenPipeSignal();
  if (running.connection.Handshake()) script_(running.connection);
  running.connection.Finish();
  running.ended = true;
}

void AnswerAll(ServerConnection& connection) {
  while (connection.Read()) connection.Answer(200, "{}");
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
