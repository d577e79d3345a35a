#include "client/command/csv.h"

#include <csv.h>

#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace concero::command {
namespace {

struct Rows {
  std::vector<std::vector<std::string>> all;
  std::vector<std::string> current;
};

void OnField(void* text, size_t size, void* rows) {
  static_cast<Rows*>(rows)->current.emplace_back(static_cast<const char*>(text), size);
}

void OnRow(int /*end*/, void* rows) {
  auto* const self = static_cast<Rows*>(rows);
  self->all.push_back(std::exchange(self->current, {}));
}

// Takes the line `sep=;` away, by which Excel is told.
char TakeSeparator(absl::string_view& text) {
  const size_t end = text.find('\n');
  const absl::string_view head = text.substr(0, end);
  if (absl::StartsWith(head, "sep=") && head.size() > 4 && end != absl::string_view::npos) {
    text.remove_prefix(end + 1);
    return head[4];
  }
  if (absl::StrContains(head, ',')) return ',';
  if (absl::StrContains(head, ';')) return ';';
  return absl::StrContains(head, '\t') ? '\t' : ',';
}

struct FreeParser {
  void operator()(csv_parser* parser) const { csv_free(parser); }
};

}  // namespace

absl::StatusOr<std::vector<std::vector<std::string>>> ParseCsv(absl::string_view text) {
  absl::ConsumePrefix(&text, "\xef\xbb\xbf");
  const char separator = TakeSeparator(text);
  csv_parser storage;
  if (csv_init(&storage, CSV_STRICT | CSV_STRICT_FINI) != 0) {
    return absl::InternalError("libcsv does not begin");
  }
  const std::unique_ptr<csv_parser, FreeParser> parser(&storage);
  csv_set_delim(parser.get(), static_cast<unsigned char>(separator));
  Rows rows;
  if (csv_parse(parser.get(), text.data(), text.size(), &OnField, &OnRow, &rows) != text.size() ||
      csv_fini(parser.get(), &OnField, &OnRow, &rows) != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        "row ", rows.all.size(), ": a quote (\") stands where none may, or is never ", "closed"));
  }
  return std::move(rows.all);
}

std::string CsvRow(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) row += ',';
    if (field.find_first_of(",;\t\"\r\n") == std::string::npos && !absl::StartsWith(field, " ") &&
        !absl::EndsWith(field, " ")) {
      row += field;
      continue;
    }
    std::string quoted(2 * field.size() + 2, '\0');
    quoted.resize(csv_write(quoted.data(), quoted.size(), field.data(), field.size()));
    row += quoted;
  }
  return row + "\n";
}

}  // namespace concero::command
