// Loaded into a gateway by LD_PRELOAD: names and the wall clock are what files say.
//
// FAULTS_NAMES: a file of lines `NAME ADDRESS [SECONDS]`. The address `fail` is a failure of the
// lookup; the seconds are waited for first, in small steps, so that the line may be replaced
// meanwhile. Names that no line has are asked for in the ordinary way. FAULTS_CLOCK: a file with
// the seconds by which CLOCK_REALTIME differs. Both are read anew for every call; a file that is
// not there changes nothing.
//
// Thread safety: all functions may be called from any thread; only the lookup waits.
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

// The text of the file that the environment names, or an empty one. Nothing is allocated: the clock
// is asked for everywhere.
template <size_t N>
void ReadFile(const char* variable, char (&text)[N]) {
  text[0] = '\0';
  const char* path = getenv(variable);
  if (path == nullptr) return;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t n = read(fd, text, N - 1);
  close(fd);
  text[n > 0 ? n : 0] = '\0';
}

time_t Offset() {
  char text[32];
  ReadFile("FAULTS_CLOCK", text);
  return strtol(text, nullptr, 10);
}

struct Line {
  char address[64];
  double seconds;
};

// Whether a line of the file has `name`.
bool Find(const char* name, Line& found) {
  char text[4096];
  ReadFile("FAULTS_NAMES", text);
  char* rest = text;
  for (const char* line; (line = strsep(&rest, "\n")) != nullptr;) {
    char of[128];
    found.seconds = 0;
    const int fields = sscanf(line, "%127s %63s %lf", of, found.address, &found.seconds);
    if (fields >= 2 && strcmp(of, name) == 0) return true;
  }
  return false;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t which, timespec* ts) noexcept {
  const auto result = static_cast<int>(syscall(SYS_clock_gettime, which, ts));
  if (result == 0 && which == CLOCK_REALTIME) ts->tv_sec += Offset();
  return result;
}

int gettimeofday(timeval* __restrict tv, void* __restrict /*zone*/) noexcept {
  timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) noexcept {
  timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  if (out != nullptr) *out = ts.tv_sec;
  return ts.tv_sec;
}

int getaddrinfo(const char* __restrict name, const char* __restrict service,
                const addrinfo* __restrict hints, addrinfo** __restrict result) {
  static const auto real =
      reinterpret_cast<decltype(&getaddrinfo)>(dlsym(RTLD_NEXT, "getaddrinfo"));
  Line line;
  if (name == nullptr || !Find(name, line)) return real(name, service, hints, result);
  for (int steps = 0; steps < line.seconds * 50; ++steps) {
    usleep(20000);
    if (!Find(name, line)) break;
  }
  if (strcmp(line.address, "fail") == 0) return EAI_AGAIN;
  return real(line.address, service, hints, result);
}

}  // extern "C"
