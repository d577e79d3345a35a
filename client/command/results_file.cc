#include "client/command/results_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "concero_gateway/intent.h"

namespace concero::command {
namespace {

absl::Status Cannot(absl::string_view what, absl::string_view path) {
  return absl::UnavailableError(
      absl::StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::Status WriteAll(int fd, absl::string_view text, absl::string_view path) {
  while (!text.empty()) {
    const ssize_t written = write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Cannot("write", path);
    text.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

// The name of a new file is on the disk only with its directory.
void SyncDirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string directory = slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

std::string AllOf(const std::vector<Result>& results, Format format) {
  std::string text = ResultsHead(format);
  for (const Result& result : results) text += EncodeResult(result, format);
  return text;
}

// The lines of a file, the last of each row, in the order of the candidates.
absl::StatusOr<std::vector<Result>> Match(std::vector<Result> lines,
                                          const std::vector<Candidate>& candidates) {
  std::unordered_map<int, Result> last;
  for (Result& line : lines) last.insert_or_assign(line.candidate.row, std::move(line));
  std::vector<Result> results;
  for (const Candidate& candidate : candidates) {
    const auto found = last.find(candidate.row);
    const Candidate* const theirs = found == last.end() ? nullptr : &found->second.candidate;
    const bool same = theirs != nullptr && theirs->email == candidate.email &&
                      theirs->examination_id == candidate.examination_id &&
                      (candidate.request_id.empty() || candidate.request_id == theirs->request_id);
    if (!same) {
      return absl::InvalidArgumentError(
          absl::StrCat("is of other candidates: row ", candidate.row, " is not as there"));
    }
    results.push_back(std::move(found->second));
  }
  if (results.size() != last.size()) {
    return absl::InvalidArgumentError(absl::StrCat("is of other candidates: it has ", last.size(),
                                                   ", and there are ", results.size()));
  }
  return results;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::Create(
    const std::string& path, std::vector<Candidate> candidates) {
  std::vector<Result> results;
  for (Candidate& candidate : candidates) {
    if (candidate.request_id.empty()) {
      candidate.request_id = Intent(candidate.examination_id, candidate.email).request_id();
    }
    results.emplace_back().candidate = std::move(candidate);
  }
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600);
  if (fd < 0 && errno == EEXIST) {
    return absl::AlreadyExistsError(absl::StrCat(path, " exists already"));
  }
  if (fd < 0) return Cannot("make", path);
  std::unique_ptr<ResultsFile> file(new ResultsFile(path, fd, std::move(results)));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) return Cannot("lock", path);
  if (auto status = file->Write(AllOf(file->results_, file->format_)); !status.ok()) return status;
  if (fsync(fd) != 0) return Cannot("write", path);
  SyncDirectoryOf(path);
  return file;
}

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::Resume(
    const std::string& path, const std::vector<Candidate>& candidates) {
  const int fd = open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) {
    return absl::NotFoundError(absl::StrCat(path, " does not exist: there is nothing to resume"));
  }
  if (fd < 0) return Cannot("open", path);
  std::unique_ptr<ResultsFile> file(new ResultsFile(path, fd, {}));
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(absl::StrCat(path, " is in use by another concero"));
  }
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  auto lines = DecodeResults(text, file->format_);
  auto results = lines.ok() ? Match(*std::move(lines), candidates) : lines.status();
  if (!results.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(path, ": ", results.status().message()));
  }
  file->results_ = *std::move(results);
  file->Index();
  // What was cut off is ended, so that the next line is one of its own.
  if (!text.empty() && text.back() != '\n') {
    if (ftruncate(fd, static_cast<off_t>(text.rfind('\n') + 1)) != 0) return Cannot("write", path);
  }
  return file;
}

ResultsFile::ResultsFile(std::string path, int fd, std::vector<Result> results)
    : path_(std::move(path)), format_(FormatOf(path_)), fd_(fd), results_(std::move(results)) {
  Index();
}

void ResultsFile::Index() {
  for (size_t i = 0; i < results_.size(); ++i) by_row_[results_[i].candidate.row] = i;
}

ResultsFile::~ResultsFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ResultsFile::Write(const std::string& text) const {
  return WriteAll(fd_, text, path_);
}

absl::Status ResultsFile::Add(const Result& result) {
  results_[by_row_.at(result.candidate.row)] = result;
  return Write(EncodeResult(result, format_));
}

absl::Status ResultsFile::Close() {
  const std::string ordered = path_ + ".new";
  const int fd = open(ordered.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return Cannot("make", ordered);
  absl::Status status = WriteAll(fd, AllOf(results_, format_), ordered);
  if (status.ok() && fsync(fd) != 0) status = Cannot("write", ordered);
  close(fd);
  if (status.ok() && rename(ordered.c_str(), path_.c_str()) != 0) {
    status = Cannot("replace", path_);
  }
  if (!status.ok()) unlink(ordered.c_str());
  SyncDirectoryOf(path_);
  close(std::exchange(fd_, -1));
  return status;
}

}  // namespace concero::command
