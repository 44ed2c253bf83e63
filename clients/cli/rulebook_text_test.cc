#include "clients/cli/rulebook_text.h"

#include <string>

#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"

namespace pistis {
namespace {

template <typename Message>
Message Proto(const std::string& text) {
  Message message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message));
  return message;
}

TEST(RulebookTextTest, APublicationSaysWhetherItIsInForce) {
  auto published = Proto<v1::PublishedRulebook>(R"(
    version: 3
    rulebook { rules { id: "a" } rules { id: "b" } codes { id: "c" } }
    publish_time { seconds: 1772323200 }
    start_time { seconds: 1772323200 }
  )");
  EXPECT_EQ(PublishedText(published, {}),
            "version 3 is current, 2 rules, 1 code, 0 notes, 0 examples\n");
  published.mutable_start_time()->set_seconds(1772323200 + 3600);
  EXPECT_EQ(PublishedText(published, {}),
            "version 3 starts 2026-03-01 01:00, 2 rules, 1 code, 0 notes, 0 "
            "examples\n");
}

TEST(RulebookTextTest, FindingsStandOneToALineBeforeTheSum) {
  EXPECT_EQ(ReportText(Proto<v1::ValidateRulebookResponse>(R"(
              errors { path: "rules[0].when" line: 4 column: 7 message: "no" }
              errors { message: "too long" }
              unlisted_errors: 2
            )")),
            "error: line 4, column 7: rules[0].when: no\n"
            "error: too long\n"
            "not valid: 4 errors, 0 warnings, 0 examples run\n");
  EXPECT_EQ(ReportText(Proto<v1::ValidateRulebookResponse>(R"(
              valid: true examples_run: 1
              warnings { path: "codes[0]" line: 9 column: 3 message: "idle" }
            )")),
            "warning: line 9, column 3: codes[0]: idle\n"
            "valid: 0 errors, 1 warning, 1 example run\n");
}

TEST(RulebookTextTest, VersionsSayWhyTheyAreThere) {
  Table table = VersionTable();
  AddVersion(Proto<v1::PublishedRulebook>(R"(
               version: 12 state: IN_FORCE caller: "dev" comment: "oops"
               restores_version: 10
               publish_time { seconds: 1772323200 }
               start_time { seconds: 1772323200 }
             )"),
             {}, table);
  EXPECT_EQ(
      table.Text(),
      "version  state     starts            published         by   why\n"
      "     12  in force  2026-03-01 00:00  2026-03-01 00:00  dev  back to "
      "10: oops\n");
}

TEST(RulebookTextTest, DifferencesStandOneToALine) {
  EXPECT_EQ(DiffText({}), "no difference\n");
  EXPECT_EQ(DiffText(Proto<v1::DiffRulebooksResponse>(R"(
              changes { text: "rule a: added" }
              changes { text: "rule b: removed" }
              unlisted_changes: 3
            )")),
            "rule a: added\nrule b: removed\nand 3 more\n");
}

}  // namespace
}  // namespace pistis
