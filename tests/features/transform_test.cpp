#include "features/transform.hpp"

#include <fstream>
#include <sstream>

#include "core/random.hpp"
#include "core/time.hpp"

namespace tessera::features {
namespace {

TEST(YeoJohnson, ClosedForms) {
  EXPECT_DOUBLE_EQ(yeo_johnson(3, 1), 3);
  EXPECT_DOUBLE_EQ(yeo_johnson(-3, 1), -3);
  EXPECT_DOUBLE_EQ(yeo_johnson(3, 0), std::log(4.0));
  EXPECT_DOUBLE_EQ(yeo_johnson(-3, 2), -std::log(4.0));
  EXPECT_DOUBLE_EQ(yeo_johnson(3, 2), 7.5);
}

// A lognormal's logarithm is normal, so the power that straightens 1 + x is near 0; a normal stays as it is.
TEST(YeoJohnson, TheLikeliestPower) {
  Rng rng(5);
  std::vector<double> skewed, straight;
  for (int i = 0; i < 5000; ++i)
    skewed.push_back(std::exp(4 + rng.normal())), straight.push_back(50 + 3 * rng.normal());
  EXPECT_NEAR(fit_yeo_johnson(skewed), 0, 0.05);
  EXPECT_NEAR(fit_yeo_johnson(straight), 1, 0.5);
  EXPECT_DOUBLE_EQ(fit_yeo_johnson(std::vector<double>(100, 7.0)), 1);
}

std::vector<double> standardised(std::vector<double> values) {
  double mean = 0, squares = 0;
  for (const double x : values) mean += x / static_cast<double>(values.size());
  for (const double x : values) squares += (x - mean) * (x - mean) / static_cast<double>(values.size());
  for (double& x : values) x = (x - mean) / std::sqrt(squares);
  return values;
}

TEST(Humps, TwoCrowdsAreTwoAndTheirWidthIsTheirs) {
  Rng rng(6);
  std::vector<double> two, one;
  for (int i = 0; i < 4000; ++i) two.push_back((rng.chance(0.3) ? 10 : 0) + rng.normal()), one.push_back(rng.normal());
  const Humps found = find_humps(standardised(two));
  EXPECT_EQ(found.count, 2u);
  EXPECT_NEAR(found.width, 1 / std::sqrt(1 + 0.3 * 0.7 * 100), 0.02);
  EXPECT_EQ(find_humps(standardised(one)).count, 1u);
}

// Counts come in steps; steps are no crowds.
TEST(Humps, StepsAreNone) {
  Rng rng(7);
  std::vector<double> counts;
  for (int i = 0; i < 4000; ++i) counts.push_back(static_cast<double>(rng.poisson(2)));
  EXPECT_EQ(find_humps(standardised(counts)).count, 1u);
}

FeatureTable table_of(std::vector<FeatureColumn> columns) {
  FeatureTable table;
  table.columns = std::move(columns);
  return table;
}

// A share of few observations is pulled further than one of many, and towards everyone's.
TEST(Transform, SharesOfFewObservationsSayLess) {
  Rng rng(8);
  std::vector<double> shares, counts;
  for (int i = 0; i < 3000; ++i) {
    const double n = 2 + static_cast<double>(rng.below(30)), p = rng.uniform() < 0.5 ? 0.3 : 0.5;
    double k = 0;
    for (int j = 0; j < n; ++j) k += rng.chance(p);
    shares.push_back(k / n);
    counts.push_back(n);
  }
  shares[0] = shares[1] = 1;
  counts[0] = 2;
  counts[1] = 60;
  const FeatureTable table =
      table_of({{.feature = {.name = "share", .shape = Shape::Share, .of = "n"}, .values = shares},
                {.feature = {.name = "n", .shape = Shape::Count, .clusters = false}, .values = counts}});
  std::vector<uint32_t> rows(shares.size());
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const Transformed out = transform(table, rows);
  ASSERT_EQ(out.table.columns, 1u);
  EXPECT_GT(out.columns[0].prior, 5);
  EXPECT_LT(out.table.at(0, 0), 0.75 * out.table.at(1, 0));
}

TEST(Transform, UnknownTakesTheMiddleAndOneCustomerMakesNoGroup) {
  std::vector<double> values;
  Rng rng(9);
  for (int i = 0; i < 1000; ++i) values.push_back(std::exp(rng.normal()));
  values[3] = std::nan("");
  values[4] = 1e9;
  const FeatureTable table =
      table_of({{.feature = {.name = "x", .family = Family::Money, .shape = Shape::Money}, .values = values}});
  std::vector<uint32_t> rows(values.size());
  for (uint32_t i = 0; i < rows.size(); ++i) rows[i] = i;
  const Transformed out = transform(table, rows);
  EXPECT_EQ(out.columns[0].unknown, 1u);
  EXPECT_NEAR(out.table.at(3, 0), 0, 0.2);
  EXPECT_LE(out.table.at(4, 0), 3.0001);
}

// Powers of the CDNOW sample by scikit-learn's PowerTransformer: recency, frequency, money over 78 weeks.
TEST(YeoJohnson, PowersOfCdnow) {
  std::string path;
  for (const char* folder : {"/../shared/data/cdnow/", "/../../shared/data/cdnow/"})
    if (std::filesystem::exists(std::string(TESSERA_SOURCE_DIR) + folder + "CDNOW_sample.txt"))
      path = std::string(TESSERA_SOURCE_DIR) + folder + "CDNOW_sample.txt";
  if (path.empty()) GTEST_SKIP() << "../shared/data/cdnow/CDNOW_sample.txt is not there";
  std::ifstream in(path);
  struct Buyer {
    int64_t last = 0;
    double orders = 0, money = 0;
  };
  std::map<std::string, Buyer> buyers;
  std::string line;
  while (std::getline(in, line)) {
    std::istringstream words(line);
    std::string master, id, date;
    double discs, amount;
    if (!(words >> master >> id >> date >> discs >> amount)) continue;
    Buyer& buyer = buyers[id];
    const CivilTime day{std::stoi(date.substr(0, 4)), std::stoi(date.substr(4, 2)), std::stoi(date.substr(6, 2))};
    const int64_t at = instant_of(day).ms / kDay.ms;
    // Two lines of one day are one purchase; the file is in order.
    buyer.orders += at != buyer.last;
    buyer.last = at;
    buyer.money += amount;
  }
  ASSERT_EQ(buyers.size(), 2357u);
  std::vector<double> recency, frequency, money;
  const int64_t end = instant_of({1998, 6, 30}).ms / kDay.ms;
  double sum = 0;
  for (const auto& [id, buyer] : buyers) {
    recency.push_back(static_cast<double>(end - buyer.last));
    frequency.push_back(buyer.orders);
    money.push_back(buyer.money);
    sum += recency.back();
  }
  fmt::print("CDNOW powers: recency {:.5f} (sum {}), frequency {:.5f}, money {:.5f}\n", fit_yeo_johnson(recency), sum,
             fit_yeo_johnson(frequency), fit_yeo_johnson(money));
  EXPECT_NEAR(fit_yeo_johnson(frequency), -1.39797956, 1e-4);
  EXPECT_NEAR(fit_yeo_johnson(money), -0.12769219, 1e-4);
  EXPECT_EQ(sum, 875'776);
  EXPECT_NEAR(fit_yeo_johnson(recency), 1.24215129, 1e-4);
}

}  // namespace
}  // namespace tessera::features
