#include "tests/integration/http/chaos.h"

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <random>
#include <stop_token>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tests/integration/http/proxy_fixture.h"
#include "tests/integration/http/tls_fixture.h"

namespace gw::testing {
namespace {

size_t OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(all), end(all)));
}

int64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  int64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// One per request, by its number. Written by the loops' and the servers' threads.
struct Record {
  std::atomic<int> received{0};
  std::atomic<int> completed{0};
  std::atomic<bool> answered{false};
  std::atomic<bool> nothing_sent{false};
};

// Serves one connection: most requests are answered with their number, some are failed.
class Server {
 public:
  Server(uint32_t seed, std::deque<Record>& records, const ScriptedServer::Options& options)
      : seed_(seed),
        records_(records),
        server_([this](ServerConnection& c) { Serve(c); }, options) {}
  const ScriptedServer& server() const { return server_; }

 private:
  void Serve(ServerConnection& connection) {
    std::minstd_rand random(seed_ + static_cast<uint32_t>(connection.index()) * 7919);
    while (auto request = connection.ReadHead()) {
      // `POST /17 HTTP/1.1`
      const std::vector<absl::string_view> words =
          absl::StrSplit(request->head, absl::MaxSplits(' ', 2));
      size_t number = 0;
      if (!absl::SimpleAtoi(words.at(1).substr(1), &number)) return;
      ++records_.at(number).received;
      if (!Answer(connection, *request, absl::StrCat(number), random)) return;
    }
  }

  // False: the connection has ended.
  static bool Answer(ServerConnection& connection, ReceivedRequest& request,
                     const std::string& number, std::minstd_rand& random) {
    const uint32_t fate = random() % 100;
    if (fate < 2) return false;  // with the body unread
    if (!connection.ReadBody(request)) return false;
    if (fate < 4) return connection.Reset(), false;
    if (fate < 6) return connection.Cut(), false;
    if (fate < 7) return connection.AwaitClose(), false;
    if (fate < 10) {
      connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", number));
      if (fate < 8) {
        connection.Reset();
      } else if (fate < 9) {
        connection.Cut();
      }
      return false;
    }
    if (fate < 11) {
      connection.Write("HTTP/1.1 200 OK\r\nContent-Le");
      return false;
    }
    if (fate < 13) connection.Write("HTTP/1.1 102 Wait\r\n\r\n");
    if (fate < 20) std::this_thread::sleep_for(std::chrono::microseconds(random() % 3000));
    if (fate < 22) {
      return connection.Write(absl::StrCat("HTTP/1.1 200 OK\r\nContent-Length: ", number.size(),
                                           "\r\n\r\n", number,
                                           "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"));
    }
    if (fate < 23) return connection.Answer(200, std::string(200'000, 'x'));  // over the cap
    return connection.Answer(200, number);
  }

  const uint32_t seed_;
  std::deque<Record>& records_;
  ScriptedServer server_;
};

// At most so many at a time.
class Places {
 public:
  explicit Places(int free) : free_(free) {}
  void Take() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return free_ > 0; });
    --free_;
  }
  void Give() {
    std::lock_guard lock(mutex_);
    ++free_;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  int free_;
};

class Chaos {
 public:
  explicit Chaos(const ChaosOptions& options)
      : options_(options), random_(options.seed), places_(options.in_flight) {
    for (int i = 0; i < options.requests; ++i) records_.emplace_back();
  }

  ChaosReport Run() {
    {
      Server plain(options_.seed, records_, {}), tls(options_.seed + 1, records_, OverTls());
      const ConnectProxy proxy;
      Engine to_plain(OptionsOf(plain, proxy)), to_tls(OptionsOf(tls, proxy));
      for (int i = 0; i < options_.requests; ++i) {
        if (i == options_.requests / 5) report_.early_bytes = ResidentBytes();
        if (i > 0 && i == options_.stop_after) {
          to_plain.loop().Stop();
          to_tls.loop().Stop();
        }
        places_.Take();
        Start(random_() % 2 ? to_tls : to_plain, static_cast<size_t>(i));
        CancelSome();
      }
      for (int i = 0; i < options_.in_flight; ++i) places_.Take();
      report_.late_bytes = ResidentBytes();
      for (Engine* engine : {&to_plain, &to_tls}) {
        engine->Stop();
        EXPECT_EQ(engine->loop().counts().opened, engine->loop().counts().closed);
      }
    }
    CheckRecords();
    return report_;
  }

 private:
  http::UpstreamOptions OptionsOf(const Server& server, const ConnectProxy& proxy) const {
    http::UpstreamOptions options = OptionsFor(server.server());
    if (options_.through_a_proxy) options = Through(proxy, std::move(options));
    options.max_response_bytes = 100'000;
    return options;
  }

  void Start(Engine& engine, size_t number) {
    Record& record = records_[number];
    const size_t size = random_() % 20 ? 20 : random_() % 300'000;
    http::Request request = Post(absl::StrCat("/", number), std::string(size, 'x'));
    request.one_shot = random_() % 2;
    // Nobody waits for ever: the server is silent at times.
    const absl::Duration patience = absl::Milliseconds(random_() % 10 ? 500 : random_() % 5);
    request.deadline = SystemClock().Now() + patience;
    if (random_() % 4 == 0) request.cancel = cancels_.emplace_back().get_token();
    engine.loop().Start(std::move(request), [this, &record, number](http::Outcome outcome) {
      ++record.completed;
      Note(record, number, outcome);
      places_.Give();
    });
  }

  void CancelSome() {
    if (random_() % 8 == 0) {
      std::this_thread::sleep_for(std::chrono::microseconds(random_() % 500));
    }
    if (cancels_.size() < 8) return;
    cancels_[random_() % cancels_.size()].request_stop();
    cancels_.pop_front();
  }

  void Note(Record& record, size_t number, const http::Outcome& outcome) {
    std::string name;
    if (const auto* response = std::get_if<http::Response>(&outcome)) {
      EXPECT_EQ(response->body, absl::StrCat(number));
      record.answered = true;
      name = absl::StrCat(response->status);
    } else {
      record.nothing_sent = AsError(outcome).NothingSent();
      name = absl::StrCat(http::ErrorKindName(AsError(outcome).kind),
                          record.nothing_sent ? ", nothing sent" : "");
    }
    std::lock_guard lock(mutex_);
    ++report_.outcomes[name];
  }

  // Once both servers are gone: nothing arrives any more.
  void CheckRecords() {
    for (size_t i = 0; i < records_.size(); ++i) {
      const Record& record = records_[i];
      EXPECT_EQ(record.completed, 1) << i;
      EXPECT_LE(record.received, 1) << i;
      if (record.nothing_sent) {
        EXPECT_EQ(record.received, 0) << i;
      }
      if (record.answered) {
        EXPECT_GE(record.received, 1) << i;
      }
    }
  }

  const ChaosOptions options_;
  std::minstd_rand random_;
  std::deque<Record> records_;
  std::deque<std::stop_source> cancels_;
  Places places_;
  std::mutex mutex_;
  ChaosReport report_;
};

}  // namespace

ChaosReport RunChaos(const ChaosOptions& options) {
  SCOPED_TRACE(absl::StrCat("seed ", options.seed));
  Trust::Get();
  const size_t before = OpenDescriptors();
  ChaosReport report = Chaos(options).Run();
  EXPECT_EQ(OpenDescriptors(), before);
  return report;
}

}  // namespace gw::testing
