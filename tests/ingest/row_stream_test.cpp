// Rows of an import as bytes: what goes in comes out, and whatever bytes come in break nothing.
#include "ingest/row_stream.hpp"

#include "core/random.hpp"
#include "ingest/discard.hpp"
#include "ingest/recording.hpp"

namespace tessera::ingest {
namespace {

using profiles::Identifier;
using profiles::IdentifierKind;

// Puts rows of all shapes.
void put_rows(profiles::Intake& intake, size_t count) {
  const auto order = intake.kind("Order Completed"), traits = intake.kind(profiles::SystemStream::Identify);
  const auto total = intake.property(order, "total"), note = intake.property(order, "note"),
             paid = intake.property(order, "paid"), gone = intake.property(order, "gone"),
             raw = intake.property(order, "raw"), sku = intake.property(order, "products.sku"),
             price = intake.property(order, "products.price"), gift = intake.property(order, "products.gift");
  const auto country = intake.property(traits, "country");
  for (size_t i = 0; i < count; ++i) {
    const std::string user = fmt::format("u{}", i), email = fmt::format("u{}@mail.example", i);
    const Identifier who[] = {{IdentifierKind::UserId, user}, {IdentifierKind::Email, email}};
    intake.start(order, {who, 1 + i % 2}, Instant{1'700'000'000'000 + static_cast<int64_t>(i)}, i * 0x9E3779B97F4A7C15);
    intake.put(total, Number{static_cast<int64_t>(i) * 1'990'000 - 5});
    intake.put(note, i % 3 == 0 ? std::string_view("ä \n\"x\"") : std::string_view());
    intake.put(paid, i % 2 == 0);
    intake.put_null(gone);
    intake.put_raw(raw, "[1e400]");
    intake.element(sku, std::string_view("pen"));
    intake.element(price, Number{-1});
    intake.next_element(order, "products");
    intake.element(gift, true);
    intake.next_element(order, "products");
    if (i % 5 == 0) intake.reject({"a.csv", i + 1, "bad-time", "yesterday", "a,yesterday"});
    intake.start(traits, {who, 1}, kEver, i);
    intake.put(country, std::string_view("DE"));
  }
}

std::vector<std::string> pieces_of(const std::function<void(profiles::Intake&)>& put, size_t piece_bytes) {
  std::vector<std::string> pieces;
  WireIntake wire(
      [&](std::string piece) {
        pieces.push_back(std::move(piece));
        return Result<void>();
      },
      [](const Json&) { return profiles::IntakeOutcome{.stored = 7}; }, piece_bytes);
  put(wire);
  SilentProgress silent;
  EXPECT_EQ(wire.commit(silent)->stored, 7u);
  return pieces;
}

std::string shown(const RecordingIntake& intake) {
  std::string out;
  for (const RecordedRow& row : intake.rows) {
    out += fmt::format("{} {} {} {}", row.event, fmt::join(row.who, ","), row.time.ms, row.fingerprint);
    for (const auto& [name, value] : row.properties) out += fmt::format(" {}={}", name, value);
    for (const auto& [name, list] : row.lists) out += fmt::format(" {}=[{}]", name, fmt::join(list, ","));
    out += '\n';
  }
  for (const auto& reject : intake.rejects)
    out += fmt::format("{}:{} {} {} {}\n", reject.source, reject.line, reject.reason, reject.value, reject.row);
  return out;
}

TEST(Wire, WhatGoesInComesOut) {
  RecordingIntake straight;
  put_rows(straight, 100);
  for (const size_t size : {size_t{1}, size_t{300}, size_t{5000}, kPieceBytes}) {
    const auto pieces = pieces_of([](profiles::Intake& intake) { put_rows(intake, 100); }, size);
    EXPECT_EQ(pieces.size() == 1, size == kPieceBytes);
    RecordingIntake through;
    for (const std::string& piece : pieces) ASSERT_TRUE(read_piece(piece, through)) << size;
    EXPECT_EQ(shown(through), shown(straight)) << size;
  }
}

TEST(Wire, RowsCanBeTakenOutOfAPiece) {
  const auto pieces = pieces_of([](profiles::Intake& intake) { put_rows(intake, 50); }, kPieceBytes);
  ASSERT_EQ(pieces.size(), 1u);
  const auto prints = fingerprints_in(pieces[0]);
  ASSERT_TRUE(prints);
  EXPECT_EQ(prints->at("Order Completed").size(), 50u);
  EXPECT_EQ(prints->at("$identify").size(), 50u);
  RecordingIntake left;
  ASSERT_TRUE(read_piece(piece_without(pieces[0], [](uint64_t print) { return print < 25; }), left));
  EXPECT_EQ(left.rows.size(), 74u);  // 25 traits and the order whose fingerprint is 0
  EXPECT_EQ(left.rejects.size(), 10u);
}

TEST(Wire, NoBytesBreakTheContract) {
  const std::string piece = pieces_of([](profiles::Intake& intake) { put_rows(intake, 8); }, kPieceBytes)[0];
  for (size_t cut = 0; cut < piece.size(); ++cut) {
    DiscardIntake discard;
    (void)read_piece(std::string_view(piece).substr(0, cut), discard);
  }
  Rng random(7);
  size_t refused = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string changed = piece;
    for (uint64_t i = 0, changes = 1 + random.below(3); i < changes; ++i)
      changed[random.below(changed.size())] = static_cast<char>(random.below(256));
    DiscardIntake discard;  // holds callers to the contract
    refused += !read_piece(changed, discard);
    if (fingerprints_in(changed)) (void)piece_without(changed, [](uint64_t print) { return print % 2 == 0; });
  }
  EXPECT_GT(refused, 10'000u);
  for (const std::string bad : {"", "TSR2", "TSR1Q", "TSR1R\x01"}) {
    DiscardIntake discard;
    EXPECT_FALSE(read_piece(bad, discard)) << bad;
  }
}

}  // namespace
}  // namespace tessera::ingest
