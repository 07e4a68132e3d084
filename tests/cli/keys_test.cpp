// Keys of a record: made, shown, revoked.
#include "cli/program.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

TEST(Keys, AreMadeListedAndRevoked) {
  const Workplace work;
  const Ran made = work.sh("tessera keys add web-shop");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with("wk_")) << made.out;
  EXPECT_NE(made.err.find("curl -u wk_"), std::string::npos) << made.err;
  const std::string key = made.out.substr(0, made.out.find('\n'));
  const Ran token = work.sh("tessera keys add --admin");
  EXPECT_TRUE(token.out.starts_with("tsk_")) << token.out;
  const Ran list = work.sh("tessera --format json keys list");
  const Json all = *parse_json(list.out);
  ASSERT_EQ(all.as_array()->size(), 2u);
  EXPECT_NE(list.out.find(key), std::string::npos);
  EXPECT_EQ(list.out.find(token.out.substr(0, 20)), std::string::npos);  // only its hash is kept
  EXPECT_EQ(work.sh("tessera keys revoke " + key).code, 0);
  EXPECT_EQ(work.sh("tessera keys revoke " + token.out.substr(0, token.out.find('\n'))).code, 0);
  EXPECT_EQ(work.sh("tessera --format json keys list").out.find("\"revoked\": null"), std::string::npos);
  EXPECT_EQ(work.sh("tessera keys revoke " + key).code, 1);
  EXPECT_EQ(work.sh("tessera keys revoke wk_none").code, 1);
}

TEST(Keys, WrongUsageSaysTheRight) {
  const Workplace work;
  EXPECT_EQ(work.sh("tessera keys add").code, 2);
  EXPECT_EQ(work.sh("tessera keys add web --admin").code, 2);
  EXPECT_EQ(work.sh("tessera keys add '$admin'").code, 2);
  EXPECT_EQ(work.sh("tessera keys add ''").code, 2);
  EXPECT_EQ(work.sh("tessera keys list").code, 1);  // there is no record
}

}  // namespace
}  // namespace tessera::cli
