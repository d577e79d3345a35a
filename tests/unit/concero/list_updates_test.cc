#include "service/concero/list_updates.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "concero/v1/assessment.pb.h"

namespace gw::concero {
namespace {

using Update = ::concero::v1::WatchExaminationsResponse;
using IdsAndNames = std::vector<std::pair<int64_t, std::string>>;

ExaminationListPtr ListOf(const IdsAndNames& entries) {
  std::vector<::concero::v1::Examination> list;
  for (const auto& [id, name] : entries) {
    list.emplace_back();
    list.back().set_id(id);
    list.back().set_name(name);
  }
  std::string version = VersionOf(list);
  return MakeExaminationList(std::move(list), std::move(version), absl::FromUnixSeconds(1234),
                             Instant());
}

std::vector<Update> Read(const ListUpdate& update) {
  std::vector<Update> messages;
  for (const auto& bytes : update) {
    messages.emplace_back();
    EXPECT_TRUE(messages.back().ParseFromString(*bytes));
    EXPECT_EQ(messages.back().update_case() != Update::UPDATE_NOT_SET, true);
  }
  return messages;
}

// What a caller makes of it that had `known`.
std::map<int64_t, std::string> Apply(std::map<int64_t, std::string> known,
                                     const std::vector<Update>& messages) {
  for (const Update& message : messages) {
    if (message.has_snapshot()) known.clear();
    for (const auto& e : message.snapshot().examinations()) known[e.id()] = e.name();
    for (const auto& e : message.change().added()) {
      EXPECT_TRUE(known.emplace(e.id(), e.name()).second) << "added twice: " << e.id();
    }
    for (const auto& e : message.change().renamed()) {
      EXPECT_TRUE(known.contains(e.id())) << "renamed unknown: " << e.id();
      known[e.id()] = e.name();
    }
    for (const int64_t id : message.change().removed_ids()) {
      EXPECT_EQ(known.erase(id), 1u) << "removed unknown: " << id;
    }
  }
  return known;
}

std::map<int64_t, std::string> MapOf(const IdsAndNames& entries) {
  std::map<int64_t, std::string> map;
  for (const auto& [id, name] : entries) map[id] = name;
  return map;
}

TEST(MakeSnapshot, IsOneMessageInConcerosOrder) {
  const auto list = ListOf({{3, "c"}, {1, "a"}, {2, "b"}});
  const std::vector<Update> messages = Read(MakeSnapshot(*list));
  ASSERT_EQ(messages.size(), 1u);
  ASSERT_EQ(messages[0].snapshot().examinations_size(), 3);
  EXPECT_EQ(messages[0].snapshot().examinations(0).id(), 3);
  EXPECT_EQ(messages[0].snapshot().examinations(2).name(), "b");
  EXPECT_EQ(messages[0].version(), list->version);
  EXPECT_EQ(messages[0].fetch_time().seconds(), 1234);
}

TEST(MakeSnapshot, OfAnEmptyListIsOneToo) {
  const std::vector<Update> messages = Read(MakeSnapshot(*ListOf({})));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_TRUE(messages[0].has_snapshot());
  EXPECT_NE(messages[0].version(), "");
}

TEST(MakeSnapshot, OfALargeListComesInPiecesOfWhichTheLastHasTheVersion) {
  IdsAndNames entries;
  for (int i = 1; i <= 100; ++i) entries.emplace_back(i, std::string(20, 'x'));
  entries.emplace_back(101, std::string(1000, 'y'));  // more than a piece by itself
  entries.emplace_back(102, "z");
  const auto list = ListOf(entries);
  const std::vector<Update> messages = Read(MakeSnapshot(*list, 300));
  ASSERT_GT(messages.size(), 5u);
  EXPECT_TRUE(messages.front().has_snapshot());
  for (size_t i = 0; i < messages.size(); ++i) {
    const bool last = i + 1 == messages.size();
    EXPECT_EQ(messages[i].version(), last ? list->version : "");
    EXPECT_EQ(messages[i].has_fetch_time(), last);
    if (i > 0) {
      EXPECT_TRUE(messages[i].has_change());
    }
  }
  EXPECT_EQ(Apply({}, messages), MapOf(entries));
}

TEST(MakeChange, TellsWhatIsNewRenamedAndGone) {
  const auto to = ListOf({{1, "a"}, {2, "B"}, {4, "d"}});
  const std::vector<Update> messages =
      Read(MakeChange(*ListOf({{3, "c"}, {2, "b"}, {1, "a"}}), *to));
  ASSERT_EQ(messages.size(), 1u);
  const auto& change = messages[0].change();
  ASSERT_EQ(change.added_size(), 1);
  EXPECT_EQ(change.added(0).name(), "d");
  ASSERT_EQ(change.renamed_size(), 1);
  EXPECT_EQ(change.renamed(0).name(), "B");
  ASSERT_EQ(change.removed_ids_size(), 1);
  EXPECT_EQ(change.removed_ids(0), 3);
  EXPECT_EQ(messages[0].version(), to->version);
}

TEST(MakeChange, ToTheSameIsAnEmptyOne) {
  const auto list = ListOf({{1, "a"}});
  const std::vector<Update> messages = Read(MakeChange(*list, *list));
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_TRUE(messages[0].has_change());
  EXPECT_EQ(messages[0].change().ByteSizeLong(), 0u);
}

TEST(MakeChange, OfExaminationsWithOneIdTheLastCounts) {
  const IdsAndNames before = {{1, "a"}, {1, "A"}, {2, "b"}, {2, "b"}};
  const IdsAndNames after = {{1, "x"}, {1, "A"}, {3, "c"}, {3, "C"}};
  const std::vector<Update> messages = Read(MakeChange(*ListOf(before), *ListOf(after)));
  EXPECT_EQ(Apply(MapOf(before), messages), MapOf(after));
  EXPECT_EQ(messages[0].change().renamed_size(), 0);
  EXPECT_EQ(messages[0].change().removed_ids_size(), 1);
}

// Any two lists, however small the pieces.
TEST(MakeChange, MakesOneListIntoTheOther) {
  std::mt19937 random(7);
  const auto any = [&] {
    IdsAndNames entries;
    for (int64_t id = 1; id <= 30; ++id) {
      if (random() % 3 != 0) entries.emplace_back(id, absl::StrCat("name", random() % 2));
    }
    std::shuffle(entries.begin(), entries.end(), random);
    return entries;
  };
  for (int i = 0; i < 200; ++i) {
    const IdsAndNames before = any(), after = any();
    const auto to = ListOf(after);
    const size_t most = 1 + random() % 100;
    const std::vector<Update> messages = Read(MakeChange(*ListOf(before), *to, most));
    ASSERT_EQ(Apply(MapOf(before), messages), MapOf(after)) << "round " << i;
    for (size_t m = 0; m < messages.size(); ++m) {
      EXPECT_EQ(messages[m].version(), m + 1 == messages.size() ? to->version : "");
    }
  }
}

}  // namespace
}  // namespace gw::concero
