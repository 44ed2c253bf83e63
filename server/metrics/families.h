// Metrics in the form in which prometheus-cpp writes them out.
#ifndef PISTIS_SERVER_METRICS_FAMILIES_H_
#define PISTIS_SERVER_METRICS_FAMILIES_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

#include "engine/base/histogram.h"
#include "prometheus/client_metric.h"
#include "prometheus/metric_family.h"

namespace pistis::server {

using Families = std::vector<prometheus::MetricFamily>;
using Labels = std::vector<prometheus::ClientMetric::Label>;

// A family without metrics yet; the name and its help belong together and are
// said once.
[[nodiscard]] prometheus::MetricFamily CounterFamily(std::string name,
                                                     std::string help);
[[nodiscard]] prometheus::MetricFamily GaugeFamily(std::string name,
                                                   std::string help);
[[nodiscard]] prometheus::MetricFamily HistogramFamily(std::string name,
                                                       std::string help);

// Adds one counter or gauge to its family. Beyond 2^53 the last digits go: this
// is for watching, not for books.
void Add(prometheus::MetricFamily& family, double value, Labels labels = {});

// What one counted thing comes to in the metric's unit, and the first bucket
// that is shown; what lies below is in it.
struct HistogramScale {
  double unit = 1;
  size_t first_bucket = 0;
};
// Microseconds as seconds, from 64 microseconds on.
inline constexpr HistogramScale kMicroseconds{.unit = 1e-6, .first_bucket = 6};

void Add(prometheus::MetricFamily& family, const HistogramCounts& counts,
         const HistogramScale& scale, Labels labels = {});

// A family of a single counter or gauge.
[[nodiscard]] prometheus::MetricFamily OneCounter(std::string name,
                                                  std::string help,
                                                  double value);
[[nodiscard]] prometheus::MetricFamily OneGauge(std::string name,
                                                std::string help, double value);
[[nodiscard]] prometheus::MetricFamily OneHistogram(
    std::string name, std::string help, const HistogramCounts& counts,
    const HistogramScale& scale);

}  // namespace pistis::server

#endif  // PISTIS_SERVER_METRICS_FAMILIES_H_
