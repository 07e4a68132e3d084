#include "ingest/row_stream.hpp"

#include <array>
#include <cstring>

#include "core/text.hpp"
#include "profiles/history.hpp"
#include "profiles/tables.hpp"

namespace tessera::ingest {

using profiles::Identifier;
using profiles::IdentifierKind;

namespace {

constexpr std::string_view kMagic = "TSR1";
constexpr size_t kMostIdentifiers = 64, kRejectRow = 4096;

void put_number(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}
void put_signed(std::string& out, int64_t value) {
  put_number(out, (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63));
}
void put_text(std::string& out, std::string_view text) {
  put_number(out, text.size());
  out += text;
}

}  // namespace

profiles::StreamName stream_on_wire(std::string_view name) {
  using profiles::SystemStream;
  for (const SystemStream stream : {SystemStream::Identify, SystemStream::Group})
    if (name == profiles::row_of(stream)->name) return stream;
  return name;
}

// --- writing

WireIntake::~WireIntake() {
  if (spool_) std::fclose(spool_);
}

void WireIntake::cut() {
  if (failed_) return piece_.clear();
  if (piece_.size() <= kMagic.size()) return;
  if (piece_.size() > kLargestPiece) {
    failed_ = fail(fmt::format("a row of {} bytes is too large to be sent; at most {}", piece_.size(), kLargestPiece))
                  .error();
    return;
  }
  bytes_ += piece_.size();
  if (bytes_ > most_bytes_) {
    failed_ =
        fail(fmt::format("the rows of this file are more than {} MB, too many to come at once", most_bytes_ >> 20), {},
             try_command("import").blank("FILE").note("with --store sends them in pieces"))
            .error();
    return;
  }
  if (!spool_) spool_ = std::tmpfile();
  const uint64_t size = piece_.size();
  const bool is_written = spool_ && std::fwrite(&size, sizeof size, 1, spool_) == 1 &&
                          std::fwrite(piece_.data(), 1, piece_.size(), spool_) == piece_.size();
  if (!is_written)
    failed_ = fail(fmt::format("what was read cannot be kept until it is sent: {}", std::strerror(errno)), {},
                   try_shell("df -h /tmp").note("is there room?"))
                  .error();
  ++pieces_;
  kinds_here_ = properties_here_ = 0;
  piece_.clear();
}

void WireIntake::cut_if_full() {
  if (piece_.size() >= piece_bytes_) cut();
  if (piece_.empty()) piece_ = kMagic;
}

WireIntake::Kind WireIntake::kind(profiles::StreamName name) {
  const auto [found, is_new] = by_event_.try_emplace(std::string(name.event), static_cast<Kind>(kinds_.size()));
  if (!is_new) return found->second;
  if (const auto flaw = profiles::flaw_of_event_name(name.event); flaw && !failed_)
    failed_ = fail(*flaw + fmt::format(": '{}'", name.event)).error();
  const bool is_taken = name.system == profiles::SystemStream::None && profiles::is_reserved(name.event);
  if ((is_taken || name != stream_on_wire(name.event)) && !failed_)
    failed_ = profiles::reserved_name(name.event).error();
  kinds_.push_back({.event = std::string(name.event), .system = name.system});
  return found->second;
}

WireIntake::Property WireIntake::property(Kind kind, std::string_view name) {
  const auto [found, is_new] =
      kinds_[kind].properties.try_emplace(std::string(name), static_cast<Property>(properties_.size()));
  if (is_new) properties_.push_back({.kind = kind, .name = std::string(name)});
  return found->second;
}

uint32_t WireIntake::declared(Kind kind) {
  KindOf& of = kinds_[kind];
  if (of.piece != pieces_) {
    of.piece = pieces_;
    of.number = kinds_here_++;
    piece_ += 'K';
    put_text(piece_, of.event);
  }
  return of.number;
}

void WireIntake::start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) {
  cut_if_full();
  const uint32_t number = declared(kind);
  piece_ += 'R';
  put_number(piece_, number);
  put_signed(piece_, time.ms);
  piece_.append(reinterpret_cast<const char*>(&fingerprint), sizeof fingerprint);
  put_number(piece_, who.size());
  for (const Identifier& each : who) {
    put_number(piece_, static_cast<uint64_t>(each.kind));
    put_text(piece_, each.value);
  }
  if (time == kEver || kinds_[kind].system == profiles::SystemStream::Identify) return;
  from_ = std::min(from_, time);
  to_ = std::max(to_, time);
}

