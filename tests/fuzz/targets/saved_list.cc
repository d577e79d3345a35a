// The list of examinations that a store kept: the size of a page in the first byte, then the bytes.
#include <string>
#include <utility>
#include <vector>

#include "service/concero/examination_list.h"
#include "service/concero/list_pages.h"
#include "tests/fuzz/target.h"

namespace gw::fuzz {
namespace {

using List = ::concero::v1::ListExaminationsResponse;

}  // namespace

FUZZ_TARGET(saved_list) {
  if (input.empty()) return;
  const size_t size = 1 + static_cast<unsigned char>(input.front()) % 16;
  List saved;
  if (!saved.ParseFromArray(input.data() + 1, static_cast<int>(input.size() - 1))) return;
  std::vector<::concero::v1::Examination> examinations(saved.examinations().begin(),
                                                       saved.examinations().end());
  const std::vector<::concero::v1::Examination> backwards(examinations.rbegin(),
                                                          examinations.rend());
  std::string version = concero::VersionOf(examinations);
  Expect(version == concero::VersionOf(backwards), "a version does not depend on the order");
  const concero::ExaminationListPtr list = concero::MakeExaminationList(
      std::move(examinations), std::move(version), absl::UnixEpoch(), Instant());

  List all;
  for (size_t offset = 0; offset < list->examinations.size(); offset += size) {
    List page;
    Expect(page.ParseFromString(*concero::EncodedPage(list, false, offset, size)),
           "a caller can read a page");
    const bool last = offset + size >= list->examinations.size();
    Expect(page.next_page_token().empty() == last, "the last page, and no other, has no token");
    all.mutable_examinations()->MergeFrom(page.examinations());
  }
  all.clear_next_page_token();
  List expected;
  *expected.mutable_examinations() = {list->examinations.begin(), list->examinations.end()};
  Expect(all.SerializeAsString() == expected.SerializeAsString(), "the pages are the list");
}

}  // namespace gw::fuzz
