#include "engine/operations/rulebook_cache.h"

#include "pistis/store/v1/records.pb.h"
#include "pistis/v1/rulebook.pb.h"

#include "engine/base/refusal.h"
#include "engine/base/status_macros.h"
#include "engine/rulebook/compile.h"
#include "engine/storage/codec.h"
#include "engine/storage/keys.h"

namespace pistis {
namespace {

constexpr size_t kArticlesOfARule = 20;

size_t WeightOf(const Rulebook& rulebook) {
  size_t articles = 0;
  for (const auto& list : rulebook.lists->all())
    articles += list->skus().size();
  return 1 + rulebook.rules.size() + rulebook.event_rules.size() +
         rulebook.codes.size() + articles / kArticlesOfARule;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Rulebook>> RulebookCache::Get(
    const Reader& reader, const ProgramId& program, int64_t version) {
  const Key key(program.text(), version);
  {
    absl::MutexLock lock(&mutex_);
    const auto found = versions_.find(key);
    if (found != versions_.end()) return found->second;
  }
  PISTIS_ASSIGN_OR_RETURN(const store::v1::RulebookRecord record,
                          GetExpectedRecord<store::v1::RulebookRecord>(
                              reader, RulebookKey(program, version)));
  v1::Rulebook message;
  if (!message.ParseFromString(record.rulebook())) {
    return RecordCorrupt("Rulebook");
  }
  absl::StatusOr<Rulebook> compiled = CompileMessage(message, version);
  if (!compiled.ok()) return RecordCorrupt("Rulebook");
  auto rulebook = std::make_shared<const Rulebook>(*std::move(compiled));
  Add(program, rulebook);
  return rulebook;
}

void RulebookCache::Add(const ProgramId& program,
                        std::shared_ptr<const Rulebook> rulebook) {
  const Key key(program.text(), rulebook->version);
  const size_t weight = WeightOf(*rulebook);
  absl::MutexLock lock(&mutex_);
  if (versions_.size() >= max_versions_ || weight_ + weight > max_weight_) {
    versions_.clear();
    weight_ = 0;
  }
  if (versions_.insert_or_assign(key, std::move(rulebook)).second) {
    weight_ += weight;
  }
}

}  // namespace pistis
