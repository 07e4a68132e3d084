#include "cli/hostile_witnesses.hpp"

#include <gtest/gtest.h>

#include "profiles/doctor.hpp"
#include "profiles/tables.hpp"
#include "workspace/columns.hpp"

namespace tessera::cli {

namespace {

constexpr uint64_t kOrdersOfAUser = 50, kUsersAtATime = 5;  // few enough a minute for nobody to be taken for a bot

}  // namespace

// --- whoever sends as one should

const std::string& Sound::body() {
  if (!body_.empty()) return body_;
  ++sent_;
  total_ = Number::of(rng_.between(1, 30));
  user_ = fmt::format("sound{}", sent_ / kOrdersOfAUser + rng_.below(kUsersAtATime));
  plan_ = rng_.chance(0.3) ? rng_.chance(0.5) ? "pro" : "free" : "";
  body_ = fmt::format(
      R"({{"type":"track","userId":"{}","event":"Sound Order","messageId":"sound-{}","properties":{{"sound":{},"total":{}}}}})",
      user_, sent_, sent_, total_.text());
  if (!plan_.empty())
    body_ += fmt::format(
        R"(,{{"type":"identify","userId":"{}","messageId":"sound-plan-{}","traits":{{"sound_plan":"{}"}}}})", user_,
        sent_, plan_);
  body_ = "{\"batch\":[" + body_ + "]}";
  return body_;
}

void Sound::acknowledge() {
  User& user = users_[user_];
  ++user.orders;
  user.total.micros += total_.micros;
  if (!plan_.empty()) user.plan = plan_;
  body_.clear();
}

void Sound::expect(const Members& members) const {
  const auto is_in = [&](const char* segment, const std::string& user) {
    const auto found = members.find(segment);
    return found != members.end() && found->second.contains(user);
  };
  for (const auto& [name, user] : users_) {
    EXPECT_EQ(is_in("sound-regulars", name), user.orders >= 3) << name << " ordered " << user.orders << " times";
    EXPECT_EQ(is_in("sound-spenders", name), user.total > Number::of(50)) << name << " spent " << user.total.text();
    EXPECT_EQ(is_in("sound-pros", name), user.plan == "pro") << name << " is '" << user.plan << "'";
  }
}

// --- whoever reads the feed

void FeedReader::read(const Serving& server) {
  for (;;) {
    http::Raw raw(server.port());
    ASSERT_TRUE(raw.send(request("GET", "/api/v1/changes?limit=5000&after=" + after_)));
    raw.fill(60'000);
    const http::Answer answer = raw.answer();
    ASSERT_EQ(answer.status, 200) << answer.body;
    const Json page = parse_json(answer.body).value_or(Json());
    for (const Json& change : *page.find("changes")->as_array()) take(change);
    if (page.find("changes")->as_array()->empty()) return;
    after_ = page.find("next")->text_or("");
  }
}

void FeedReader::take(const Json& change) {
  ++changes_;
  if (change.find("change")->text_or("") == "merged") return;
  auto& of = members_[change.find("segment")->text_or("")];
  const std::string customer = change.find("customer")->text_or("");
  if (*change.find("is_member")->as_bool())
    of.insert(customer);
  else
    of.erase(customer);
}

// --- the record at rest

namespace {

// The numbers that rows have as this property, in a column or among what is rare.
void count_numbers(store::Connection& connection, const profiles::EventTable& table, const std::string& property,
                   std::map<uint64_t, int>& into) {
  const profiles::TableColumn* column = table.column(property, profiles::StoredType::Number, false);
  const std::string rare = fmt::format("CAST(extra->>'{}' AS BIGINT)", property);
  const std::string value = column ? fmt::format("coalesce(CAST({} AS BIGINT), {})", column->name, rare) : rare;
  const auto rows = connection.rows(
      fmt::format("SELECT n FROM (SELECT {} AS n FROM main.\"{}\") WHERE n IS NOT NULL", value, table.name));
  ASSERT_TRUE(rows.has_value()) << rows.error().text();
  for (const auto& row : *rows) ++into[std::stoull(*row[0])];
}

}  // namespace

void read_at_rest(const std::string& path, const Clock& clock, Instant as_of, AtRest& out) {
  workspace::FileHolder holder(path, clock, [](std::string_view) {});
  auto opened = workspace::open(holder, clock, {.as_of = as_of, .known_at = as_of});
  ASSERT_TRUE(opened.has_value()) << opened.error().text();
  const auto runnable = workspace::runnable_in_force(*opened);
  for (const auto& aside : runnable.aside) ADD_FAILURE() << "set aside: " << aside.text << "\n" << aside.why;
  const language::Program* const programs[] = {&runnable.program};
  const auto found = workspace::columns_of(*opened, programs);
  ASSERT_TRUE(found.has_value()) << found.error().text();
  for (const workspace::Column& column : found->columns[0]) {
    const auto members = workspace::sample_of(*found, column, column.count);
    out.batch[column.slug] = {members.begin(), members.end()};
  }
  auto& connection = opened->connection();
  const auto tables = profiles::EventTables::read(connection);
  ASSERT_TRUE(tables.has_value()) << tables.error().text();
  for (const profiles::EventTable& table : tables->all()) {
    count_numbers(connection, table, "n", out.numbers);
    if (table.event == "Sound Order") count_numbers(connection, table, "sound", out.sound);
  }
  const auto people =
      connection.rows("SELECT customer, value FROM tessera.person JOIN tessera.identity USING (profile)");
  ASSERT_TRUE(people.has_value()) << people.error().text();
  for (const auto& row : *people) out.identifiers[row[0].value_or("")].push_back(row[1].value_or(""));
  const auto twice = connection.rows(
      "SELECT log_offset, ordinal FROM tessera.change GROUP BY log_offset, ordinal HAVING count(*) > 1");
  ASSERT_TRUE(twice.has_value() && twice->empty()) << "a change is there twice";
  const auto findings = profiles::examine(*opened->record);
  ASSERT_TRUE(findings.has_value()) << findings.error().text();
  EXPECT_FALSE(profiles::has_problems(*findings)) << profiles::text_of(*findings);
}

}  // namespace tessera::cli
