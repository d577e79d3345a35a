// An HTTP server on loopback that does, connection by connection, exactly what a test tells it to.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/string_view.h"

namespace gw::testing {

/// A request as it arrived.
struct ReceivedRequest {
  std::string head;  ///< Request line and headers, with the empty line.
  std::string body;
};

/// One accepted connection. Thread safety: used by its script's thread only.
class ServerConnection {
 public:
  ServerConnection(int fd, int index) : fd_(fd), index_(index) {}
  ~ServerConnection();
  ServerConnection(const ServerConnection&) = delete;
  ServerConnection& operator=(const ServerConnection&) = delete;

  /// 0 for the first that the server accepted.
  int index() const { return index_; }
  /// Blocks for a whole request; none at the end of the connection.
  std::optional<ReceivedRequest> Read();
  /// Blocks until the headers are there.
  std::optional<ReceivedRequest> ReadHead();
  /// Blocks for some bytes, whatever they are.
  void ReadSome();
  /// False when the peer is gone.
  bool Write(absl::string_view bytes);
  /// Writes a complete answer with a Content-Length.
  bool Answer(int status, absl::string_view body, absl::string_view headers = "");
  /// Blocks until the peer closes.
  void AwaitClose();
  /// Ends the connection with a FIN, or with a RST.
  void Close();
  void Reset();

 private:
  friend class ScriptedServer;
  void Interrupt();  // from the server's thread
  void Finish();     // the script has returned
  const int fd_;
  const int index_;
  std::string buffer_;
  std::mutex mutex_;
  bool finished_ = false;
};

/// Runs `script` for each connection on a thread of its own; a connection is closed when its script
/// returns.
class ScriptedServer {
 public:
  using Script = std::function<void(ServerConnection&)>;
  explicit ScriptedServer(Script script);
  /// Ends all connections and waits for their scripts.
  ~ScriptedServer();

  int port() const { return port_; }
  std::string url() const;
  int accepted() const { return accepted_; }
  /// From now on connecting is refused.
  void StopListening();

 private:
  void Accept();
  const Script script_;
  int port_ = 0;  // before the descriptor, whose making sets it
  int listen_fd_;
  std::atomic<int> accepted_{0};
  std::mutex mutex_;
  std::vector<std::unique_ptr<ServerConnection>> connections_;
  std::vector<std::thread> scripts_;
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
