#include "lab/judge/histogram.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/random.hpp"

namespace sportapp::lab {
namespace {

TEST(HistogramTest, QuantilesAreThoseOfTheValuesToWithinAStep) {
  Random random(5);
  Histogram histogram;
  std::vector<std::int64_t> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(random.below(std::int64_t{1} << random.between(1, 30)));
    histogram.add(values.back());
  }
  std::sort(values.begin(), values.end());
  for (const double part : {0.0, 0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank =
        std::min(values.size() - 1, static_cast<std::size_t>(part * static_cast<double>(values.size())));
    const auto exact = values[rank];
    EXPECT_GE(histogram.quantile_us(part), exact) << part;
    EXPECT_LE(static_cast<double>(histogram.quantile_us(part)), static_cast<double>(exact) * 1.032 + 1)
        << part;
  }
  EXPECT_EQ(histogram.max_us(), values.back());
  EXPECT_EQ(histogram.count(), 20'000);
}

TEST(HistogramTest, WhatIsAboveAValue) {
  Histogram histogram;
  for (std::int64_t us = 0; us < 10'000; ++us) histogram.add(us);
  EXPECT_NEAR(static_cast<double>(histogram.above(5000)), 5000, 160);
  EXPECT_EQ(histogram.above(9999), 0);
  EXPECT_EQ(histogram.above(1'000'000), 0);
  EXPECT_EQ(histogram.above(9), 9990);
}

TEST(HistogramTest, NothingAndWhatIsOutOfRange) {
  Histogram histogram;
  EXPECT_EQ(histogram.quantile_us(0.5), 0);
  EXPECT_TRUE(histogram.coarse().empty());
  histogram.add(-5);
  histogram.add(std::int64_t{1} << 60);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.quantile_us(0), 0);
}

TEST(HistogramTest, TheCoarseOneHasEveryValueAndRisingEnds) {
  Random random(6);
  Histogram histogram;
  for (int i = 0; i < 5000; ++i) histogram.add(random.below(1'000'000));
  std::int64_t count = 0, last = -1;
  for (const auto& [upper_us, in_it] : histogram.coarse()) {
    EXPECT_GT(upper_us, last);
    last = upper_us;
    count += in_it;
  }
  EXPECT_EQ(count, 5000);
  EXPECT_LT(histogram.coarse().size(), 120U);
}

}  // namespace
}  // namespace sportapp::lab
