#include "engine/operations/erased_records.h"

#include "pistis/v1/order.pb.h"

#include "engine/base/digest.h"
#include "engine/operations/fingerprint.h"

namespace pistis {

std::string ErasedDigest(store::v1::OrderRecord order) {
  order.clear_erased_digest();
  return Sha256(order.SerializeAsString());
}

void SealErased(store::v1::OrderRecord& order) {
  if (order.erased_digest().empty()) return;
  order.set_erased_digest(ErasedDigest(order));
}

bool StripSale(store::v1::OrderRecord& order) {
  v1::Order asked;
  if (!asked.ParseFromString(order.order())) return false;
  asked.clear_attributes();
  asked.clear_identifier();
  for (v1::OrderLine& line : *asked.mutable_lines())
    line.clear_attributes();
  order.set_order(asked.SerializeAsString());
  if (!order.has_facts()) return true;
  store::v1::MemberFactsRecord& facts = *order.mutable_facts();
  facts.clear_language();
  facts.clear_segments();
  facts.clear_joined_us();
  facts.clear_birthday();
  facts.clear_attributes();
  return true;
}

std::string FingerprintLike(absl::string_view known, absl::string_view secret,
                            std::string fingerprint) {
  std::string keyed = KeyedFingerprint(secret, fingerprint);
  return known == keyed ? keyed : fingerprint;
}

}  // namespace pistis
