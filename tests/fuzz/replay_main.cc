// fuzz_replay: every target on its corpus and on inputs made from it, in seconds and without a
// fuzzer.
//
// Usage: fuzz_replay CORPUS_DIRECTORY [MUTATIONS [SEED]]
//
// MUTATIONS is how many inputs are made for each target. What an input does wrong ends the process;
// the input is left in the working directory.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "tests/fuzz/mutator.h"
#include "tests/fuzz/target.h"

namespace {

namespace fs = std::filesystem;
using gw::fuzz::Target;

constexpr char kInputFile[] = "fuzz_replay.input";

[[noreturn]] void Fail(const std::string& why) {
  std::fprintf(stderr, "fuzz_replay: %s\n", why.c_str());
  std::exit(EXIT_FAILURE);
}

// A file that has the input under way: it is there however the process ends, also by a sanitizer.
class InputFile {
 public:
  InputFile() : fd_(open(kInputFile, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (fd_ < 0) Fail(std::string("cannot write ") + kInputFile);
  }
  ~InputFile() {
    close(fd_);
    fs::remove(kInputFile);
  }
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  void Run(const Target& target, const std::string& input) {
    if (ftruncate(fd_, 0) != 0 || pwrite(fd_, input.data(), input.size(), 0) < 0) {
      Fail(std::string("cannot write ") + kInputFile);
    }
    target.run(input);
  }

 private:
  int fd_;
};

std::vector<std::string> FilesOf(const fs::path& folder) {
  std::set<fs::path> paths;  // in one order everywhere
  for (const auto& entry : fs::directory_iterator(folder)) paths.insert(entry.path());
  std::vector<std::string> texts;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    texts.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    if (!file) Fail("cannot read " + path.string());
  }
  return texts;
}

// A folder that belongs to no target is read by nobody.
void CheckFolders(const fs::path& corpus, const std::vector<Target>& targets) {
  std::set<std::string> names;
  for (const Target& target : targets) names.emplace(target.name);
  for (const auto& entry : fs::directory_iterator(corpus)) {
    const std::string name = entry.path().filename();
    if (names.count(name) == 0) Fail("there is no target for the corpus " + name);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2 || argc > 4) Fail("usage: fuzz_replay CORPUS_DIRECTORY [MUTATIONS [SEED]]");
  const fs::path corpus = argv[1];
  const unsigned long mutations = argc > 2 ? std::strtoul(argv[2], nullptr, 10) : 0;
  const unsigned long seed = argc > 3 ? std::strtoul(argv[3], nullptr, 10) : 1;
  std::vector<Target> targets = gw::fuzz::Targets();
  std::sort(targets.begin(), targets.end(),
            [](const Target& a, const Target& b) { return a.name < b.name; });
  CheckFolders(corpus, targets);

  std::printf("seed %lu; when an input ends this, it is in %s\n", seed,
              fs::absolute(kInputFile).c_str());
  InputFile file;
  for (const Target& target : targets) {
    const std::string name(target.name);
    if (!fs::is_directory(corpus / name))
      Fail(name + " has no corpus: " + (corpus / name).string());
    const std::vector<std::string> inputs = FilesOf(corpus / name);
    if (inputs.empty()) Fail(name + " has an empty corpus");
    std::printf("%s: %zu files, %lu inputs made from them\n", name.c_str(), inputs.size(),
                mutations);
    std::fflush(stdout);
    for (const std::string& input : inputs) file.Run(target, input);
    gw::fuzz::Mutator mutator(seed);
    for (unsigned long i = 0; i < mutations; ++i) file.Run(target, mutator.Mutate(inputs));
  }
  return EXIT_SUCCESS;
}
