// What people see.
#include <gtest/gtest.h>
#include <locale.h>

#include <string>
#include <vector>

#include "client/command/csv.h"
#include "client/command/exit_code.h"
#include "client/command/progress.h"
#include "client/command/table.h"

namespace concero::command {
namespace {

TEST(DisplayWidth, CountsPlacesOfATerminal) {
  setlocale(LC_CTYPE, "C.UTF-8");
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("Prüfung"), 7);
  EXPECT_EQ(DisplayWidth("データ"), 6);
  EXPECT_EQ(DisplayWidth("a\xff"
                         "b"),
            3)
      << "what is no character is shown as one";
  EXPECT_EQ(DisplayWidth(""), 0);
}

TEST(WithCommas, PartsThousands) {
  EXPECT_EQ(WithCommas(0), "0");
  EXPECT_EQ(WithCommas(999), "999");
  EXPECT_EQ(WithCommas(1000), "1,000");
  EXPECT_EQ(WithCommas(1234567), "1,234,567");
}

TEST(ProgressText, SaysHowFarHowFastAndHowLong) {
  Terminal terminal;
  terminal.BeQuiet();
  Progress progress(terminal, 200, 50);
  const absl::Time began = absl::FromUnixSeconds(1000);
  for (int i = 0; i < 50; ++i) progress.Add(i % 10 != 0, began);
  EXPECT_EQ(progress.Text(began + absl::Seconds(5), 80),
            "[############------------] 100 of 200, 10/s, 5 without success, 10s left");
  for (int i = 0; i < 100; ++i) progress.Add(true, began);
  EXPECT_EQ(progress.Text(began + absl::Seconds(15), 80),
            "[########################] 200 of 200, 10/s, 5 without success");
}

TEST(ProgressText, FitsIntoItsLine) {
  Terminal terminal;
  terminal.BeQuiet();
  Progress progress(terminal, 200, 50);
  const absl::Time began = absl::FromUnixSeconds(1000), now = began + absl::Seconds(5);
  for (int i = 0; i < 50; ++i) progress.Add(i % 10 != 0, began);
  const std::string bar = "[############------------] ";
  const std::string text = "100 of 200, 10/s, 5 without success, 10s left";
  const size_t whole = bar.size() + text.size();
  EXPECT_EQ(progress.Text(now, whole + 1), bar + text) << "the cursor stands behind it";
  EXPECT_EQ(progress.Text(now, whole), text);
  EXPECT_EQ(progress.Text(now, text.size() + 1), text);
  EXPECT_EQ(progress.Text(now, text.size()), text.substr(0, text.size() - 1));
  EXPECT_EQ(progress.Text(now, 12), "100 of 200,");
}

TEST(Worse, IsWhatSomebodyMustLookAtFirst) {
  EXPECT_EQ(Worse(kOk, kRefused), kRefused);
  EXPECT_EQ(Worse(kInDoubt, kUnavailable), kInDoubt);
  EXPECT_EQ(Worse(kRefused, kUnavailable), kUnavailable);
  EXPECT_EQ(Worse(kInterrupted, kInDoubt), kInterrupted);
}

TEST(ParseCsv, KnowsQuotesSeparatorsAndByteOrderMarks) {
  using Rows = std::vector<std::vector<std::string>>;
  EXPECT_EQ(*ParseCsv("a,b\r\n\"x,\"\"y\"\"\",2\r\n"), (Rows{{"a", "b"}, {"x,\"y\"", "2"}}));
  EXPECT_EQ(*ParseCsv("\xef\xbb\xbf"
                      "a;b\n1;2,5"),
            (Rows{{"a", "b"}, {"1", "2,5"}}));
  EXPECT_EQ(*ParseCsv("a\tb\n1\t2\n\n"), (Rows{{"a", "b"}, {"1", "2"}}));
  EXPECT_EQ(*ParseCsv("a,b\n\"1\n2\",3\n"), (Rows{{"a", "b"}, {"1\n2", "3"}}));
  EXPECT_EQ(*ParseCsv(""), Rows{});
  EXPECT_FALSE(ParseCsv("a,b\n\"x,2\n").ok());
  EXPECT_FALSE(ParseCsv("a,b\nx\"y,2\n").ok());
}

TEST(CsvRow, IsReadAsItWasWritten) {
  const std::vector<std::string> row = {"", "a b", " a", "a,b", "a;b", "\"", "a\nb", "ü"};
  // With a head, by which the separator is known.
  const auto read = ParseCsv("1,2,3,4,5,6,7,8\n" + CsvRow(row));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read->back(), row);
}

}  // namespace
}  // namespace concero::command
