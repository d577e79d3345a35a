// An HTTP server on loopback, plain or over TLS, that does, connection by connection, exactly what
// a test tells it to.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "tests/support/test_ca.h"

namespace gw::testing {

/// A request as it arrived.
struct ReceivedRequest {
  std::string head;  ///< Request line and headers, with the empty line.
  std::string body;
};

class ServerConnection;

/// Answers every request of a connection with 200 and `{}`.
void AnswerAll(ServerConnection& connection);

/// One accepted connection; over TLS when there is a `ssl`. Thread safety: used by its script's
/// thread only.
class ServerConnection {
 public:
  ServerConnection(int fd, int index, SSL* ssl) : fd_(fd), index_(index), ssl_(ssl) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  /// 0 for the first that the server accepted.
  int index() const { return index_; }
  /// Blocks for a whole request; none at the end of the connection.
  std::optional<ReceivedRequest> Read();
  /// Blocks until the headers are there / the body behind them. False at the end of the connection.
  std::optional<ReceivedRequest> ReadHead();
  bool ReadBody(ReceivedRequest& request);
  /// Blocks for some bytes, whatever they are.
  void ReadSome();
  /// Blocks until bytes have come, and leaves them where they are.
  void AwaitBytes();
  /// The same, at most for `patience`; false when nothing has come, not even the end.
  bool AwaitBytesFor(std::chrono::milliseconds patience);
  /// False when the peer is gone.
  bool Write(absl::string_view bytes);
  /// Writes a complete answer with a Content-Length.
  bool Answer(int status, absl::string_view body, absl::string_view headers = "");
  /// Blocks until the peer closes.
  void AwaitClose();
  /// Ends the connection with a FIN, over TLS after saying so; with a FIN alone; or with a RST.
  void Close();
  void Cut();
  void Reset();
  /// For what the functions above cannot do. Shut down when the server goes.
  int fd() const { return fd_; }

 private:
  friend class ScriptedServer;
  bool Handshake();
  ssize_t Receive(char* into, size_t size);
  void Interrupt();  // from the server's thread
  void Finish();     // the script has returned
  const int fd_;
  const int index_;
  SSL* const ssl_;
  std::string buffer_;
  std::mutex mutex_;
  bool finished_ = false;
};

/// Runs `script` for each connection on a thread of its own; a connection is closed when its script
/// returns. Over TLS it runs once the handshake has succeeded.
class ScriptedServer {
 public:
  using Script = std::function<void(ServerConnection&)>;
  struct Options {
    std::optional<TlsOptions> tls;
    /// SO_RCVBUF of its connections, when not 0.
    int receive_buffer = 0;
  };
  explicit ScriptedServer(Script script) : ScriptedServer(std::move(script), Options()) {}
  ScriptedServer(Script script, const Options& options);
  /// Ends all connections and waits for their scripts.
  ~ScriptedServer();

  int port() const { return port_; }
  std::string url() const;
  int accepted() const { return accepted_; }
  /// From now on connecting is refused.
  void StopListening();

 private:
  struct Running {
    Running(int fd, int index, SSL* ssl) : connection(fd, index, ssl) {}
    ServerConnection connection;
    std::atomic<bool> ended{false};
    std::thread thread;
  };
  void Accept();
  void Run(Running& running);
  const Script script_;
  const std::shared_ptr<SSL_CTX> tls_;
  int port_ = 0;  // before the descriptor, whose making sets it
  int listen_fd_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::list<Running> running_;
  std::thread acceptor_;
};

/// A loopback port where connecting neither succeeds nor fails: its queue of pending connections is
/// full.
class BlackHole {
 public:
  BlackHole();
  ~BlackHole();
  int port() const { return port_; }
  std::string url() const;

 private:
  int port_ = 0;  // before the descriptor, whose making sets it
  int listen_fd_;
  std::vector<int> fillers_;
};

/// A loopback port on which nobody listens.
int UnusedPort();

}  // namespace gw::testing
