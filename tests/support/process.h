// A program of ours, run as a process by a test.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace gw::testing {

/// Thread safety: none.
class Process {
 public:
  /// Starts `arguments[0]`. Its output goes to files in `directory`, named after the program; its
  /// errors go to the descriptor `err` instead when that is not negative.
  Process(std::vector<std::string> arguments, const std::string& directory, int err = -1);
  /// Kills it if it still runs.
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  /// Waits for the first line of its output; empty when it ended without one.
  std::string FirstLine();
  void Signal(int signal);
  /// Waits for its end: the exit code, or minus the signal that ended it.
  int Wait();
  /// SIGTERM, and Wait.
  int Stop();
  pid_t pid() const { return pid_; }
  bool Runs() { return !Ended(); }
  /// Whether its end left a core file, which may have been handed to a program instead. After Wait.
  bool dumped_core() const { return dumped_core_; }

  /// What it has written so far.
  std::string out() const;
  std::string err() const;

 private:
  bool Ended();
  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  bool ended_ = false;
  bool dumped_core_ = false;
  int result_ = 0;
};

/// A directory that is removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  const std::string& path() const { return path_; }
  /// Writes a file into it and returns its path.
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

std::string ReadFile(const std::string& path);

}  // namespace gw::testing
