// The cases of other systems, as JSON. Not for programs.
#ifndef PISTIS_TESTS_GOLDEN_PEER_JSON_H_
#define PISTIS_TESTS_GOLDEN_PEER_JSON_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/struct.pb.h"

namespace pistis::golden {

// A JSON object as protobuf reads it.
using Json = google::protobuf::Struct;

[[nodiscard]] bool Has(const Json& object, const std::string& field);

// The object in that field; empty where it is absent.
[[nodiscard]] Json PartOf(const Json& object, const std::string& field);

// The field, or a value of no kind where it is absent.
[[nodiscard]] google::protobuf::Value ValueOf(const Json& object,
                                              const std::string& field);
// The values of a list; none where it is absent.
[[nodiscard]] std::vector<Json> PartsOf(const Json& object,
                                        const std::string& field);

// The field as text: a whole number without its point, "true", "100,40" for a
// list. Empty where it is absent.
[[nodiscard]] std::string TextOf(const Json& object, absl::string_view field);
[[nodiscard]] std::string TextOf(const google::protobuf::Value& value);

// The same of what a case expects, amounts as minor units: "2000" for "20.00".
[[nodiscard]] std::string MinorTextOf(const google::protobuf::Value& value);

// Zero for a text that is no number, which fails the test.
[[nodiscard]] int64_t ToNumber(const std::string& text);
[[nodiscard]] int64_t NumberOf(const Json& object, absl::string_view field);

// Zero of a value of no kind; else of minor units as a number, or of
// "10000.00".
[[nodiscard]] int64_t MinorOf(const google::protobuf::Value& value);

// "5.00" of 500 minor units, or of the text "5.00".
[[nodiscard]] std::string AmountOf(const google::protobuf::Value& value);

}  // namespace pistis::golden

#endif  // PISTIS_TESTS_GOLDEN_PEER_JSON_H_
