#include "service/concero/list_pages.h"

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "service/concero/examination_list.h"
#include "service/concero/page_token.h"

namespace gw::concero {
namespace {

using Page = ::concero::v1::ListExaminationsResponse;

// Examinations 1 … n.
ExaminationListPtr ListOf(size_t n) {
  std::vector<::concero::v1::Examination> examinations(n);
  for (size_t i = 0; i < n; ++i) {
    examinations[i].set_id(static_cast<int64_t>(i + 1));
    examinations[i].set_name("Examination " + std::to_string(i + 1));
  }
  std::string version = VersionOf(examinations);
  return MakeExaminationList(std::move(examinations), std::move(version),
                             absl::FromUnixMicros(1'721'034'000'250'001), Instant());
}

Page PageOf(const ExaminationListPtr& list, size_t offset, size_t size, bool stale = false) {
  Page page;
  EXPECT_TRUE(page.ParseFromString(*EncodedPage(list, stale, offset, size)));
  return page;
}

TEST(PageSize, IsAThousandByDefaultAndTenThousandAtMost) {
  const struct {
    int32_t asked;
    size_t size;
  } kCases[] = {{0, 1000},        {1, 1},           {999, 999},
                {1000, 1000},     {1001, 1001},     {9'999, 9'999},
                {10'000, 10'000}, {10'001, 10'000}, {std::numeric_limits<int32_t>::max(), 10'000}};
  for (const auto& [asked, size] : kCases) EXPECT_EQ(PageSize(asked), size) << asked;
}

TEST(ListPages, HoldThePartOfTheListThatIsAskedFor) {
  const struct {
    const char* name;
    size_t total, offset, size;
    int64_t first;  // id, 0: none
    int count;
    size_t next;  // offset in the token, 0: no token
  } kCases[] = {
      {"all of it", 5, 0, 10, 1, 5, 0},
      {"first page", 5, 0, 2, 1, 2, 2},
      {"middle page", 5, 2, 2, 3, 2, 4},
      {"last page", 5, 4, 2, 5, 1, 0},
      {"exactly all", 4, 0, 4, 1, 4, 0},
      {"last page of an exact multiple", 4, 2, 2, 3, 2, 0},
      {"one short of the end", 5, 0, 4, 1, 4, 4},
      {"offset at the end", 4, 4, 2, 0, 0, 0},
      {"offset beyond the end", 4, 5, 2, 0, 0, 0},
      {"the highest offset", 4, std::numeric_limits<size_t>::max(), 2, 0, 0, 0},
      {"the highest size", 4, 1, std::numeric_limits<size_t>::max(), 2, 3, 0},
      {"empty list", 0, 0, 10, 0, 0, 0},
      {"one by one", 2, 0, 1, 1, 1, 1},
      {"ten thousand of one more", 10'001, 0, PageSize(10'000), 1, 10'000, 10'000},
      {"more asked for than allowed", 10'001, 0, PageSize(10'001), 1, 10'000, 10'000},
      {"the one that is left", 10'001, 10'000, PageSize(10'000), 10'001, 1, 0},
      {"default size", 1'001, 0, PageSize(0), 1, 1'000, 1'000},
  };
  for (const auto& c : kCases) {
    const ExaminationListPtr list = ListOf(c.total);
    const Page page = PageOf(list, c.offset, c.size);
    ASSERT_EQ(page.examinations_size(), c.count) << c.name;
    for (int i = 0; i < c.count; ++i) {
      ASSERT_EQ(page.examinations(i).id(), c.first + i) << c.name;
      ASSERT_EQ(page.examinations(i).name(), "Examination " + std::to_string(c.first + i));
    }
    if (c.next == 0) {
      EXPECT_EQ(page.next_page_token(), "") << c.name;
      continue;
    }
    const auto position = DecodePageToken(page.next_page_token());
    ASSERT_TRUE(position.ok()) << c.name;
    EXPECT_EQ(*position, (PagePosition{list->version, c.next})) << c.name;
  }
}

TEST(ListPages, EachSayWhichListTheyAreOf) {
  for (const bool stale : {false, true}) {
    const ExaminationListPtr list = ListOf(3);
    for (const size_t offset : {0, 1, 9}) {
      const Page page = PageOf(list, offset, 1, stale);
      EXPECT_EQ(page.version(), list->version);
      EXPECT_EQ(page.stale(), stale);
      EXPECT_EQ(page.fetch_time().seconds(), 1'721'034'000);
      EXPECT_EQ(page.fetch_time().nanos(), 250'001'000);
    }
  }
}

TEST(ListPages, WalkedToTheEndGiveEveryExaminationOnceAndInOrder) {
  std::mt19937 random(20240715);
  for (int round = 0; round < 300; ++round) {
    const size_t total = random() % 60;
    const ExaminationListPtr list = ListOf(total);
    std::vector<int64_t> walked;
    std::string token;
    size_t pages = 0;
    do {
      size_t offset = 0;
      if (!token.empty()) {
        const auto position = DecodePageToken(token);
        ASSERT_TRUE(position.ok());
        ASSERT_EQ(position->version, list->version);
        offset = position->offset;
      }
      const Page page = PageOf(list, offset, 1 + random() % 20);
      for (const auto& examination : page.examinations()) walked.push_back(examination.id());
      token = page.next_page_token();
      ASSERT_LE(++pages, total + 1) << "does not end";
    } while (!token.empty());
    ASSERT_EQ(walked.size(), total);
    for (size_t i = 0; i < total; ++i) ASSERT_EQ(walked[i], static_cast<int64_t>(i + 1));
  }
}

TEST(ListPages, AreEncodedAsProtobufWouldDo) {
  for (const size_t total : {0, 1, 1'000, 1'001}) {
    const ExaminationListPtr list = ListOf(total);
    for (const bool stale : {false, true}) {
      for (const auto& [offset, size] :
           {std::pair<size_t, size_t>{0, 1'000}, {0, 999}, {1, 1'000}, {total, 1}}) {
        EXPECT_EQ(*EncodedPage(list, stale, offset, size),
                  PageOf(list, offset, size, stale).SerializeAsString())
            << total << " from " << offset << ", " << size << (stale ? ", stale" : "");
      }
    }
  }
}

TEST(ListPages, HoldExaminationsOfEveryLength) {
  // The length of a name, and of all that stands before it, takes one byte more from 128 and from
  // 16,384 on; a negative id takes ten.
  std::vector<::concero::v1::Examination> examinations;
  for (const size_t length : {0, 1, 120, 124, 125, 126, 127, 128, 16'376, 16'380, 16'384, 70'000}) {
    examinations.emplace_back().set_name(std::string(length, 'x'));
    examinations.back().set_id(examinations.size() % 2 == 0 ? 0 : -1);
  }
  const std::vector<::concero::v1::Examination> expected = examinations;
  const ExaminationListPtr list = MakeExaminationList(std::move(examinations), "v", {}, {});
  for (size_t i = 0; i < expected.size(); ++i) {
    const Page page = PageOf(list, i, 1);
    ASSERT_EQ(page.examinations_size(), 1) << i;
    EXPECT_EQ(page.examinations(0).SerializeAsString(), expected[i].SerializeAsString()) << i;
  }
  EXPECT_EQ(PageOf(list, 0, 100).examinations_size(), 12);
}

TEST(ListPages, OfTheDefaultAreEncodedOncePerListAndShared) {
  const ExaminationListPtr list = ListOf(3);
  for (const bool stale : {false, true}) {
    EXPECT_EQ(EncodedPage(list, stale, 0, PageSize(0)), EncodedPage(list, stale, 0, PageSize(0)));
  }
  EXPECT_NE(EncodedPage(list, false, 0, PageSize(0)), EncodedPage(list, true, 0, PageSize(0)));
}

TEST(ListPages, OutliveTheListTheyAreOf) {
  ExaminationListPtr list = ListOf(3);
  const std::string expected = PageOf(list, 0, 1'000).SerializeAsString();
  const auto page = EncodedPage(list, false, 0, 1'000);
  list = nullptr;
  EXPECT_EQ(*page, expected);
}

}  // namespace
}  // namespace gw::concero
