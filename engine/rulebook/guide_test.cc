// The examples of README.md, run as they stand there.
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "google/protobuf/descriptor.h"
#include "gtest/gtest.h"

#include "pistis/v1/rulebook.pb.h"

#include "engine/rulebook/compile.h"
#include "engine/rulebook/test_support.h"
#include "engine/rulebook/triggers.h"
#include "engine/rulebook/vocabulary.h"

namespace pistis {
namespace {

std::string ReadGuide() {
  std::ifstream file("engine/rulebook/README.md");
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> ExamplesOf(const std::string& guide) {
  std::vector<std::string> examples;
  std::vector<std::string> parts = absl::StrSplit(guide, "```yaml\n");
  for (size_t i = 1; i < parts.size(); ++i) {
    examples.push_back(parts[i].substr(0, parts[i].find("```")));
  }
  return examples;
}

void ExpectFieldsNamed(const google::protobuf::Descriptor& message,
                       const std::string& guide) {
  for (int i = 0; i < message.field_count(); ++i) {
    const auto& field = *message.field(i);
    EXPECT_TRUE(absl::StrContains(guide, field.name()))
        << "the guide is silent on " << field.full_name();
    const bool message_field =
        field.message_type() != nullptr && !field.is_map();
    if (message_field) ExpectFieldsNamed(*field.message_type(), guide);
  }
}

TEST(GuideTest, EveryExampleCompiles) {
  const std::vector<std::string> examples = ExamplesOf(ReadGuide());
  ASSERT_GE(examples.size(), 9U);
  for (const std::string& example : examples) {
    const bool whole = absl::StartsWith(example, "program:");
    const std::string yaml = whole ? example : absl::StrCat(kHeader, example);
    const absl::StatusOr<Rulebook> rulebook = CompileYaml(yaml, 1);
    EXPECT_TRUE(rulebook.ok()) << example << Explained(rulebook.status());
  }
}

TEST(GuideTest, EveryKeyIsDescribed) {
  ExpectFieldsNamed(*v1::Rulebook::descriptor(), ReadGuide());
}

TEST(GuideTest, EveryNameOfConditionsIsDescribed) {
  const std::string guide = ReadGuide();
  for (const expr::ObjectType* type :
       {&OrderType(), &MemberType(), &LineType(),
        EventType(Trigger::kOrderRefunded).get(),
        EventType(Trigger::kMemberBirthday).get(),
        EventType(Trigger::kTierChanged).get(),
        EventType(Trigger::kPointsExpiring).get(),
        EventType(Trigger::kReferralQualified).get(),
        EventType(Trigger::kActivity).get()}) {
    for (const std::string& field : type->FieldNames()) {
      EXPECT_TRUE(
          absl::StrContains(guide, absl::StrCat("`", type->name, ".", field)))
          << type->name << "." << field;
    }
  }
}

}  // namespace
}  // namespace pistis
