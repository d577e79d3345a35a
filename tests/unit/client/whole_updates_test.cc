#include "client/library/whole_updates.h"

#include <gtest/gtest.h>

namespace concero {
namespace {

v1::WatchExaminationsResponse Piece(const std::string& version) {
  v1::WatchExaminationsResponse message;
  message.set_version(version);
  return message;
}

TEST(ClientWholeUpdates, PassOnWhatIsWhole) {
  WholeUpdates updates;
  auto message = Piece("a1");
  message.mutable_change()->add_removed_ids(7);
  const auto update = updates.Add(message);
  ASSERT_TRUE(update);
  EXPECT_EQ(update->SerializeAsString(), message.SerializeAsString());
}

TEST(ClientWholeUpdates, PutASnapshotTogether) {
  WholeUpdates updates;
  auto message = Piece("");
  message.mutable_snapshot()->add_examinations()->set_id(1);
  EXPECT_FALSE(updates.Add(message));
  message = Piece("");
  message.mutable_change()->add_added()->set_id(2);
  EXPECT_FALSE(updates.Add(message));
  message = Piece("b2");
  message.mutable_change()->add_added()->set_id(3);
  message.mutable_fetch_time()->set_seconds(5);
  const auto update = updates.Add(message);
  ASSERT_TRUE(update);
  ASSERT_EQ(update->snapshot().examinations_size(), 3);
  for (int i = 0; i < 3; ++i) EXPECT_EQ(update->snapshot().examinations(i).id(), i + 1);
  EXPECT_EQ(update->version(), "b2");
  EXPECT_EQ(update->fetch_time().seconds(), 5);
}

TEST(ClientWholeUpdates, PutAChangeTogether) {
  WholeUpdates updates;
  auto message = Piece("");
  message.mutable_change()->add_removed_ids(1);
  EXPECT_FALSE(updates.Add(message));
  message = Piece("c3");
  message.mutable_change()->add_removed_ids(2);
  message.mutable_change()->add_renamed()->set_id(4);
  const auto update = updates.Add(message);
  ASSERT_TRUE(update);
  EXPECT_EQ(update->change().removed_ids_size(), 2);
  EXPECT_EQ(update->change().renamed_size(), 1);
  EXPECT_TRUE(updates.Add(Piece("d4"))) << "and begin anew";
}

}  // namespace
}  // namespace concero
