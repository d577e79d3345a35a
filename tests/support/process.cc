#include "tests/support/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <utility>

extern char** environ;

namespace gw::testing {

std::string ReadFile(const std::string& path) {
  std::stringstream content;
  content << std::ifstream(path).rdbuf();
  return content.str();
}

Process::Process(std::vector<std::string> arguments, const std::string& directory, int err) {
  static int count = 0;
  const std::string stem = directory + "/" +
                           std::filesystem::path(arguments[0]).filename().string() + "." +
                           std::to_string(++count);
  out_path_ = stem + ".out";
  err_path_ = stem + ".err";
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  const int write = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&files, 1, out_path_.c_str(), write, 0600);
  if (err < 0) {
    posix_spawn_file_actions_addopen(&files, 2, err_path_.c_str(), write, 0600);
  } else {
    posix_spawn_file_actions_adddup2(&files, err, 2);
  }
  if (posix_spawn(&pid_, argv[0], &files, nullptr, argv.data(), environ) != 0) {
    ended_ = true;
    result_ = 127;
  }
  posix_spawn_file_actions_destroy(&files);
}

Process::~Process() {
  if (ended_) return;
  Signal(SIGKILL);
  Wait();
}

bool Process::Ended() {
  if (ended_) return true;
  int status;
  if (waitpid(pid_, &status, WNOHANG) != pid_) return false;
  dumped_core_ = WIFSIGNALED(status) && WCOREDUMP(status);
  result_ = WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  return ended_ = true;
}

std::string Process::FirstLine() {
  while (true) {
    const bool ended = Ended();
    const std::string text = out();
    if (const size_t end = text.find('\n'); end != std::string::npos) return text.substr(0, end);
    if (ended) return "";
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

void Process::Signal(int signal) {
  if (!ended_) kill(pid_, signal);
}

int Process::Wait() {
  while (!Ended()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return result_;
}

int Process::Stop() {
  Signal(SIGTERM);
  return Wait();
}

std::string Process::out() const { return ReadFile(out_path_); }
std::string Process::err() const { return ReadFile(err_path_); }

TemporaryDirectory::TemporaryDirectory() {
  path_ = (std::filesystem::temp_directory_path() / "gateway-test-XXXXXX").string();
  if (mkdtemp(path_.data()) == nullptr) abort();
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string TemporaryDirectory::Write(const std::string& name, const std::string& content) const {
  const std::string file = path_ + "/" + name;
  std::ofstream(file) << content;
  return file;
}

}  // namespace gw::testing
