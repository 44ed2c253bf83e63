// What a shop sells, for benchmarks.
#ifndef PISTIS_TESTS_BENCH_PRODUCTS_H_
#define PISTIS_TESTS_BENCH_PRODUCTS_H_

#include <string>
#include <vector>

namespace pistis::bench {

struct Product {
  std::string sku;
  // "GROCERY/SOFT DRINKS/COLA".
  std::string category;
  std::string maker;
};

struct Range {
  std::vector<Product> products;
  // Where they are from, for the reader of a table.
  std::string source;
};

// The products of The Complete Journey in the directory that
// PISTIS_SHARED_DATA names, or in ../shared/data beside the source tree; where
// they are not there, as many made up.
[[nodiscard]] Range LoadProducts();

}  // namespace pistis::bench

#endif  // PISTIS_TESTS_BENCH_PRODUCTS_H_
