// The rulings that stand: what an intake needs to know of them while rows come in. Who is marked, who refused what,
// which values identify nobody, which domains are the staff's, what the categories of a consent banner mean.
//
// A customer who refused to be recorded is remembered by keyed fingerprints of their identifiers and by nothing else.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>

#include "profiles/identity.hpp"
#include "profiles/ruling.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

inline constexpr std::string_view kDetector = "detector: ";  // how the name of a detector begins
inline constexpr std::string_view kByAgent = "detector: agent", kByAddress = "detector: address",
                                  kByRate = "detector: rate", kByConsent = "consent of the customer";

enum class Purpose : uint8_t { None, Collection, Profiling };

// Why the address is that of a test: a domain reserved for examples (RFC 2606), or a tag.
std::optional<std::string_view> test_address(std::string_view email);

class Rulings {
 public:
  // `key`: the record's, so that fingerprints are its own.
  explicit Rulings(std::string_view key = {});

  // --- marks and profiling, by fingerprint of the identifier
  struct Standing {
    std::optional<Mark> mark;
    bool is_persons = false;  // a person said so last: detectors keep quiet
    std::optional<bool> profiling;
    std::pair<Instant, uint64_t> profiling_at{kEver, 0};  // of all of a customer's identifiers the last word counts
  };
  const Standing* standing(uint64_t fingerprint) const {
    const auto found = standing_.find(fingerprint);
    return found == standing_.end() ? nullptr : &found->second;
  }
  bool has_standings() const { return !standing_.empty(); }
  // What a ruling says: `order`, of all that is said, later ones higher. No value: it says nothing of it.
  void say_mark(uint64_t fingerprint, std::optional<Mark> mark, std::string_view by);
  void say_profiling(uint64_t fingerprint, bool given, Instant time, uint64_t order);
  void stand(uint64_t fingerprint, Standing standing) { standing_[fingerprint] = standing; }

  // --- values
  void block(IdentifierKind kind, std::string_view value, RulingKind ruling);  // Block, Unblock, Allow
  bool has_blocked() const { return blocked_ > 0; }
  bool is_blocked(IdentifierKind kind, std::string_view value) const;
  const std::map<std::pair<IdentifierKind, std::string>, RulingKind>& values() const { return values_; }
  void add_staff_domain(std::string domain) { staff_domains_.insert(std::move(domain)); }
  // Of the e-mail's domain, or one above it.
  bool is_staff(std::string_view email) const;
  void set_category(const std::string& name, std::string_view purpose);
  Purpose purpose_of(std::string_view category) const;
  // With the categories taken into account: refused where one category of the purpose is, given where one is given.
  ConsentSaid resolve(const ConsentSaid& said) const;

  // --- collection
  uint64_t fingerprint(IdentifierKind kind, std::string_view value) const;
  bool has_refused() const { return !refused_.empty(); }
  bool is_refused(uint64_t fingerprint) const { return refused_.contains(fingerprint); }
  // Whether it is news.
  bool set_refused(uint64_t fingerprint, bool refused) {
    return refused ? refused_.insert(fingerprint).second : refused_.erase(fingerprint) > 0;
  }
  size_t refused() const { return refused_.size(); }
  size_t bytes() const;

 private:
  uint64_t key_;
  std::unordered_map<uint64_t, Standing> standing_;
  std::map<std::pair<IdentifierKind, std::string>, RulingKind> values_;  // Block, or Allow
  size_t blocked_ = 0;
  std::set<std::string, std::less<>> staff_domains_;
  std::map<std::string, Purpose, std::less<>> categories_;
  std::unordered_set<uint64_t> refused_;
};

// As the record has them.
Result<Rulings> read_rulings(store::Connection& connection, std::string_view key);
// What stands of one identifier of a customer stands of all: for those who do not know who belongs together.
Result<Rulings> read_rulings_for_import(store::Connection& connection, std::string_view key);

// --- listed

// Rulings newest first, those on customers, pairs and values: {"rulings": [...]}. `kind`: only those; nullopt: all.
Result<Json> list_rulings(store::Connection& connection, std::optional<RulingKind> kind, size_t limit, size_t skip);
// Who is marked now, or refuses profiling: customer, mark, reason, by, since.
Result<std::vector<std::vector<std::optional<std::string>>>> list_marked(store::Connection& connection, size_t limit);

// --- into the record

// A ruling on a record that no server has open. Error: it speaks of somebody unknown.
Result<void> rule(store::Record& record, const Ruling& ruling, Instant learnt);
// By public id or any identifier; nullopt: nobody is known by it.
Result<std::optional<NamedIdentifier>> find_identifier(store::Connection& connection, std::string_view customer);

// One row of tessera.ruling: rulings on values. Those on customers are facts of the system, those on pairs are links.
struct ValueRuling {
  Seq seq = 0;
  RulingKind kind = RulingKind::Block;
  IdentifierKind identifier = IdentifierKind::UserId;  // Block, Unblock, Allow
  std::string value, purpose, reason, by;
};
Result<void> write_value_rulings(store::Connection& connection, std::span<const ValueRuling> rulings, Instant learnt);
// In the order of the calls; `true`: refused.
Result<void> write_refusals(store::Connection& connection, std::span<const std::pair<uint64_t, bool>> refusals,
                            Instant learnt);

}  // namespace tessera::profiles
