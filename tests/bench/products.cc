#include "tests/bench/products.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

#include <zlib.h>

namespace pistis::bench {
namespace {

constexpr int kMadeUp = 92'000;

// The fields of one line; those in quotes may hold commas.
std::vector<std::string> FieldsOf(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool is_quoted = false;
  for (const char c : line) {
    if (c == '"') {
      is_quoted = !is_quoted;
    } else if (c == ',' && !is_quoted) {
      fields.emplace_back();
    } else if (c != '\n' && c != '\r') {
      fields.back() += c;
    }
  }
  return fields;
}

std::string PathOfProducts() {
  // NOLINTNEXTLINE(concurrency-mt-unsafe)
  const char* data = std::getenv("PISTIS_SHARED_DATA");
  return absl::StrCat(
      data != nullptr ? data : PISTIS_SOURCE_DIR "/../shared/data",
      "/completejourney/products.csv.gz");
}

// product_id, manufacturer_id, department, brand, product_category,
// product_type, package_size
std::vector<Product> ReadProducts() {
  std::vector<Product> products;
  const gzFile file = gzopen(PathOfProducts().c_str(), "rb");
  if (file == nullptr) return products;
  char line[4096];
  while (gzgets(file, line, sizeof(line)) != nullptr) {
    const std::vector<std::string> fields = FieldsOf(line);
    if (fields.size() != 7 || fields[5].empty()) continue;
    products.push_back(
        {.sku = fields[0],
         .category = absl::StrCat(fields[2], "/", fields[4], "/", fields[5]),
         .maker = absl::StrCat("maker-", fields[1])});
  }
  gzclose(file);
  if (!products.empty()) products.erase(products.begin());
  return products;
}

std::vector<Product> MakeProducts() {
  std::vector<Product> products;
  for (int i = 0; i < kMadeUp; ++i) {
    products.push_back(
        {.sku = absl::StrCat(100'000 + i),
         .category = absl::StrCat("DEPARTMENT ", i % 31, "/CATEGORY ", i % 303,
                                  "/TYPE ", i % 2377),
         .maker = absl::StrCat("maker-", i % 6471)});
  }
  return products;
}

}  // namespace

Range LoadProducts() {
  Range range{.products = ReadProducts(), .source = "The Complete Journey"};
  if (range.products.empty()) {
    range = {.products = MakeProducts(), .source = "made up"};
  }
  return range;
}

}  // namespace pistis::bench
