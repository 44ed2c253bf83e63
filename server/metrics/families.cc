#include "server/metrics/families.h"

#include <cmath>
#include <limits>
#include <utility>

namespace pistis::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

MetricFamily Empty(std::string name, std::string help, MetricType type) {
  return {.name = std::move(name), .help = std::move(help), .type = type};
}

}  // namespace

MetricFamily CounterFamily(std::string name, std::string help) {
  return Empty(std::move(name), std::move(help), MetricType::Counter);
}

MetricFamily GaugeFamily(std::string name, std::string help) {
  return Empty(std::move(name), std::move(help), MetricType::Gauge);
}

MetricFamily HistogramFamily(std::string name, std::string help) {
  return Empty(std::move(name), std::move(help), MetricType::Histogram);
}

void Add(MetricFamily& family, double value, Labels labels) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  if (family.type == MetricType::Counter) {
    metric.counter.value = value;
  } else {
    metric.gauge.value = value;
  }
}

void Add(MetricFamily& family, const HistogramCounts& counts,
         const HistogramScale& scale, Labels labels) {
  ClientMetric& metric = family.metric.emplace_back();
  metric.label = std::move(labels);
  uint64_t seen = 0;
  for (size_t i = 0; i < kHistogramBuckets; ++i) {
    seen += static_cast<uint64_t>(counts.buckets[i]);
    if (i < scale.first_bucket) continue;
    const bool is_last = i + 1 == kHistogramBuckets;
    metric.histogram.bucket.push_back(
        {.cumulative_count = seen,
         .upper_bound = is_last ? std::numeric_limits<double>::infinity()
                                : std::ldexp(scale.unit, static_cast<int>(i))});
  }
  metric.histogram.sample_count = seen;
  metric.histogram.sample_sum = static_cast<double>(counts.sum) * scale.unit;
}

MetricFamily OneCounter(std::string name, std::string help, double value) {
  MetricFamily family = CounterFamily(std::move(name), std::move(help));
  Add(family, value);
  return family;
}

MetricFamily OneGauge(std::string name, std::string help, double value) {
  MetricFamily family = GaugeFamily(std::move(name), std::move(help));
  Add(family, value);
  return family;
}

MetricFamily OneHistogram(std::string name, std::string help,
                          const HistogramCounts& counts,
                          const HistogramScale& scale) {
  MetricFamily family = HistogramFamily(std::move(name), std::move(help));
  Add(family, counts, scale);
  return family;
}

}  // namespace pistis::server
