// Any bytes as what is stored of a shop, under keys of every table:
//
//   input  := change{1,3}
//   change := record:u16be how:u8 place:u16be length:u8 bytes
//
// A change puts bytes into a record, in its stead, or under another key of its
// table. Then the program is recounted, everything is asked for, and one sale
// is made. Each comes to an answer or a refusal by name; a record that is none
// of its type is found, or the recount itself says RECORD_CORRUPT.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message.h"
#include "google/protobuf/stubs/logging.h"

#include "pistis/store/v1/access_records.pb.h"
#include "pistis/store/v1/care_records.pb.h"
#include "pistis/store/v1/records.pb.h"
#include "pistis/store/v1/refund_records.pb.h"
#include "pistis/store/v1/reservation_records.pb.h"
#include "pistis/store/v1/rulebook_records.pb.h"

#include "engine/base/refusal.h"
#include "engine/operations/commit_order.h"
#include "engine/operations/testing_proof.h"
#include "engine/operations/verify_ledger.h"
#include "tests/fuzz/input.h"
#include "tests/fuzz/promise.h"

namespace pistis {
namespace {

constexpr int kMostChanges = 3;

// Tables whose keys have one form, and the records in them.
const google::protobuf::Message* TypeOf(char table) {
  switch (table) {
    case 'P':
      return &store::v1::ProgramRecord::default_instance();
    case 'T':
      return &store::v1::TotalsRecord::default_instance();
    case 'B':
      return &store::v1::RulebookRecord::default_instance();
    case 'F':
      return &store::v1::ProfileRecord::default_instance();
    case 'H':
      return &store::v1::HoldRecord::default_instance();
    case 'C':
      return &store::v1::CodeRecord::default_instance();
    case 'O':
      return &store::v1::OrderRecord::default_instance();
    case 'R':
      return &store::v1::RefundRecord::default_instance();
    case 'S':
      return &store::v1::ReservationRecord::default_instance();
    case 'V':
      return &store::v1::CommitRecord::default_instance();
    case 'k':
      return &store::v1::CaseRecord::default_instance();
    case 'y':
      return &store::v1::ApiKeyRecord::default_instance();
    default:
      return nullptr;
  }
}

bool IsReadable(const std::string& key, const std::string& value) {
  const google::protobuf::Message* type = TypeOf(key[0]);
  if (type == nullptr) return true;
  const std::unique_ptr<google::protobuf::Message> record(type->New());
  return record->ParseFromString(value);
}

void RequireNamed(const absl::Status& status, const char* of) {
  Require(status.ok() || ReasonOf(status).has_value() ||
              status.code() == absl::StatusCode::kDataLoss,
          absl::StrCat(of, " is refused by name: ", status.ToString()));
}

struct Changed {
  Contents contents;
  // The key of a record that is none of its type any more.
  std::string unreadable;
};

void Change(Input& input, Changed& changed) {
  auto record =
      std::next(changed.contents.begin(),
                static_cast<int64_t>(input.Length() % changed.contents.size()));
  const uint8_t how = input.Byte();
  const size_t place = input.Length();
  const std::string bytes(input.Take(input.Byte()));
  std::string key = record->first;
  std::string value = record->second;
  const size_t at = place % (value.size() + 1);
  switch (how % 5) {
    case 0:
      value = bytes;
      break;
    case 1:
      value.replace(at, bytes.size(), bytes);
      break;
    case 2:
      value.insert(at, bytes);
      break;
    case 3:
      value.resize(at);
      break;
    default:
      key = absl::StrCat(key.substr(0, 1 + place % key.size()), bytes);
      break;
  }
  // The shop itself stays: its recount begins there.
  if (key.empty() || key[0] == 'M') return;
  if (how % 5 != 4 && !IsReadable(key, value)) changed.unreadable = key;
  if (key == changed.unreadable && IsReadable(key, value)) {
    changed.unreadable.clear();
  }
  changed.contents[key] = value;
}

void RequireFound(const Changed& changed) {
  v1::VerifyLedgerRequest request;
  request.set_program_id(std::string(kShop));
  const auto report =
      VerifyLedger(ContentsReader(changed.contents), request,
                   [](const v1::VerifyProgress&) { return true; });
  RequireNamed(report.status(), "a recount");
  Require(
      changed.unreadable.empty() || !report.ok() || report->findings_size() > 0,
      absl::StrCat("a recount finds what cannot be read: ",
                   absl::CHexEscape(changed.unreadable)));
}

template <typename Request>
Request OfMember(const char* member) {
  Request request;
  request.set_program_id(std::string(kShop));
  request.set_member_id(member);
  return request;
}

void AskAll(const QueryContext& context) {
  v1::GetProgramStatsRequest stats;
  stats.set_program_id(std::string(kShop));
  RequireNamed(GetProgramStats(context, stats).status(), "GetProgramStats");
  v1::ListMembersRequest members;
  members.set_program_id(std::string(kShop));
  RequireNamed(ListMembers(context, members).status(), "ListMembers");
  v1::GetOrderRequest order;
  order.set_program_id(std::string(kShop));
  for (const char* id : {"o1", "o4", "o6"}) {
    order.set_order_id(id);
    RequireNamed(GetOrder(context, order).status(), "GetOrder");
  }
  for (const char* member : {"ann", "ben", "cleo"}) {
    RequireNamed(
        GetMember(context, OfMember<v1::GetMemberRequest>(member)).status(),
        "GetMember");
    RequireNamed(
        GetAccount(context, OfMember<v1::GetAccountRequest>(member)).status(),
        "GetAccount");
    RequireNamed(
        ListEntries(context, OfMember<v1::ListEntriesRequest>(member)).status(),
        "ListEntries");
    RequireNamed(
        ListLots(context, OfMember<v1::ListLotsRequest>(member)).status(),
        "ListLots");
  }
}

void Sell(const OperationEnv& env, const Reader& reader, absl::Time now) {
  for (const char* member : {"ann", "cleo", ""}) {
    v1::CommitOrderRequest request = SaleRequest("new", member, {5000, 1200});
    request.mutable_order()->add_codes("SUMMER");
    const auto input = ParseCommitOrder(request, now);
    Require(input.ok(), "the sale is well-formed");
    const auto sold =
        CommitOrder(env, reader, {.commit_seq = 100'000, .now = now}, *input);
    RequireNamed(sold.status(), "a sale");
  }
}

void Try(Input input) {
  static const BusyShop& busy = *new BusyShop();
  static const Contents& contents = *new Contents(busy.shop().All());
  Changed changed{contents, {}};
  for (int i = 0; i < kMostChanges && !input.empty(); ++i)
    Change(input, changed);
  RequireFound(changed);
  const ContentsReader reader(changed.contents);
  RulebookCache rulebooks;
  const OperationEnv env{.secret = busy.shop().env().secret,
                         .rulebooks = rulebooks};
  AskAll({.env = env, .reader = reader, .now = busy.shop().Now()});
  Sell(env, reader, busy.shop().Now());
}

}  // namespace
}  // namespace pistis

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const google::protobuf::LogSilencer silent;
  pistis::Try({data, size});
  return 0;
}
