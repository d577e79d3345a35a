#include "service/keys/key_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/match.h"

namespace gw::keys {
namespace {

class KeyFile : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/key_file_XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::string Path(const std::string& name) const { return directory_ + "/" + name; }
  std::string Written(const std::string& content) const {
    std::ofstream(Path("key"), std::ios::binary) << content;
    return Path("key");
  }

  // The error's code; checks that it names the path and nothing of the content.
  static absl::StatusCode Refused(const std::string& path) {
    const absl::Status status = ReadKeyFile(path).status();
    EXPECT_TRUE(absl::StrContains(status.message(), path)) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "hidden")) << status;
    return status.code();
  }

  std::string directory_;
};

TEST_F(KeyFile, HoldsTheKeyWithoutTheBlanksAroundIt) {
  const struct {
    const char* name;
    std::string content, key;
  } kCases[] = {
      {"the key alone", "abdbd183", "abdbd183"},
      {"a line feed", "abdbd183\n", "abdbd183"},
      {"a line end of another system", "abdbd183\r\n", "abdbd183"},
      {"blanks on both sides", " \t\n abdbd183 \n\n", "abdbd183"},
      {"one character", "k", "k"},
      {"every printable character", "!\"#$%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~",
       "!\"#$%&'()*+,-./0189:;<=>?@AZ[\\]^_`az{|}~"},
      {"the longest key", std::string(4096, 'k'), std::string(4096, 'k')},
      {"the longest key and a line feed", std::string(4096, 'k') + "\n", std::string(4096, 'k')},
      {"the longest key and CR LF", std::string(4096, 'k') + "\r\n", std::string(4096, 'k')},
  };
  for (const auto& [name, content, key] : kCases) {
    const auto read = ReadKeyFile(Written(content));
    ASSERT_TRUE(read.ok()) << name << ": " << read.status();
    EXPECT_EQ(read->Reveal(), key) << name;
  }
}

TEST_F(KeyFile, IsRefusedWithItsPathAndNeverItsContent) {
  const struct {
    const char* name;
    std::string content;
  } kCases[] = {
      {"empty", ""},
      {"only a line feed", "\n"},
      {"only blanks", " \t\r\n "},
      {"a blank inside", "hidden key"},
      {"two lines", "hidden\nhidden"},
      {"a tab inside", "hidden\tkey"},
      {"a NUL inside", std::string("hidden\0key", 10)},
      {"a NUL last", std::string("hidden\0", 7)},
      {"an escape", "hidden\x1b"},
      {"a delete", "hidden\x7f"},
      {"UTF-8", "hidden\u00fc"},
      {"a byte order mark", "\xEF\xBB\xBFhidden"},
      {"Latin-1", "hidden\xfc"},
      {"a no-break space last", "hidden\xa0"},
      {"one byte too long", "hidden" + std::string(4091, 'k')},
      {"one byte too long and a line feed", "hidden" + std::string(4091, 'k') + "\n"},
      {"far too long", "hidden" + std::string(1 << 20, 'k')},
  };
  for (const auto& [name, content] : kCases) {
    EXPECT_EQ(Refused(Written(content)), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST_F(KeyFile, ThatIsMissingIsNotFound) {
  EXPECT_EQ(Refused(Path("missing")), absl::StatusCode::kNotFound);
  EXPECT_EQ(Refused(Path("missing/key")), absl::StatusCode::kNotFound);
}

TEST_F(KeyFile, IsNotADirectory) {
  EXPECT_EQ(Refused(directory_), absl::StatusCode::kInvalidArgument);
}

TEST_F(KeyFile, IsNotAPipeThatNobodyWritesTo) {
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(Refused(Path("pipe")), absl::StatusCode::kInvalidArgument);
}

TEST_F(KeyFile, MayBeALinkAsInAMountedSecret) {
  std::filesystem::create_directory(Path("..data"));
  std::ofstream(Path("..data/key")) << "abdbd183\n";
  std::filesystem::create_symlink("..data/key", Path("link"));
  const auto read = ReadKeyFile(Path("link"));
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->Reveal(), "abdbd183");
  std::filesystem::create_symlink("nowhere", Path("broken"));
  EXPECT_EQ(Refused(Path("broken")), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace gw::keys
