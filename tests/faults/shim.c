// Loaded into a gateway by LD_PRELOAD: names and the wall clock are what files say.
//
// FAULTS_NAMES: a file of lines `NAME ADDRESS [SECONDS]`. The address `fail` is a failure of the lookup; the seconds
// are waited for first, in small steps, so that the line may be replaced meanwhile. Names that no line has are asked
// for in the ordinary way. FAULTS_CLOCK: a file with the seconds by which CLOCK_REALTIME differs. Both are read anew
// for every call; a file that is not there changes nothing.
//
// Thread safety: all functions may be called from any thread; only the lookup waits.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// The text of the file that the environment names, or an empty one. No allocation, no stdio: the clock is asked for
// everywhere.
static void ReadFile(const char* variable, char* text, size_t size) {
  text[0] = '\0';
  const char* path = getenv(variable);
  if (path == NULL) return;
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  const ssize_t n = read(fd, text, size - 1);
  close(fd);
  text[n > 0 ? n : 0] = '\0';
}

static long Offset(void) {
  char text[32];
  ReadFile("FAULTS_CLOCK", text, sizeof text);
  return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t which, struct timespec* ts) {
  const int result = (int)syscall(SYS_clock_gettime, which, ts);
  if (result == 0 && which == CLOCK_REALTIME) ts->tv_sec += Offset();
  return result;
}

int gettimeofday(struct timeval* restrict tv, void* restrict zone) {
  (void)zone;
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  tv->tv_sec = ts.tv_sec;
  tv->tv_usec = ts.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* out) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  if (out != NULL) *out = ts.tv_sec;
  return ts.tv_sec;
}

// Whether a line has `name`; its address and seconds then.
static int Find(const char* name, char address[64], double* seconds) {
  char text[4096];
  ReadFile("FAULTS_NAMES", text, sizeof text);
  char* rest = text;
  for (char* line; (line = strsep(&rest, "\n")) != NULL;) {
    char found[128];
    *seconds = 0;
    if (sscanf(line, "%127s %63s %lf", found, address, seconds) >= 2 && strcmp(found, name) == 0) return 1;
  }
  return 0;
}

int getaddrinfo(const char* restrict name, const char* restrict service, const struct addrinfo* restrict hints,
                struct addrinfo** restrict result) {
  static int (*real)(const char*, const char*, const struct addrinfo*, struct addrinfo**);
  if (real == NULL) *(void**)&real = dlsym(RTLD_NEXT, "getaddrinfo");
  char address[64];
  double seconds;
  if (name == NULL || !Find(name, address, &seconds)) return real(name, service, hints, result);
  for (double waited = 0; waited < seconds; waited += 0.02) {
    usleep(20000);
    if (!Find(name, address, &seconds)) break;
  }
  if (strcmp(address, "fail") == 0) return EAI_AGAIN;
  return real(address, service, hints, result);
}
