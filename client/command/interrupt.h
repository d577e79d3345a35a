// Ctrl-C, as a request to stop.
#pragma once

#include <atomic>
#include <stop_token>
#include <thread>

namespace concero::command {

/// From when it is made, SIGINT and SIGTERM end the process at once; but while it is busy, with
/// what wants an end of its own, the first one asks to stop. To be made before there are other
/// threads. Thread safety: none.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }
  void SetBusy(bool busy) { busy_ = busy; }

 private:
  std::stop_source source_;
  std::atomic<bool> busy_{false};
  std::thread thread_;
};

}  // namespace concero::command