void WireIntake::value(char what, Property property) {
  PropertyOf& of = properties_[property];
  if (of.piece != pieces_) {
    const uint32_t kind = declared(of.kind);
    of.piece = pieces_;
    of.number = properties_here_++;
    piece_ += 'P';
    put_number(piece_, kind);
    put_text(piece_, of.name);
  }
  piece_ += what;
  put_number(piece_, of.number);
}

void WireIntake::put_scalar(Property property, profiles::Scalar scalar) {
  write(property, scalar, "ntb");
}
void WireIntake::put_element(Property property, profiles::Scalar scalar) {
  write(property, scalar, "NTB");
}
void WireIntake::write(Property property, const profiles::Scalar& scalar, const char* letters) {
  std::visit(Match{[&](Number number) {
                     value(letters[0], property);
                     put_signed(piece_, number.micros);
                   },
                   [&](std::string_view text) {
                     value(letters[1], property);
                     put_text(piece_, text);
                   },
                   [&](bool truth) {
                     value(letters[2], property);
                     put_number(piece_, truth);
                   }},
             scalar);
}
void WireIntake::put_null(Property property) {
  value('0', property);
}
void WireIntake::put_raw(Property property, std::string_view json) {
  value('j', property);
  put_text(piece_, json);
  ++inexact_[properties_[property].name];
}
void WireIntake::next_element(Kind kind, std::string_view prefix) {
  const uint32_t number = declared(kind);
  piece_ += 'E';
  put_number(piece_, number);
  put_text(piece_, prefix);
}

void WireIntake::reject(profiles::Reject reject) {
  // Never between a row and its values: those of a rejected row are not there.
  if (piece_.empty()) piece_ = kMagic;
  if (reject.row.size() > kRejectRow) reject.row.resize(kRejectRow);
  piece_ += reject.member.empty() ? 'X' : 'Y';
  if (!reject.member.empty()) put_text(piece_, reject.member);
  put_text(piece_, reject.source);
  put_number(piece_, reject.line);
  put_text(piece_, reject.reason);
  put_text(piece_, reject.value.substr(0, kRejectRow));
  put_text(piece_, reject.row);
}

Result<profiles::IntakeOutcome> WireIntake::commit(Progress& progress, const Finally&) {
  cut();
  if (failed_) return std::unexpected(*failed_);
  if (spool_) std::rewind(spool_);
  const uint64_t all = pieces_ - 1;
  std::string piece;
  for (uint64_t size = 0; sent_ < all; ++sent_) {
    progress.step("sending", sent_, all);
    if (std::fread(&size, sizeof size, 1, spool_) != 1) return fail("what was read is gone from the temporary file");
    piece.resize(size);
    if (std::fread(piece.data(), 1, size, spool_) != size) return fail("what was read is gone from the temporary file");
    TRY(send_(std::move(piece)));
    piece = {};
  }
  auto outcome = TRY(finish_(notes_));
  outcome.from = from_;
  outcome.to = to_;
  outcome.inexact = inexact_;
  return outcome;
}

// --- reading

namespace {

class Bytes {
 public:
  explicit Bytes(std::string_view all) : all_(all) {}
  bool is_over() const { return at_ == all_.size(); }
  size_t at() const { return at_; }
  bool is_sound() const { return is_sound_; }
  char letter() { return is_sound_ && at_ < all_.size() ? all_[at_++] : bad<char>(); }
  uint64_t number() {
    uint64_t out = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(letter());
      if (!is_sound_ || (shift == 63 && byte > 1)) return bad<uint64_t>();
      out |= uint64_t{byte & 0x7Fu} << shift;
      if (byte < 0x80) return out;
    }
    return bad<uint64_t>();
  }
  int64_t signed_number() {
    const uint64_t value = number();
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }
  std::string_view text() { return take(number()); }
  std::string_view take(uint64_t size) {
    if (!is_sound_ || size > all_.size() - at_) return bad<std::string_view>();
    at_ += size;
    return all_.substr(at_ - size, size);
  }

