#include <atomic>
#include <latch>
#include <thread>

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/parallel.hpp"
#include "core/random.hpp"
#include "core/text.hpp"

namespace tessera {
namespace {

TEST(Text, NearestName) {
  const std::vector<std::string> names{"Order Completed", "Order Refunded", "Product Viewed"};
  EXPECT_EQ(nearest_name("Order Complete", names), "Order Completed");
  EXPECT_EQ(nearest_name("banana", names), std::nullopt);
}

TEST(Text, InvalidUtf8IsFoundAndRepaired) {
  EXPECT_EQ(first_invalid_utf8("caf\xC3\xA9"), std::nullopt);
  EXPECT_EQ(first_invalid_utf8("caf\xE9!"), 3u);
  EXPECT_EQ(repair_utf8("caf\xE9!"), "caf\xEF\xBF\xBD!");
  EXPECT_EQ(fold_case("ÄÖÜ ΩМир"), "äöü ωмир");
}

// Texts of a few letters, so that many pairs fold to the same.
TEST(Text, FoldingAsOneReadsIsFoldingAndComparing) {
  const std::string_view letters[] = {"a", "A", "é", "É", "Я", "я", "ſ", "\xC3", "\xE9", "-", "\xE2\x82\xAC", "Ÿ", "ÿ"};
  Rng rng(3);
  const auto text = [&] {
    std::string out;
    for (uint64_t n = rng.below(4); n > 0; --n) out += letters[rng.below(std::size(letters))];
    return out;
  };
  size_t same = 0;
  for (int i = 0; i < 20'000; ++i) {
    const std::string a = text(), b = fold_case(text());
    ASSERT_EQ(folds_to(a, b), fold_case(a) == b) << a << " " << b;
    same += folds_to(a, b);
  }
  EXPECT_GT(same, 500u);
}

TEST(Text, APlainLineIsOneAndTurnsNothing) {
  EXPECT_EQ(plain_line("Ann\n# B\x1b[31m\x7f"), "Ann # B [31m ");
  EXPECT_EQ(plain_line("a\xE2\x80\xAE"
                       "b\xE2\x81\xA6"
                       "c\xE2\x80\xA8"
                       "d"),
            "abcd");
  EXPECT_EQ(plain_line("Gr\xC3\xB6\xC3\x9F"
                       "e \xE2\x82\xAC"),
            "Gr\xC3\xB6\xC3\x9F"
            "e \xE2\x82\xAC");
  EXPECT_EQ(plain_line("a\xFF"), "a\xEF\xBF\xBD");
}

TEST(Json, KeepsOrderAndLiterals) {
  const auto json = parse_json(R"({"b":19.990,"a":[1,true,null,"x\ny"]})");
  ASSERT_TRUE(json);
  EXPECT_EQ(json->dump(), R"({"b":19.990,"a":[1,true,null,"x\ny"]})");
}

TEST(Json, ErrorsHaveAPlace) {
  const auto json = parse_json("{\n  \"a\": ]\n}", "x.json");
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().place.substr(0, 9), "x.json:2:");
  EXPECT_FALSE(parse_json(std::string(300, '[')));
}

TEST(Parallel, VisitsEachBlockOnce) {
  std::vector<std::atomic<int>> hits(10'007);
  parallel_for(hits.size(), 64, [&](size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) ++hits[i];
    parallel_for(3, 1, [](size_t, size_t) {});
  });
  for (const auto& hit : hits) ASSERT_EQ(hit, 1);
}

TEST(Parallel, AJobDoesNotWaitForAnothersEnd) {
  set_threads(2);
  std::latch is_held(2), is_let_go(1);
  std::thread other([&] {
    parallel_for(2, 1, [&](size_t, size_t) {
      is_held.count_down();
      is_let_go.wait();
    });
  });
  is_held.wait();  // that thread and the pool's are both busy
  std::atomic<size_t> done = 0;
  parallel_for(100, 1, [&](size_t from, size_t to) { done += to - from; });
  EXPECT_EQ(done, 100u);
  is_let_go.count_down();
  other.join();
  set_threads(0);
}

TEST(Hash, Sha256OfAbc) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Hash, StoredOnDiskSoItNeverChanges) {
  EXPECT_EQ(hash64("tessera"), hash64("tessera"));
}

}  // namespace
}  // namespace tessera
