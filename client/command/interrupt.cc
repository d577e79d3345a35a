#include "client/command/interrupt.h"

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "client/command/exit_code.h"

namespace concero::command {
namespace {

constexpr int kOver = SIGUSR1;  // nobody else sends it

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, kOver}) sigaddset(&set, signal);
  return set;
}

}  // namespace

Interrupt::Interrupt() {
  const sigset_t set = Signals();
  // Of all threads that begin after this.
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  thread_ = std::thread([this, set] {
    for (int signal = 0; sigwait(&set, &signal) == 0 && signal != kOver;) {
      if (!busy_ || !source_.request_stop()) _exit(kInterrupted);
    }
  });
}

Interrupt::~Interrupt() {
  pthread_kill(thread_.native_handle(), kOver);
  thread_.join();
}

}  // namespace concero::command
