// Reading numeric tables, hostile ones too, and what `tessera cluster` makes of them.
#include "cluster/table.hpp"

#include <fstream>

#include <unistd.h>
#include <zlib.h>

#include "cluster/cluster_table.hpp"
#include "cluster/test_data.hpp"
#include "core/random.hpp"

namespace tessera::cluster {
namespace {

using testing::HasSubstr;

std::vector<double> values_of(std::string_view text) {
  const auto table = parse_table(text, "t.csv");
  return table ? table->values.values : std::vector<double>{};
}

TEST(Table, LayoutsOfTheSameNumbers) {
  const std::vector<double> want{1.5, -2, 300, 4e-3};
  for (const char* text :
       {"1.5,-2\n300,4e-3\n", "1.5;-2\n300;4e-3", "1,5;-2\n300;0,004\n", "1.5\t-2\r\n300\t4e-3\r\n",
        "  1.5   -2 \n\n 300 4e-003\n", "a,b\n1.5,-2\n300,4e-3\n", "\"a, b\";c\n\"1.5\";-2\n300;4e-3\n",
        "\xEF\xBB\xBFx y\n1.5 -2\n300 4e-3\n", "# made by hand\n+1.5,-2\n# more\n300,.004\n"})
    EXPECT_EQ(values_of(text), want) << text;
}

TEST(Table, HeadersNameColumns) {
  EXPECT_EQ(parse_table("recency,\"spend, net\"\n1,2\n", "t")->columns,
            (std::vector<std::string>{"recency", "spend, net"}));
  EXPECT_EQ(parse_table("1,2\n", "t")->columns, (std::vector<std::string>{"column 1", "column 2"}));
}

struct Bad {
  std::string text, place, message;
};

TEST(Table, ErrorsHaveThePlaceTheValueAndARemedy) {
  for (const Bad& bad : {Bad{"", "t.csv", "empty"},
                         {"a,b\n", "t.csv", "header, but no rows"},
                         {"1,2\n3\n", "t.csv:2:1", "1 values here, 2 on the first line"},
                         {"a,b\n1,2\n3,x7\n", "t.csv:3:3", "'x7' of 'b' is not a number"},
                         {"a,b\n1,\n", "t.csv:2:3", "'b' has no value"},
                         {"a,b\n1,nan\n", "t.csv:2:3", "not a finite number"},
                         {"1 2\n3 inf\n", "t.csv:2:3", "not a finite number"},
                         {"a,b\n1,1e999\n", "t.csv:2:3", "not a number"},
                         {"a,b\n1,\"2\n", "t.csv:2:3", "quote"},
                         {std::string("1,2\n\0\0\n", 7), "t.csv:2:1", "zero byte"},
                         {"a,b\n1,\xFF\xFE\n", "t.csv:2:3", "is not a number"},
                         {"1.234.567;2\n1;2\n1,2,3;2\n", "t.csv:3:1", "is not a number"}}) {
    const auto table = parse_table(bad.text, "t.csv");
    ASSERT_FALSE(table) << bad.text;
    EXPECT_EQ(table.error().place, bad.place);
    EXPECT_THAT(table.error().message, HasSubstr(bad.message));
  }
  const auto wide = parse_table(std::string(kMaxTableColumns, ','), "t.csv");
  ASSERT_FALSE(wide);
  EXPECT_THAT(wide.error().message, HasSubstr("10001 columns; at most 10000"));
}

std::string scratch(const std::string& name) {
  return (std::filesystem::temp_directory_path() / fmt::format("tessera-table-{}-{}", getpid(), name)).string();
}

TEST(Table, FilesPlainPackedBrokenAndMissing) {
  std::string text = "a b\n";
  for (int i = 0; i < 200'000; ++i) text += fmt::format("{} {}\n", i, -i);  // several chunks of the reader
  const std::string plain = scratch("plain"), packed = scratch("packed.gz"), cut = scratch("cut.gz");
  std::ofstream(plain) << text;
  const gzFile file = gzopen(packed.c_str(), "wb");
  gzwrite(file, text.data(), static_cast<unsigned>(text.size()));
  gzclose(file);
  const auto from_plain = read_table(plain), from_packed = read_table(packed);
  ASSERT_TRUE(from_plain && from_packed);
  EXPECT_EQ(from_plain->values.rows, 200'000u);
  EXPECT_EQ(from_plain->values, from_packed->values);
  std::filesystem::copy_file(packed, cut, std::filesystem::copy_options::overwrite_existing);
  std::filesystem::resize_file(cut, std::filesystem::file_size(cut) / 2);
  const auto broken = read_table(cut);
  ASSERT_FALSE(broken);
  EXPECT_THAT(broken.error().text(), HasSubstr("gzip -t"));
  const auto missing = read_table(plain + ".missing");
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().message, HasSubstr("No such file"));
  EXPECT_FALSE(read_table(std::filesystem::temp_directory_path().string()));  // a folder
  for (const std::string& path : {plain, packed, cut}) std::filesystem::remove(path);
}

TEST(ClusterTable, ScalesExplainsAndCounts) {
  std::string text = "spend,visits,same\n";
  Rng rng(2);
  for (int i = 0; i < 600; ++i)
    text += fmt::format("{},{},7\n", (i % 3) * 10000 + 500 * rng.normal(), (i % 3 == 1) * 8 + rng.normal());
  const auto table = parse_table(text, "shop.csv");
  const auto result = cluster_table(*table, {}, Scale::Standard);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->clustering.k, 3u) << result->clustering.chosen_by;
  EXPECT_THAT(result->notes, testing::ElementsAre(HasSubstr("'same' is the same in every row")));
  std::vector<double> spend;
  for (size_t c = 0; c < 3; ++c) spend.push_back(result->clustering.centroids.at(c, 0));
  std::ranges::sort(spend);
  EXPECT_NEAR(spend[2], 20000, 200);  // in the table's own scale
  EXPECT_EQ(std::ranges::count(labels_text(result->clustering), '\n'), 600);
  const Json json = json_of(*result);
  EXPECT_EQ(json.find("k")->number_or(0), 3);
  EXPECT_EQ(json.find("clusters")->as_array()->size(), 3u);
  EXPECT_EQ(json.find("quality")->find("silhouette")->number_or(0), result->clustering.quality.silhouette);
  EXPECT_FALSE(json.find("candidates")->as_array()->empty());
  EXPECT_THAT(text_of(*result), HasSubstr("k = 3: 3 natural groups"));
}

TEST(ClusterTable, OptionsAndErrorsInWords) {
  EXPECT_EQ(*parse_cluster_count("auto"), 0u);
  EXPECT_EQ(*parse_cluster_count("12"), 12u);
  for (const char* text : {"0", "-3", "x", "", "3.5", "99999999999999999999999"}) {
    const auto k = parse_cluster_count(text);
    ASSERT_FALSE(k) << text;
    EXPECT_EQ(k.error().blame, Blame::Usage);
  }
  EXPECT_EQ(*parse_scale("standard"), Scale::Standard);
  EXPECT_FALSE(parse_scale("z"));
  const auto result = cluster_table(*parse_table("1,2\n1e200,3\n", "far.csv"), {.k = 1}, Scale::None);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().place, "far.csv");
}

TEST(ClusterTable, LabelsAreWrittenWholeOrNotAtAll) {
  const auto result = cluster_table(*parse_table("1\n1\n9\n", "t"), {.k = 2}, Scale::None);
  const std::string path = scratch("labels");
  ASSERT_TRUE(write_labels(result->clustering, path));
  std::ifstream file(path);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "0\n0\n1\n");
  std::filesystem::remove(path);
  EXPECT_FALSE(write_labels(result->clustering, path + "/no/such/folder"));
  EXPECT_FALSE(std::filesystem::exists(path + ".part"));
}

}  // namespace
}  // namespace tessera::cluster
