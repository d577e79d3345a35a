// Ctrl-C, as a request to stop.
#pragma once

#include <stop_token>
#include <thread>

namespace concero::command {

/// From when it is made, SIGINT and SIGTERM ask to stop; the second one ends the process at once.
/// To be made before there are other threads. Thread safety: none.
class Interrupt {
 public:
  Interrupt();
  ~Interrupt();
  Interrupt(const Interrupt&) = delete;
  Interrupt& operator=(const Interrupt&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  std::stop_source source_;
  std::thread thread_;
};

}  // namespace concero::command
