#include "client/command/table.h"

#include <wchar.h>

#include <algorithm>
#include <cwchar>

namespace concero::command {
namespace {

std::string Blanks(int n) { return std::string(static_cast<size_t>(std::max(0, n)), ' '); }

}  // namespace

std::string Harmless(std::string text) {
  for (char& c : text) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  return text;
}

int DisplayWidth(const std::string& text) {
  int width = 0;
  std::mbstate_t state{};
  for (size_t at = 0; at < text.size();) {
    wchar_t c;
    const size_t bytes = std::mbrtowc(&c, text.data() + at, text.size() - at, &state);
    if (bytes == 0 || bytes > text.size() - at) {  // no character of this locale
      state = {};
      ++at;
      ++width;
      continue;
    }
    at += bytes;
    width += std::max(0, wcwidth(c));
  }
  return width;
}

Table::Table(std::vector<std::string> columns) : columns_(std::move(columns)) {
  for (std::string& name : columns_) {
    numbers_.push_back(!name.empty() && name.back() == '#');
    if (numbers_.back()) name.pop_back();
  }
}

void Table::Add(std::vector<Cell> row) {
  for (Cell& cell : row) cell.text = Harmless(std::move(cell.text));
  rows_.push_back(std::move(row));
}

void Table::Print(const Terminal& terminal) const {
  std::vector<int> widths;
  bool has_head = false;
  for (const std::string& name : columns_) {
    widths.push_back(DisplayWidth(name));
    has_head = has_head || !name.empty();
  }
  for (const auto& row : rows_) {
    for (size_t i = 0; i < row.size(); ++i) {
      widths[i] = std::max(widths[i], DisplayWidth(row[i].text));
    }
  }
  const auto line = [&](const std::vector<Cell>& cells) {
    std::string out;
    for (size_t i = 0; i < cells.size(); ++i) {
      const std::string pad = Blanks(widths[i] - DisplayWidth(cells[i].text));
      const bool last = i + 1 == cells.size();
      if (numbers_[i]) out += pad;
      out += terminal.Tinted(cells[i].text, cells[i].tint);
      if (!numbers_[i] && !last) out += pad;
      if (!last) out += "  ";
    }
    while (!out.empty() && out.back() == ' ') out.pop_back();
    terminal.Print(out);
  };
  if (has_head) {
    std::vector<Cell> head;
    for (const std::string& name : columns_) head.emplace_back(name, Tint::kFaint);
    line(head);
  }
  for (const auto& row : rows_) line(row);
}

void Facts::Add(std::string name, Table::Cell value) {
  if (!value.text.empty()) facts_.emplace_back(std::move(name), std::move(value));
}

void Facts::Print(const Terminal& terminal) const {
  Table table({"", ""});
  for (const auto& [name, value] : facts_) table.Add({{name, Tint::kFaint}, value});
  table.Print(terminal);
}

}  // namespace concero::command
