#include "tests/support/postgres_server.h"

#include <libpq-fe.h>
#include <pwd.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace gw::testing {
namespace {

[[noreturn]] void Die(const std::string& why) {
  std::fprintf(stderr, "the PostgreSQL server of the tests: %s\n", why.c_str());
  std::_Exit(1);
}

// Where initdb and postgres are: the newest of Debian's versions, else beside psql.
std::string FindPrograms() {
  std::string found;
  std::error_code none;
  for (const auto& version : std::filesystem::directory_iterator("/usr/lib/postgresql", none)) {
    const std::string folder = version.path().string() + "/bin";
    if (std::filesystem::exists(folder + "/initdb") && folder > found) found = folder;
  }
  return found.empty() ? "/usr/bin" : found;
}

}  // namespace

PostgresServer::PostgresServer() : programs_(FindPrograms()) {
  if (geteuid() == 0) {
    const passwd* user = getpwnam("postgres");
    if (user == nullptr) Die("there is no user postgres");
    if (chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) Die("chown failed");
  }
  std::vector<std::string> initdb = AsUser("initdb");
  for (const char* argument : {"--auth=trust", "--username=postgres", "--encoding=UTF8",
                               "--locale=C.UTF-8", "--no-instructions", "-D"}) {
    initdb.emplace_back(argument);
  }
  initdb.push_back(directory_.path() + "/data");
  Process made(initdb, directory_.path());
  if (made.Wait() != 0) Die("initdb failed: " + made.err());
  Start();
}

PostgresServer::~PostgresServer() {
  if (!process_) return;
  Thaw();
  process_->Signal(SIGQUIT);  // without writing what nobody reads
  process_->Wait();
}

std::vector<std::string> PostgresServer::AsUser(const std::string& program) const {
  std::vector<std::string> command = {"/usr/bin/env", "setpriv", "--pdeathsig", "INT"};
  if (geteuid() == 0) {
    for (const char* argument : {"--reuid=postgres", "--regid=postgres", "--init-groups"}) {
      command.emplace_back(argument);
    }
  }
  command.push_back(programs_ + "/" + program);
  return command;
}

void PostgresServer::Start() {
  std::vector<std::string> postgres = AsUser("postgres");
  postgres.insert(postgres.end(), {"-D", directory_.path() + "/data", "-k", directory_.path()});
  for (const char* setting : {"listen_addresses=", "fsync=on", "max_connections=40"}) {
    postgres.insert(postgres.end(), {"-c", setting});
  }
  process_ = std::make_unique<Process>(postgres, directory_.path());
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(120);
  while (PQping(Url().c_str()) != PQPING_OK) {
    if (std::chrono::steady_clock::now() > end) Die("does not start: " + process_->err());
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

void PostgresServer::StartAsStandby() {
  std::ofstream standby(directory_.path() + "/data/standby.signal");
  standby.close();
  Start();
}

void PostgresServer::Stop() {
  if (!process_) return;
  process_->Signal(SIGINT);  // ends connections, and what they do
  process_->Wait();
  process_.reset();
}

std::vector<pid_t> PostgresServer::Processes() const {
  std::vector<pid_t> pids;
  if (!process_) return pids;
  const std::string pid = std::to_string(process_->pid());
  // The first makes no others once it is stopped.
  pids.push_back(process_->pid());
  std::stringstream children(ReadFile("/proc/" + pid + "/task/" + pid + "/children"));
  for (pid_t child; children >> child;) pids.push_back(child);
  return pids;
}

void PostgresServer::Freeze() {
  process_->Signal(SIGSTOP);
  for (const pid_t pid : Processes()) kill(pid, SIGSTOP);
}

void PostgresServer::Thaw() {
  for (const pid_t pid : Processes()) kill(pid, SIGCONT);
}

std::string PostgresServer::Url() const {
  return "postgresql://postgres@/postgres?host=" + directory_.path();
}

std::string PostgresServer::NewSchema() {
  const std::string name = "test" + std::to_string(++schemas_);
  Ask(Url(), "CREATE SCHEMA " + name);
  return Url() + "&options=-csearch_path%3D" + name;
}

std::string PostgresServer::Ask(const std::string& url, const std::string& sql) {
  PGconn* connection = PQconnectdb(url.c_str());
  PGresult* result = PQexec(connection, sql.c_str());
  const ExecStatusType status = PQresultStatus(result);
  if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) Die(PQerrorMessage(connection));
  std::string value;
  if (PQntuples(result) > 0 && PQnfields(result) > 0) value = PQgetvalue(result, 0, 0);
  PQclear(result);
  PQfinish(connection);
  return value;
}

}  // namespace gw::testing