 private:
  template <typename T>
  T bad() {
    is_sound_ = false;
    return {};
  }
  std::string_view all_;
  size_t at_ = 0;
  bool is_sound_ = true;
};

class PieceReader {
 public:
  PieceReader(std::string_view piece, profiles::Intake& into) : bytes_(piece), into_(into) {}

  Result<void> read() {
    if (bytes_.take(kMagic.size()) != kMagic) return fail("this is no piece of an import: it does not begin with TSR1");
    while (!bytes_.is_over()) {
      const size_t from = bytes_.at();
      if (!step() || !bytes_.is_sound()) return fail(fmt::format("this is no piece of an import: byte {}", from));
    }
    return {};
  }

 private:
  using Intake = profiles::Intake;
  struct PropertyOf {
    Intake::Property property;
    uint64_t kind;
  };

  bool step() {
    switch (bytes_.letter()) {
      case 'K':
        return read_kind();
      case 'P':
        return read_property();
      case 'R':
        return read_row();
      case 'E':
        return read_element_end();
      case 'X':
        return read_reject({});
      case 'Y':
        return read_reject(bytes_.text());
      case 'n':
        return number([&](auto property, Number value) { into_.put(property, value); });
      case 'N':
        return number([&](auto property, Number value) { into_.element(property, value); });
      case 't':
        return text([&](auto property, std::string_view value) { into_.put(property, value); });
      case 'T':
        return text([&](auto property, std::string_view value) { into_.element(property, value); });
      case 'j':
        return text([&](auto property, std::string_view value) { into_.put_raw(property, value); });
      case 'b':
        return truth([&](auto property, bool value) { into_.put(property, value); });
      case 'B':
        return truth([&](auto property, bool value) { into_.element(property, value); });
      case '0': {
        const auto property = of_row();
        if (property) into_.put_null(*property);
        return property.has_value();
      }
      default:
        return false;
    }
  }

  bool read_kind() {
    const std::string_view name = bytes_.text();
    if (!bytes_.is_sound() || first_invalid_utf8(name) || profiles::flaw_of_event_name(name)) return false;
    kinds_.push_back(into_.kind(stream_on_wire(name)));
    return true;
  }
  bool read_property() {
    const uint64_t kind = bytes_.number();
    const std::string_view name = bytes_.text();
    if (!bytes_.is_sound() || kind >= kinds_.size() || name.empty() || first_invalid_utf8(name)) return false;
    properties_.push_back({into_.property(kinds_[kind], name), kind});
    return true;
  }
  bool read_row() {
    const uint64_t kind = bytes_.number();
    const Instant time{bytes_.signed_number()};
    const std::string_view print = bytes_.take(8);
    const uint64_t count = bytes_.number();
    if (!bytes_.is_sound() || kind >= kinds_.size() || count == 0 || count > kMostIdentifiers) return false;
    if (time != kEver && (time < kFirstDay || time > kLastDay)) return false;
    std::array<Identifier, kMostIdentifiers> who;
    for (uint64_t i = 0; i < count; ++i) {
      const uint64_t of = bytes_.number();
      const std::string_view value = bytes_.text();
      if (!bytes_.is_sound() || of < 1 || of > 4 || value.empty()) return false;
      who[i] = {static_cast<IdentifierKind>(of), value};
    }
    uint64_t fingerprint = 0;
    std::memcpy(&fingerprint, print.data(), sizeof fingerprint);
    current_ = kind;
    into_.start(kinds_[kind], {who.data(), count}, time, fingerprint);
    return true;
  }
  bool read_element_end() {
    const uint64_t kind = bytes_.number();
    const std::string_view prefix = bytes_.text();
    if (!bytes_.is_sound() || !current_ || kind != *current_) return false;
    into_.next_element(kinds_[kind], prefix);
    return true;
  }
  bool read_reject(std::string_view member) {
    profiles::Reject reject;
    reject.member = member;
    reject.source = bytes_.text();
    reject.line = bytes_.number();
    reject.reason = bytes_.text();
    reject.value = bytes_.text();
    reject.row = bytes_.text();
    if (!bytes_.is_sound() || reject.reason.empty() || reject.row.size() > kRejectRow ||
        reject.member.size() > kRejectRow)
      return false;
    into_.reject(std::move(reject));
    return true;
  }

