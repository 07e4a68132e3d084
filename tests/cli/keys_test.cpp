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

TEST(Keys, TokensHaveNamesScopesAndEnds) {
  const Workplace work;
  const Ran made = work.sh("tessera tokens make --name dashboard --scopes 'read, identified' --expires '90 days'");
  ASSERT_EQ(made.code, 0) << made.err;
  EXPECT_TRUE(made.out.starts_with("tsk_")) << made.out;
  EXPECT_EQ(work.sh("tessera keys add --admin").code, 0);
  const Ran list = work.sh("tessera --format csv tokens list");
  EXPECT_NE(list.out.find("dashboard,\"read,identified\",sha256:"), std::string::npos) << list.out;
  EXPECT_NE(list.out.find("\nadmin,admin,sha256:"), std::string::npos) << list.out;
  // Names tell who did what, so one in force is there once.
  EXPECT_EQ(work.sh("tessera tokens make --name dashboard --scopes admin").code, 1);
  EXPECT_EQ(work.sh("tessera tokens revoke dashboard").code, 0);
  EXPECT_EQ(work.sh("tessera tokens revoke dashboard").code, 1);
  EXPECT_EQ(work.sh("tessera tokens make --name dashboard --scopes source:web-shop").code, 0);
  const Ran last = work.sh("tessera tokens revoke admin");
  EXPECT_EQ(last.code, 0);
  EXPECT_NE(last.err.find("no admin token is in force any more"), std::string::npos) << last.err;
}

TEST(Keys, WrongTokensAreNotMade) {
  const Workplace work;
  for (const char* const words :
       {"--scopes read", "--name x", "--name x --scopes ''", "--name x --scopes all", "--name x --scopes source:",
        "--name x --scopes source:,read", "--name '' --scopes read", "--name '$admin' --scopes read",
        "--name x --scopes read --expires 2020-01-01", "--name x --scopes read --expires '0 days'",
        "--name x --scopes read --expires soon", "--name x --scopes read --expires '9000 years'"})
    EXPECT_EQ(work.sh(std::string("tessera tokens make ") + words).code, 2) << words;
  EXPECT_EQ(work.sh("tessera tokens list").code, 1);  // no record was made for any of them
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
