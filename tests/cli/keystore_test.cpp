// Secrets lie beside the record: no SQL reads them, no byte of the record has them, and record and keystore are a pair.
#include <fstream>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/program.hpp"
#include "cli/serving.hpp"
#include "core/json.hpp"

namespace tessera::cli {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

const std::string kKept = TESSERA_SOURCE_DIR "/tests/cli/upgrade/before/0.1.0/";

std::string bytes_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string secret_in(const Workplace& work, const std::string& keystore, std::string_view name) {
  const auto json = parse_json(work.read(keystore));
  for (const auto& [each, value] : *json->find("secrets")->as_object())
    if (each.starts_with(name)) return value.text_or("");
  return {};
}

// The finding: read_blob of the write-ahead log gave a webhook's secret and a write key.
TEST(KeystoreTest, NoSqlReadsASecretByAnyRoad) {
  const Workplace work;
  Serving server(work.path("r.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const auto made = server.ask("POST", "/api/v1/webhooks", R"({"url":"https://example.org/x"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const std::string webhook = parse_json(made.body)->find("secret")->text_or("");
  ASSERT_TRUE(webhook.starts_with("whsec_")) << made.body;
  const std::string keys = bytes_of(work.path("r.duckdb.keys"));
  for (const std::string& secret : {webhook, server.key()}) {
    EXPECT_THAT(keys, HasSubstr(secret));
    for (const char* const file : {"r.duckdb", "r.duckdb.wal"})
      EXPECT_THAT(bytes_of(work.path(file)), Not(HasSubstr(secret))) << file;
  }
  const std::string at = fmt::format("tessera --store http://127.0.0.1:{} ", server.port());
  const std::string store = work.path("r.duckdb").string();
  for (const std::string& sql :
       {"SELECT content::VARCHAR FROM read_blob('" + store + ".wal')",
        "SELECT content::VARCHAR FROM read_blob('" + store + "')", "SELECT * FROM read_text('" + store + ".keys')",
        "SELECT content FROM read_blob('" + store + ".keys')", std::string("SELECT * FROM tessera.webhook"),
        std::string("SELECT * FROM tessera.meta"), std::string("SELECT * FROM tessera.source"),
        std::string("SELECT * FROM pragma_storage_info('tessera.webhook')"), "SELECT * FROM glob('" + store + "*')"}) {
    const Ran ran = work.sh(at + "--format json sql \"" + sql + "\"");
    for (const std::string& secret : {webhook.substr(6, 20), server.key().substr(3, 12)})
      EXPECT_THAT(ran.out + ran.err, Not(HasSubstr(secret))) << sql;
  }
  // It survives a kill, and signs after it.
  server.kill();
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(server.ask("POST", "/v1/track?writeKey=" + server.key(), R"({"userId":"a","event":"X"})")
                .head.find("X-Tessera-Warning"),
            std::string::npos);
  EXPECT_THAT(server.ask("GET", "/api/v1/webhooks").body, Not(HasSubstr("keystore")));
  // A key that is taken back is not in it any more than in the record.
  EXPECT_EQ(server.ask("DELETE", "/api/v1/webhooks/" + parse_json(made.body)->find("id")->text_or("")).status, 200);
  EXPECT_THAT(bytes_of(work.path("r.duckdb.keys")), Not(HasSubstr(webhook)));
}

// A record that a server of version 0.1 left, with a write key in it.
TEST(KeystoreTest, ARecordOfBeforeGivesUpItsSecretsToTheLastByte) {
  const Workplace work;
  ASSERT_EQ(work.sh("tar -xzf " + kKept + "served.tar.gz").code, 0);
  const Ran first = work.sh("tessera --store record.duckdb doctor");
  EXPECT_EQ(first.code, 0) << first.out << first.err;
  EXPECT_THAT(first.out, HasSubstr("its keystore lies beside it"));
  const std::string key = secret_in(work, "record.duckdb.keys", "write_key/"),
                    pseudonyms = secret_in(work, "record.duckdb.keys", "pseudonym_key");
  ASSERT_TRUE(key.starts_with("wk_")) << work.read("record.duckdb.keys");
  EXPECT_EQ(pseudonyms.size(), 64U);
  for (const auto& entry : fs::directory_iterator(work.path(""))) {
    const std::string name = entry.path().filename().string();
    if (!name.starts_with("record.duckdb") || name == "record.duckdb.keys" || entry.is_directory()) continue;
    EXPECT_THAT(bytes_of(entry.path()), Not(HasSubstr(key))) << name;
    EXPECT_THAT(bytes_of(entry.path()), Not(HasSubstr(pseudonyms))) << name;
  }
  EXPECT_THAT(work.sh("tessera --store record.duckdb keys list").out, HasSubstr(key));
  EXPECT_THAT(work.sh("tessera --store record.duckdb audit verify").err, HasSubstr("whole"));
}

// Whatever step was the last one before the power went: the next opening goes on, with the same key.
TEST(KeystoreTest, AMoveThatWasCutOffIsTakenUp) {
  const auto old = [](const Workplace& work) {
    return work.sh("gunzip -c " + kKept + "record.duckdb.gz > a.duckdb").code == 0;
  };
  const auto doctor = [](const Workplace& work) {
    const Ran ran = work.sh("tessera --store a.duckdb doctor");
    EXPECT_EQ(ran.code, 0) << ran.out << ran.err;
  };
  const Workplace whole;
  ASSERT_TRUE(old(whole));
  doctor(whole);
  const std::string key = secret_in(whole, "a.duckdb.keys", "pseudonym_key");
  const std::string keystore = whole.read("a.duckdb.keys");
  {
    SCOPED_TRACE("the keystore was written, the record not");
    const Workplace work;
    ASSERT_TRUE(old(work));
    work.write("a.duckdb.keys", keystore);
    doctor(work);
    EXPECT_EQ(secret_in(work, "a.duckdb.keys", "pseudonym_key"), key);
    EXPECT_EQ(work.sh("ls a.duckdb.keys.before-* 2>/dev/null").out, "");
  }
  {
    SCOPED_TRACE("half of the keystore under its first name, and half of the rewritten record");
    const Workplace work;
    ASSERT_TRUE(old(work));
    work.write("a.duckdb.keys.part-1", keystore.substr(0, 20));
    work.write("a.duckdb.rewritten", "half a record");
    work.write("a.duckdb.rewritten.wal", "half a log");
    doctor(work);
    EXPECT_EQ(secret_in(work, "a.duckdb.keys", "pseudonym_key"), key);
    EXPECT_FALSE(fs::exists(work.path("a.duckdb.rewritten")));
  }
  {
    SCOPED_TRACE("another record's keystore lies there: it is moved aside, not lost");
    const Workplace work;
    ASSERT_TRUE(old(work));
    ASSERT_EQ(work.sh("tessera --store b.duckdb keys add web && mv b.duckdb.keys a.duckdb.keys").code, 0);
    const std::string others = work.read("a.duckdb.keys");
    doctor(work);
    EXPECT_EQ(secret_in(work, "a.duckdb.keys", "pseudonym_key"), key);
    EXPECT_EQ(work.sh("cat a.duckdb.keys.before-*").out, others);
  }
}

TEST(KeystoreTest, ABackupIsTwoFiles) {
  const Workplace work;
  const Ran made = work.sh("tessera --store a.duckdb keys add web");
  ASSERT_EQ(made.code, 0) << made.err;
  const std::string key = made.out.substr(0, made.out.find('\n'));
  ASSERT_EQ(work.sh("tessera --store a.duckdb backup copy.duckdb").code, 0);
  EXPECT_EQ(work.read("copy.duckdb.keys"), work.read("a.duckdb.keys"));
  EXPECT_EQ(work.sh("tessera --store a.duckdb backup copy.duckdb").code, 1);
  const Ran restored = work.sh("tessera --store b.duckdb restore copy.duckdb");
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.err, Not(HasSubstr("keystore")));
  EXPECT_THAT(work.sh("tessera --store b.duckdb keys list").out, HasSubstr(key));
  // Of a running server as well.
  Serving server(work.path("b.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const Ran there = work.sh(fmt::format("tessera --store http://127.0.0.1:{} backup there.duckdb", server.port()));
  EXPECT_EQ(there.code, 0) << there.err;
  EXPECT_THAT(work.read("there.duckdb.keys"), HasSubstr(key));
  EXPECT_EQ(work.sh("ls b.duckdb.backup-* 2>/dev/null").out, "");
}

TEST(KeystoreTest, WithoutItNothingIsRecordedUntilSomebodyDecides) {
  const Workplace work;
  Serving server(work.path("a.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  ASSERT_EQ(server.ask("POST", "/api/v1/webhooks", R"({"url":"https://example.org/x"})").status, 201);
  const std::string write_key = server.key();
  ASSERT_EQ(server.ask("POST", "/v1/track?writeKey=" + write_key, R"({"userId":"a","event":"X"})").status, 200);
  ASSERT_EQ(server.stop(), 0);
  ASSERT_EQ(work.sh("tessera --store a.duckdb backup copy.duckdb && rm copy.duckdb.keys").code, 0);
  const Ran restored = work.sh("tessera --store b.duckdb restore copy.duckdb");
  EXPECT_EQ(restored.code, 0) << restored.err;
  EXPECT_THAT(restored.err, HasSubstr("did not come with it"));
  // It can be read, and says what is wrong; nothing is written to it.
  EXPECT_EQ(work.sh("tessera --store b.duckdb sql 'SELECT 1 AS a'").code, 0);
  const Ran doctor = work.sh("tessera --store b.duckdb doctor");
  EXPECT_EQ(doctor.code, 1);
  EXPECT_THAT(doctor.out, HasSubstr("keystore new"));
  EXPECT_EQ(work.sh("tessera --store b.duckdb keys add shop").code, 1);
  // A server opens it: it answers, records nothing and says so; webhooks are disabled.
  {
    Serving stopped(work.path("b.duckdb"));
    stopped.start();
    ASSERT_TRUE(stopped.is_up()) << stopped.errors();
    EXPECT_THAT(stopped.errors(), AllOf(HasSubstr("recording stopped"), HasSubstr("keystore new")));
    const auto ask = [&](std::string_view method, std::string_view target, std::string_view body = {}) {
      http::Raw raw(stopped.port());
      raw.send(request(method, target, body, fmt::format("Authorization: Bearer {}\r\n", server.token())));
      return raw.answer();
    };
    const auto refused = ask("POST", "/v1/track?writeKey=" + write_key, R"({"userId":"b","event":"X"})");
    EXPECT_EQ(refused.status, 503) << "senders keep it and send it again";
    EXPECT_EQ(ask("GET", "/readyz").status, 503);
    EXPECT_THAT(ask("GET", "/readyz").body, HasSubstr("recording stopped"));
    EXPECT_EQ(ask("GET", "/healthz").status, 200);
    EXPECT_THAT(ask("GET", "/api/v1/status").body, HasSubstr(R"("recording_stopped":"the record's keystore)"));
    EXPECT_THAT(ask("GET", "/metrics").body, HasSubstr("tessera_engine_recording_stopped 1"));
    EXPECT_THAT(ask("GET", "/api/v1/customers/a").body, HasSubstr(R"("user id":1)")) << "it answers";
    EXPECT_THAT(ask("GET", "/api/v1/webhooks").body, HasSubstr("keystore"));
    for (const auto& [method, target, body] :
         {std::tuple{"PUT", "/api/v1/segments", "segment \"S\" = did \"X\""},
          std::tuple{"POST", "/api/v1/rulings", R"({"ruling":"mark","who":"a","as":"bot"})"},
          std::tuple{"POST", "/api/v1/imports?map=customer=who,time=at,event=what&yes",
                     "who,at,what\na,2026-01-01,X\n"}})
      EXPECT_THAT(ask(method, target, body).body, HasSubstr("keystore new")) << target;
    EXPECT_EQ(stopped.stop(), 0);
  }
  // Another record's is not its own.
  ASSERT_EQ(work.sh("tessera --store c.duckdb keys add web && cp c.duckdb.keys b.duckdb.keys").code, 0);
  EXPECT_THAT(work.sh("tessera --store b.duckdb keys add shop").err, HasSubstr("another record's"));
  // It is decided.
  const Ran decided = work.sh("tessera --store b.duckdb keystore new");
  EXPECT_EQ(decided.code, 0) << decided.err;
  EXPECT_EQ(work.sh("tessera --store b.duckdb keystore new").code, 1);
  EXPECT_EQ(work.sh("tessera --store b.duckdb doctor").code, 0);
  Serving again(work.path("b.duckdb"));
  again.start();
  ASSERT_TRUE(again.is_up()) << again.errors();
  const auto taken = again.ask("POST", "/v1/track?writeKey=" + write_key, R"({"userId":"a","event":"X"})");
  EXPECT_EQ(taken.status, 200);
  EXPECT_THAT(taken.head, Not(HasSubstr("X-Tessera-Warning")));  // its hash is in the record
  http::Raw raw(again.port());
  raw.send(request("GET", "/api/v1/webhooks", {}, fmt::format("Authorization: Bearer {}\r\n", server.token())));
  EXPECT_THAT(raw.answer().body, HasSubstr("keystore"));
}

// What was acknowledged and not recorded yet stays in the log until the keystore is back.
TEST(KeystoreTest, LostBesideAnUnreadLogNobodyWaitsAndNothingIsLost) {
  const Workplace work;
  Serving server(work.path("a.duckdb"));
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  const std::string event = R"({"userId":"a","event":"X"})";
  ASSERT_EQ(server.ask("POST", "/v1/track?writeKey=" + server.key(), event).status, 200);
  server.kill();
  ASSERT_EQ(work.sh("mv a.duckdb.keys aside").code, 0);
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_THAT(server.ask("PUT", "/api/v1/segments", "segment \"S\" = did \"X\"").body, HasSubstr("keystore new"));
  EXPECT_EQ(server.stop(), 0) << server.errors();
  ASSERT_EQ(work.sh("mv aside a.duckdb.keys").code, 0);
  server.start();
  ASSERT_TRUE(server.is_up()) << server.errors();
  EXPECT_EQ(server.ask("GET", "/api/v1/customers/a").status, 200);
  EXPECT_EQ(server.stop(), 0);
}

}  // namespace
}  // namespace tessera::cli
