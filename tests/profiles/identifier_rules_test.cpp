// What a customer is known by: which identifiers may join, and which are shown themselves.
#include "profiles/identifier_rules.hpp"

#include "store/record.hpp"

namespace tessera::profiles {
namespace {

// The view of customers says by a regular expression what the program says by hand.
TEST(Identifiers, AContactIsOneToTheRecordToo) {
  const std::pair<std::string_view, bool> kCases[] = {{"ann@example.org", true},
                                                      {"ann@shop", false},
                                                      {"@ann", false},
                                                      {"a@b@c.de", false},
                                                      {"a b@c.de", false},
                                                      {"ann@.org", false},
                                                      {"ann@a..b", true},
                                                      {"ann@a.", false},
                                                      {"jörg@müller.de", true},
                                                      {"+491712345678", true},
                                                      {"+49 171 2345678", true},
                                                      {"+49", false},
                                                      {"tel:+49-171-23", true},
                                                      {"tel:0171", false},
                                                      {"0171 2345678", true},
                                                      {"0171/2345678", true},
                                                      {"01712345678", false},
                                                      {"0000012345", false},
                                                      {"17850", false},
                                                      {"(030) 123456", true},
                                                      {"(0) 123456", false},
                                                      {"24-14934-88735", false},
                                                      {"u1", false},
                                                      {"+1abc5678", false},
                                                      {"0171 234x678", false},
                                                      {"01-02-2024", true},
                                                      {"2024-01-02", false},
                                                      {"", false}};
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record);
  int64_t profile = 0;
  for (const auto& [value, is_one] : kCases) {
    EXPECT_EQ(is_contact(value), is_one) << value;
    ASSERT_TRUE((*record)->connection().run("INSERT INTO tessera.identity VALUES (?, 1, ?, 'c-' || ?::VARCHAR)",
                                            {profile, value, profile}));
    const auto shown = (*record)->connection().text("SELECT customer FROM tessera.person WHERE profile = ?", {profile});
    EXPECT_EQ(shown->value_or("none"), is_one ? fmt::format("c-{}", profile) : std::string(value)) << value;
    const auto in_sql = (*record)->connection().text(
        fmt::format("SELECT {} FROM tessera.identity i WHERE profile = ?", shown_sql("i")), {profile});
    EXPECT_EQ(in_sql->value_or("none"), shown->value_or("none")) << value;
    ++profile;
  }
}

TEST(Identifiers, ANumberOfNoCountryJoinsNobody) {
  const Identifier user{IdentifierKind::UserId, "u"}, known{IdentifierKind::Phone, "+491712345678"},
      unknown{IdentifierKind::Phone, "0171 2345678"}, device{IdentifierKind::AnonymousId, "d"};
  EXPECT_TRUE(may_join(user) && may_join(known) && may_join(device));
  EXPECT_FALSE(may_join(unknown));
  const std::vector<Identifier> both{unknown, device}, alone{unknown}, all{device, known, user};
  EXPECT_EQ(strongest_of(both).kind, IdentifierKind::AnonymousId);
  EXPECT_EQ(strongest_of(alone).kind, IdentifierKind::Phone);
  EXPECT_EQ(strongest_of(all).kind, IdentifierKind::UserId);
  EXPECT_EQ(identifier_of("phone:+49 (0)171 2345678")->value, "+491712345678");
  EXPECT_EQ(identifier_of("phone:0171 2345678")->value, "0171 2345678");
}

}  // namespace
}  // namespace tessera::profiles
