// What rest::ReadJson makes of a body, held against another reader of JSON.
#include "service/rest/json_view.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "service/rest/json_codec.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

using nlohmann::json;

constexpr size_t kMaxBytes = 65'536;

/// Builds a value from nlohmann's events, under the same limits, and knows the first thing that is
/// wrong.
class Builder : public nlohmann::json_sax<json> {
 public:
  bool null() override { return Place(nullptr) != nullptr; }
  bool boolean(bool value) override { return Place(value) != nullptr; }
  bool number_integer(number_integer_t value) override { return Place(value) != nullptr; }
  bool number_unsigned(number_unsigned_t value) override { return Place(value) != nullptr; }
  bool number_float(number_float_t value, const string_t&) override {
    return Place(value) != nullptr;
  }
  bool string(string_t& value) override { return Place(value) != nullptr; }
  bool binary(binary_t&) override { return Refuse("holds binary data"); }
  bool start_object(std::size_t) override { return Open(json::object()); }
  bool start_array(std::size_t) override { return Open(json::array()); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& name) override {
    key_ = name;
    return !open_.back()->contains(name) || Refuse("has a key twice in one object");
  }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception&) override {
    return Refuse(absl::StrCat("is not valid JSON at byte ", position));
  }

  const json& value() const { return root_; }
  const std::string& problem() const { return problem_; }

 private:
  bool Refuse(std::string problem) {
    problem_ = std::move(problem);
    return false;
  }
  bool Open(json container) {
    if (open_.size() == rest::kMaxJsonDepth) return Refuse("is nested too deeply");
    open_.push_back(Place(std::move(container)));
    return open_.back() != nullptr;
  }
  bool Close() {
    open_.pop_back();
    return true;
  }
  json* Place(json value) {
    if (++values_ > rest::kMaxJsonValues) {
      Refuse("has too many values");
      return nullptr;
    }
    if (open_.empty()) return &(root_ = std::move(value));
    if (open_.back()->is_array()) return &open_.back()->emplace_back(std::move(value));
    return &((*open_.back())[key_] = std::move(value));
  }

  json root_;
  std::vector<json*> open_;
  std::string key_;
  int values_ = 0;
  std::string problem_;
};

std::string Text(absl::string_view text) { return std::string(text); }

json ValueOf(rest::JsonView view);

json ContainerOf(rest::JsonView view) {
  json value = view.is_object() ? json::object() : json::array();
  size_t count = 0;
  for (const rest::JsonView child : view) {
    ++count;
    if (view.is_array()) {
      value.push_back(ValueOf(child));
      continue;
    }
    value[Text(child.key())] = ValueOf(child);
  }
  Expect(count == view.size() && value.size() == count, "a size is a count");
  return value;
}

json ValueOf(rest::JsonView view) {
  switch (view.kind()) {
    case rest::JsonKind::kNull:
      return nullptr;
    case rest::JsonKind::kBoolean:
      return view.boolean();
    case rest::JsonKind::kUnsigned:
      return view.whole();
    case rest::JsonKind::kNegative:
      return view.negative();
    case rest::JsonKind::kFloat:
      return view.number();
    case rest::JsonKind::kString:
      return Text(view.text());
    default:
      return ContainerOf(view);
  }
}

// Tells 1 from 1.0 and 0.0 from -0.0, which == does not.
std::string Exactly(const json& value) {
  const std::vector<uint8_t> bytes = json::to_ubjson(value, true, true);
  return std::string(bytes.begin(), bytes.end()) + value.dump();
}

}  // namespace

FUZZ_TARGET(json_view) {
  const auto read = rest::ReadJson(input, kMaxBytes);
  if (!read.ok()) ExpectQuotesNothing(read.status());
  if (input.size() > kMaxBytes || input.find('\0') != absl::string_view::npos) {
    return Expect(!read.ok(), "what is too long or has a NUL byte is refused");
  }
  Builder builder;
  const bool is_good = json::sax_parse(input.data(), input.data() + input.size(), &builder);
  Expect(read.ok() == is_good, "both readers take a body, or neither does");
  if (!is_good) {
    return Expect(read.status().message() == absl::StrCat("the body ", builder.problem()),
                  "both readers refuse a body for the same reason at the same place");
  }
  const json value = ValueOf(read->root());
  Expect(value == builder.value() && Exactly(value) == Exactly(builder.value()),
         "both readers see the same value");
  const std::string written = rest::ToText(value);
  const auto again = rest::ReadJson(written, 8 * kMaxBytes);
  Expect(again.ok() && ValueOf(again->root()) == value,
         "JSON that is written again is read as the same");
  if (!value.is_object()) return;
  for (const auto& [key, member] : value.items()) {
    const auto found = read->root().Find(key);
    Expect(found && ValueOf(*found) == member, "a member is found by its key");
  }
}

}  // namespace gw::fuzz
