// Rows of an import on their way to a server: an intake that writes down, without loss, what its caller puts into it,
// in pieces that each stand for themselves; and the way back from a piece into any intake. A file is read, understood
// and refused where it lies, and only what came of it travels.
//
// A piece is "TSR1" and then, with varints (LEB128, signed ones in zigzag) and texts as a length and bytes:
//   K name            an event name, or the name of what was identified or grouped; they count from 0
//   P kind name       a property; they count from 0
//   R kind time fingerprint(8 bytes, little endian) n {identifier kind, value}*n     a row; what follows is about it:
//   n property micros | t property text | b property 0/1 | 0 property | j property json
//   N property micros | T property text | B property 0/1      the next element of a list
//   E kind prefix     the end of an element
//   X source line reason value row                             a reject
//   Y member source line reason value row                      a reject that says which member of a call is wrong
// A row never lies in two pieces. Pieces are kept in logs: never change what is here, add.
#pragma once

#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "profiles/import_intake.hpp"

namespace tessera::ingest {

inline constexpr size_t kPieceBytes = 4 << 20;  // about; more where one row has more
inline constexpr size_t kLargestPiece = 8 << 20;

class WireIntake final : public profiles::ImportIntake {
 public:
  using Send = std::function<Result<void>(std::string piece)>;
  // What became of them, after the last piece; `notes` as with note().
  using Finish = std::function<Result<profiles::IntakeOutcome>(const Json& notes)>;
  // Pieces wait in an unnamed temporary file until commit(), which sends them in order. Of more than `most_bytes` commit()
  // says so and sends none.
  WireIntake(Send send, Finish finish, size_t piece_bytes = kPieceBytes, uint64_t most_bytes = UINT64_MAX)
      : send_(std::move(send)), finish_(std::move(finish)), piece_bytes_(piece_bytes), most_bytes_(most_bytes) {}
  // Whom to ask about orders, who outlives the intake; else nothing is known of any.
  void ask_about_orders(profiles::OrderMemory& memory) { orders_ = &memory; }
  ~WireIntake() override;

  profiles::OrderMemory& orders() override { return *orders_; }
  Kind kind(profiles::StreamName name) override;
  Property property(Kind kind, std::string_view name) override;
  void start(Kind kind, std::span<const profiles::Identifier> who, Instant time, uint64_t fingerprint) override;
  void put_scalar(Property property, profiles::Scalar value) override;
  void put_null(Property property) override;
  void put_raw(Property property, std::string_view json) override;
  void put_element(Property property, profiles::Scalar value) override;
  void next_element(Kind kind, std::string_view prefix) override;
  void reject(profiles::Reject reject) override;
  void note(const std::string& name, const Json& value) override { notes_.set(name, value); }
  // `finally` is not called: the transaction is the server's.
  Result<profiles::IntakeOutcome> commit(Progress& progress, const Finally& finally = {}) override;

 private:
  struct PropertyOf {
    Kind kind;
    std::string name;
    uint64_t piece = 0;   // the one it was last declared in
    uint32_t number = 0;  // there
  };
  struct KindOf {
    std::string event;
    profiles::SystemStream system = profiles::SystemStream::None;
    uint64_t piece = 0;
    uint32_t number = 0;
    std::unordered_map<std::string, Property> properties{};
  };
  void write(Property property, const profiles::Scalar& scalar, const char* letters);
  void cut();
  void cut_if_full();
  uint32_t declared(Kind kind);
  void value(char what, Property property);

  Send send_;
  Finish finish_;
  profiles::NoOrders no_orders_;
  profiles::OrderMemory* orders_ = &no_orders_;
  size_t piece_bytes_;
  uint64_t most_bytes_, bytes_ = 0;  // of all pieces
  Json notes_ = Json::object();
  std::vector<KindOf> kinds_;
  std::unordered_map<std::string, Kind> by_event_;
  std::vector<PropertyOf> properties_;
  std::string piece_;
  uint64_t pieces_ = 1, sent_ = 0;
  uint32_t kinds_here_ = 0, properties_here_ = 0;
  std::FILE* spool_ = nullptr;
  std::optional<Error> failed_;
  Instant from_ = kNever, to_ = kEver;
  std::map<std::string, uint64_t> inexact_;
};

// Every row and reject of the piece, in order. Error: it is none, with the byte; what was before it has been put.
// Everything is checked, so that a piece from anywhere keeps the intake's contract.
// Of the system's streams two travel, under their names, which no event ever had: what identifies a customer or a group
// is said by senders. Other names of the table are events here, which every intake refuses.
profiles::StreamName stream_on_wire(std::string_view name);

Result<void> read_piece(std::string_view piece, profiles::Intake& into);

// The fingerprints of a piece's rows, by event name. Error: it is none.
Result<std::map<std::string, std::vector<uint64_t>>> fingerprints_in(std::string_view piece);
// The piece without the rows of these fingerprints. REQUIRES: fingerprints_in found nothing wrong with it.
std::string piece_without(std::string_view piece, const std::function<bool(uint64_t fingerprint)>& drop);

}  // namespace tessera::ingest
