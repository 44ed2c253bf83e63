#include "clients/cpp/wire_status.h"

#include <string>

#include "gmock/gmock.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "gtest/gtest.h"

#include "engine/base/refusal.h"

namespace pistis {
namespace {

// What a server sends for `refusal`.
grpc::Status OnTheWire(const absl::Status& refusal) {
  google::rpc::Status details;
  details.set_code(static_cast<int>(refusal.code()));
  refusal.ForEachPayload(
      [&details](absl::string_view url, const absl::Cord& bytes) {
        google::protobuf::Any* detail = details.add_details();
        detail->set_type_url(std::string(url));
        detail->set_value(std::string(bytes));
      });
  return grpc::Status(static_cast<grpc::StatusCode>(refusal.code()),
                      std::string(refusal.message()),
                      details.SerializeAsString());
}

TEST(WireStatusTest, ARefusalKeepsItsReasonFieldsAndMessage) {
  const absl::Status status =
      FromWire(OnTheWire(RefuseField("order.order_id", "is missing")));
  EXPECT_EQ(ReasonOf(status), Reason::kFieldInvalid);
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "order.order_id: is missing");
  google::rpc::BadRequest fields;
  ASSERT_TRUE(fields.ParseFromString(std::string(
      *status.GetPayload("type.googleapis.com/google.rpc.BadRequest"))));
  ASSERT_EQ(fields.field_violations_size(), 1);
  EXPECT_EQ(fields.field_violations(0).field(), "order.order_id");
}

TEST(WireStatusTest, AnUnreadableTrailerLeavesCodeAndMessage) {
  const absl::Status status = FromWire(
      grpc::Status(grpc::StatusCode::INTERNAL, "broken", "\xff\xff\xff"));
  EXPECT_EQ(status, absl::InternalError("broken"));
  EXPECT_EQ(ReasonOf(status), std::nullopt);
}

TEST(WireStatusTest, AnUnknownCodeIsUnknownRatherThanOk) {
  EXPECT_EQ(FromWire(grpc::Status(static_cast<grpc::StatusCode>(31), "odd")),
            absl::UnknownError("odd"));
}

}  // namespace
}  // namespace pistis
