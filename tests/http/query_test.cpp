#include "http/query.hpp"

namespace tessera::http {
namespace {

TEST(Query, PercentEncodingIsReadStrictly) {
  EXPECT_EQ(percent_decoded("a%20b%C3%A4+c"), "a bä+c");
  EXPECT_EQ(percent_decoded("a+b", true), "a b");
  for (const std::string_view bad : {"%", "%2", "%zz", "a%0", "%00", "%FF", "%C3"})
    EXPECT_EQ(percent_decoded(bad), std::nullopt) << bad;
}

TEST(Query, MembersComeInTheirOrderAndTheFirstCounts) {
  const Query query = Query::parse("a=1&b=%20x&a=2&c&=3&d=%ZZ&e=");
  EXPECT_EQ(query.get("a"), "1");
  EXPECT_EQ(query.get("b"), " x");
  EXPECT_EQ(query.get("c"), "");
  EXPECT_EQ(query.get("d"), std::nullopt);
  EXPECT_EQ(query.get("e"), "");
  EXPECT_EQ(query.members().size(), 5u);
}

TEST(Query, CredentialsAreReadFromTheirSchemes) {
  EXPECT_EQ(basic_user("Basic d2tfMTo="), "wk_1");
  EXPECT_EQ(basic_user("BASIC  d2tfMTpwdw=="), "wk_1");
  EXPECT_EQ(basic_user("Bearer x"), std::nullopt);
  EXPECT_EQ(basic_user("Basic"), std::nullopt);
  EXPECT_EQ(basic_user("Basic !"), std::nullopt);
  EXPECT_EQ(bearer_token("bearer abc"), "abc");
  EXPECT_EQ(bearer_token("Bearer "), std::nullopt);
}

TEST(Query, PathsAreMatchedPartByPart) {
  EXPECT_TRUE(match_path("/v1/{call}", "/v1/track"));
  EXPECT_EQ(match_path("/a/{x}/b/{y}", "/a/1%2F2/b/%C3%A4")->at(0), "1/2");
  EXPECT_EQ(match_path("/a/{x}/b/{y}", "/a/1%2F2/b/%C3%A4")->at(1), "ä");
  for (const std::string_view bad :
       {"/v1", "/v1/", "/v1/a/b", "/V1/track", "v1/track", "/v1/%", "//v1/track", "/v1/track/"})
    EXPECT_FALSE(match_path("/v1/{call}", bad)) << bad;
}

TEST(Query, NamesWithDotsAreNested) {
  EXPECT_EQ(nested(Query::parse("a.b.c=1&a.b.d=2&e=3&a.f=4&e.g=5&..=6&a..b=7&x.1.2.3.4.5.6.7.8=9")).dump(),
            R"({"a":{"b":{"c":"1","d":"2"},"f":"4"},"e":"3"})");
}

}  // namespace
}  // namespace tessera::http
