#include "client/command/results_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/new_file.h"
#include "concero_gateway/intent.h"

namespace concero::command {
namespace {

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
  std::unordered_set<std::string> ids;
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
    if (!ids.insert(theirs->request_id).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("row ", candidate.row, " has the request_id of another row"));
    }
    results.push_back(std::move(found->second));
  }
  if (results.size() != last.size()) {
    return absl::InvalidArgumentError(absl::StrCat("is of other candidates: it has ", last.size(),
                                                   ", and there are ", results.size()));
  }
  return results;
}

bool IsAt(int fd, const std::string& path) {
  struct stat open = {}, named = {};
  return fstat(fd, &open) == 0 && stat(path.c_str(), &named) == 0 && open.st_dev == named.st_dev &&
         open.st_ino == named.st_ino;
}

// Opens it for nobody else to write; messages name it `name`.
absl::StatusOr<int> OpenLocked(const std::string& path, const std::string& name) {
  while (true) {
    const int fd = open(path.c_str(), O_RDWR | O_APPEND | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
      return absl::NotFoundError(absl::StrCat(name, " does not exist: there is nothing to resume"));
    }
    if (fd < 0) return CannotDo("open", name);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      close(fd);
      return absl::UnavailableError(absl::StrCat(name, " is in use by another concero"));
    }
    if (IsAt(fd, path)) return fd;
    // Whoever had it has put another one in its place since it was opened.
    close(fd);
  }
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
  const Format format = FormatOf(path);
  const std::string all = AllOf(results, format);
  // It gets its name when it is whole: so there is none that was begun and says nothing.
  auto made = NewFile::Write(path, all);
  if (!made.ok()) return made.status();
  if (absl::Status status = made->Name(/*replace=*/false); !status.ok()) return status;
  std::unique_ptr<ResultsFile> file(
      new ResultsFile(path, made->Release(), std::move(results), all.size()));
  if (flock(file->fd_, LOCK_EX | LOCK_NB) != 0) return CannotDo("lock", path);
  return file;
}

absl::StatusOr<std::unique_ptr<ResultsFile>> ResultsFile::Resume(
    const std::string& name, const std::vector<Candidate>& candidates) {
  // Of a link, what it leads to: in the end the file is replaced.
  std::error_code unknown;
  const std::filesystem::path real = std::filesystem::canonical(name, unknown);
  const std::string path = unknown ? name : real.string();
  const auto fd = OpenLocked(path, name);
  if (!fd.ok()) return fd.status();
  std::unique_ptr<ResultsFile> file(new ResultsFile(path, *fd, {}, 0));
  const auto text = ReadAll(*fd, name);
  if (!text.ok()) return text.status();
  auto lines = DecodeResults(*text, file->format_);
  auto results = lines.ok() ? Match(*std::move(lines), candidates) : lines.status();
  if (!results.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", results.status().message()));
  }
  file->results_ = *std::move(results);
  file->Index();
  // What was cut off goes, so that the next line is one of its own.
  file->whole_ = text->rfind('\n') + 1;
  if (ftruncate(*fd, static_cast<off_t>(file->whole_)) != 0) return CannotDo("write", name);
  return file;
}

ResultsFile::ResultsFile(std::string path, int fd, std::vector<Result> results, size_t whole)
    : path_(std::move(path)),
      format_(FormatOf(path_)),
      fd_(fd),
      whole_(whole),
      results_(std::move(results)) {
  Index();
}

void ResultsFile::Index() {
  for (size_t i = 0; i < results_.size(); ++i) by_row_[results_[i].candidate.row] = i;
}

ResultsFile::~ResultsFile() {
  if (fd_ >= 0) close(fd_);
}

absl::Status ResultsFile::Add(const Result& result) {
  results_[by_row_.at(result.candidate.row)] = result;
  const std::string line = EncodeResult(result, format_);
  absl::Status status = WriteAll(fd_, line, path_);
  if (status.ok()) {
    whole_ += line.size();
  } else {
    // Not half a line in the middle. If that fails, too, it is half a line at the end.
    static_cast<void>(ftruncate(fd_, static_cast<off_t>(whole_)));
  }
  return status;
}

absl::Status ResultsFile::Close() {
  auto ordered = NewFile::Write(path_, AllOf(results_, format_));
  absl::Status status = ordered.ok() ? ordered->Name(/*replace=*/true) : ordered.status();
  close(std::exchange(fd_, -1));  // so long nobody else had it
  return status;
}

}  // namespace concero::command
