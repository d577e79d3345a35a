// Tables for people.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "client/command/terminal.h"

namespace concero::command {

/// Columns that line up, two blanks apart, under a faint head. Control characters are shown as `?`,
/// so that no text moves the cursor. Thread safety: none.
class Table {
 public:
  struct Cell {
    Cell(std::string t, Tint i = Tint::kPlain) : text(std::move(t)), tint(i) {}  // NOLINT
    Cell(const char* t) : text(t) {}                                             // NOLINT
    std::string text;
    Tint tint = Tint::kPlain;
  };

  /// A name that ends in `#` is of a column of numbers, which end at one place; empty: no head.
  explicit Table(std::vector<std::string> columns);
  void Add(std::vector<Cell> row);
  bool empty() const { return rows_.empty(); }
  size_t size() const { return rows_.size(); }
  void Print(const Terminal& terminal) const;

 private:
  std::vector<std::string> columns_;
  std::vector<bool> numbers_;
  std::vector<std::vector<Cell>> rows_;
};

/// A text in which control characters are `?`: it moves no cursor. Thread safety: pure.
std::string Harmless(std::string text);

/// How many places of a terminal a text takes. Thread safety: pure; needs a UTF-8 locale.
int DisplayWidth(const std::string& text);

/// Names and values of one thing, below each other; what is empty is left out.
class Facts {
 public:
  void Add(std::string name, Table::Cell value);
  void Print(const Terminal& terminal) const;

 private:
  std::vector<std::pair<std::string, Table::Cell>> facts_;
};

}  // namespace concero::command