  // Of the row at hand.
  std::optional<Intake::Property> of_row() {
    const uint64_t number = bytes_.number();
    if (!bytes_.is_sound() || number >= properties_.size() || !current_ || properties_[number].kind != *current_)
      return std::nullopt;
    return properties_[number].property;
  }
  template <typename Put>
  bool number(Put put) {
    const auto property = of_row();
    const int64_t micros = bytes_.signed_number();
    if (!property || !bytes_.is_sound() || micros >= Number::kLimit || micros <= -Number::kLimit) return false;
    put(*property, Number{micros});
    return true;
  }
  template <typename Put>
  bool text(Put put) {
    const auto property = of_row();
    const std::string_view value = bytes_.text();
    if (!property || !bytes_.is_sound()) return false;
    put(*property, value);
    return true;
  }
  template <typename Put>
  bool truth(Put put) {
    const auto property = of_row();
    const uint64_t value = bytes_.number();
    if (!property || !bytes_.is_sound() || value > 1) return false;
    put(*property, value == 1);
    return true;
  }

  Bytes bytes_;
  Intake& into_;
  std::vector<Intake::Kind> kinds_;
  std::vector<PropertyOf> properties_;
  std::optional<uint64_t> current_;
};

// Passes on what is not dropped, row by row.
class Sieve final : public profiles::Intake {
 public:
  Sieve(profiles::Intake* into, std::function<bool(const std::string& event, uint64_t fingerprint)> drop)
      : into_(into), drop_(std::move(drop)) {}
  Kind kind(profiles::StreamName name) override {
    const Kind kind = into_ ? into_->kind(name) : static_cast<Kind>(events_.size());
    if (kind >= events_.size()) events_.resize(kind + 1);
    events_[kind] = name.event;
    return kind;
  }
  Property property(Kind kind, std::string_view name) override { return into_ ? into_->property(kind, name) : 0; }
  void start(Kind kind, std::span<const Identifier> who, Instant time, uint64_t fingerprint) override {
    is_dropped_ = drop_(events_[kind], fingerprint) || !into_;
    if (!is_dropped_) into_->start(kind, who, time, fingerprint);
  }
  void put_scalar(Property p, profiles::Scalar v) override {
    pass([&] { into_->put_scalar(p, v); });
  }
  void put_null(Property p) override {
    pass([&] { into_->put_null(p); });
  }
  void put_raw(Property p, std::string_view v) override {
    pass([&] { into_->put_raw(p, v); });
  }
  void put_element(Property p, profiles::Scalar v) override {
    pass([&] { into_->put_element(p, v); });
  }
  void next_element(Kind k, std::string_view v) override {
    pass([&] { into_->next_element(k, v); });
  }
  void reject(profiles::Reject reject) override {
    if (into_) into_->reject(std::move(reject));
  }

 private:
  template <typename Put>
  void pass(Put put) {
    if (!is_dropped_) put();
  }
  profiles::Intake* into_;
  std::function<bool(const std::string&, uint64_t)> drop_;
  std::vector<std::string> events_;
  bool is_dropped_ = true;
};

}  // namespace

Result<void> read_piece(std::string_view piece, profiles::Intake& into) {
  return PieceReader(piece, into).read();
}

Result<std::map<std::string, std::vector<uint64_t>>> fingerprints_in(std::string_view piece) {
  std::map<std::string, std::vector<uint64_t>> out;
  Sieve sieve(nullptr, [&](const std::string& event, uint64_t fingerprint) {
    out[event].push_back(fingerprint);
    return true;
  });
  TRY(read_piece(piece, sieve));
  return out;
}

std::string piece_without(std::string_view piece, const std::function<bool(uint64_t)>& drop) {
  std::string out(kMagic);
  WireIntake left(
      [&](std::string made) {
        out = std::move(made);
        return Result<void>();
      },
      [](const Json&) { return profiles::IntakeOutcome(); }, SIZE_MAX);
  Sieve sieve(&left, [&](const std::string&, uint64_t fingerprint) { return drop(fingerprint); });
  VERIFY(read_piece(piece, sieve).has_value());
  SilentProgress silent;
  VERIFY(left.commit(silent).has_value());
  return out;
}

}  // namespace tessera::ingest
