// Rows on their way in. The normalisers of `ingest` write to an Intake; this one drops what was seen before, finds out
// who it is about, and lays each row down twice: in the page for the record (everything), and in the histories in
// memory (what definitions can see).
//
// Rulings (profiles/ruling_law.hpp): who refused to be recorded is not let in; identifiers that are blocked are taken off
// a row; what a row gives away about its customer (a bot's agent, a test's address) becomes a fact at the end of the
// entry. There the facts are put, too, that rooms above say (put()).
//
// Duplicates: a row's fingerprint (of its message id) is remembered as long as the memory for it lasts; Recent says how
// far back that is.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "fold/hot_histories.hpp"
#include "fold/identities.hpp"
#include "fold/record_batch.hpp"
#include "fold/seen_messages.hpp"
#include "profiles/intake.hpp"
#include "profiles/ruling_law.hpp"

namespace tessera::fold {

// What one entry of the log touched.
struct Touched {
  struct Customer {  // who had rows of their own before the entry and joined another, or was joined
    Profile leader;
    std::vector<Profile> members;  // before
  };
  struct Row {
    Profile profile;
    Instant time;                    // kEver: without
    std::optional<uint16_t> stream;  // of the shape; nullopt: no definition sees it
  };
  std::vector<Row> rows;
  std::vector<Customer> before;  // of every customer whose members changed, as they were
  Profile first_new = 0;         // profiles from here on are new
  profiles::Seq first_seq = 0;   // facts from here on are new
};

class Inflow final : public profiles::Intake {
 public:
  Inflow(Identities& identities, Memory& memory, Recent& recent, profiles::Rulings& rulings, profiles::Seq next_seq);
  // Not between begin() and finish().
  void use(Memory& memory);

  // The kinds of the rows that follow are put there, duplicates' too, not twice in a row; null: nowhere.
  void note_kinds(std::vector<Kind>* kinds) {
    noted_ = kinds;
    noted_from_ = kinds ? kinds->size() : 0;
  }
  const std::string& event_of(Kind kind) const { return kinds_[kind].event; }
  // Anybody may send any names of events and properties. Where they have become many, all handles are forgotten; who
  // holds one asks for it anew. `era` counts how often that happened. REQUIRES: the page is empty, and no entry at hand.
  bool has_many_names() const { return kinds_.size() > kManyKinds || properties_.size() > kManyProperties; }
  void forget_names();
  uint64_t era() const { return era_; }
  // Since begin().
  size_t rows_put() const { return touched_.rows.size(); }
  // That the page keeps of a stream of the system.
  size_t rows_kept(profiles::SystemStream stream) const;

  // Whose rows follow, in this entry: a source that speaks at an SDK's door; empty: rows of files and topics, which are
  // the same as any source's (profiles::print_of_source).
  void from_source(std::string_view source);
  // One that has spoken before.
  void knows_source(std::string_view source) { sources_.emplace(source); }

  void begin(Instant learnt);
  // Rows put since begin() are in the histories and the page.
  Touched finish();

  Page& page() { return page_; }
  const Page& page() const { return page_; }
  bool empty() const { return page_.empty(); }
  // Hands the page over and begins the next.
  Page take_page();
  profiles::Seq next_seq() const { return next_seq_; }
  struct Counts {
    uint64_t rows = 0, duplicates = 0, rejects = 0, refused = 0;
  };
  const Counts& counts() const { return counts_; }
  uint64_t page_rows() const { return next_seq_ - page_.first_seq + page_.rejects.size(); }

  Kind kind(profiles::StreamName name) override;
  Property property(Kind kind, std::string_view name) override;
  void start(Kind kind, std::span<const profiles::Identifier> who, Instant time, uint64_t fingerprint) override;
  void put_scalar(Property property, profiles::Scalar value) override;
  void put_null(Property property) override;
  void put_raw(Property property, std::string_view json) override;
  void put_element(Property property, profiles::Scalar value) override;
  void next_element(Kind kind, std::string_view prefix) override;
  bool admits(std::span<const profiles::Identifier> who, const profiles::ConsentSaid& said,
              uint64_t fingerprint) override;
  bool knows_user(std::string_view id) override {
    return identities_.find(profiles::IdentifierKind::UserId, clean(id)).has_value();
  }
  void mark(profiles::Mark mark, std::string_view reason) override;
  void reject(profiles::Reject reject) override;
  // A decision, alone in its entry. Error: it speaks of somebody unknown; nothing has changed.
  Result<void> rule(const profiles::Ruling& ruling);
  // Facts of the system, alone in their entry. Error: one speaks of somebody unknown; nothing has changed.
  Result<void> put(std::span<const profiles::SystemFact> facts);
  using profiles::Intake::put;

 private:
  static constexpr size_t kManyKinds = 4096, kManyProperties = 65'536;  // some MB, and 1 ms a page
  struct KindOf {
    std::string event;
    profiles::SystemStream system = profiles::SystemStream::None;
    const char* refusal = nullptr;  // why rows of it are rejects
    std::vector<std::string> properties;
    std::unordered_map<std::string, Property> index;
    size_t rows_done = 0;  // of the page's buffer: in the histories already
    std::optional<uint16_t> stream;
  };
  struct PropertyOf {
    Kind kind;
    uint32_t index;
    bool is_currency;  // of an event that somebody told
  };
  class Packer;

  std::string_view clean(std::string_view text);
  bool was_said(uint64_t fingerprint) const;
  std::span<const profiles::Identifier> without_blocked(std::span<const profiles::Identifier> who);
  void put_row(Kind kind, Profile profile, Instant time, profiles::Seq seq, uint64_t fingerprint);
  profiles::StreamName name_of(const KindOf& kind) const;
  void skip_row(uint64_t& count);
  void reject_row(const char* reason, std::string value);
  void put_facts();
  Result<Profile> known(const profiles::NamedIdentifier& identifier) const;
  void rule_on_value(const profiles::Ruling& ruling);
  Profile resolve(const profiles::Identifier& identifier);
  void link(Profile a, Profile b, profiles::Seq seq);
  // Stitches anew what hangs together with the two, after a change to their links.
  void restitch(Profile a, Profile b, const std::function<void()>& change);
  void note_before(Profile leader, std::vector<Profile> members);
  profiles::RowBuffer& buffer(Kind kind) { return page_.rows[kind].buffer; }

  Identities& identities_;
  Memory* memory_;
  Recent& recent_;
  profiles::Rulings& rulings_;
  profiles::RulingLaw law_;
  profiles::Seq next_seq_;
  Instant learnt_ = kEver;
  std::vector<KindOf> kinds_;
  std::unordered_map<std::string, Kind> by_event_;  // the senders'
  std::map<profiles::SystemStream, Kind> by_system_;
  std::vector<PropertyOf> properties_;
  std::set<std::string, std::less<>> sources_;  // that have spoken at SDKs' doors
  std::string source_;                          // whose rows come in; empty: nobody's
  uint64_t era_ = 0;
  std::vector<Kind> with_new_rows_;  // of the entry at hand
  std::vector<Kind>* noted_ = nullptr;
  size_t noted_from_ = 0;
  Kind current_ = 0;
  bool skipping_ = false;  // the row at hand is a duplicate
  Profile row_profile_ = 0;
  Instant row_time_ = kEver;
  std::vector<profiles::Identifier> unblocked_;
  std::vector<profiles::SystemFact> facts_;  // that rooms above said
  std::string cleaned_;
  Touched touched_;
  std::vector<profiles::Link> new_links_;
  Page page_;
  Counts counts_;
};

}  // namespace tessera::fold
