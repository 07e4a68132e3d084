// Rows on their way in. The normalisers of `ingest` write to an Intake; this one drops what was seen before, finds out
// who it is about, and lays each row down twice: in the page for the record (everything), and in the histories in
// memory (what definitions can see).
//
// Rulings (profiles/ruling.hpp): who refused to be recorded is not let in; identifiers that are blocked are taken off a
// row; what a row gives away about its customer (a bot's agent, a test's address) becomes a fact of kRulings at the end
// of the entry, at most one for each customer and state, and none against the word of a person.
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

#include "live/hot_histories.hpp"
#include "live/identities.hpp"
#include "live/record_batch.hpp"
#include "live/seen_messages.hpp"
#include "profiles/intake.hpp"
#include "profiles/rulings.hpp"

namespace tessera::live {

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
  // Event names that the record has already: together with new ones at most profiles::kMaxEvents.
  void knows(std::span<const std::string> events) { events_.insert(events.begin(), events.end()); }

  // The rows that follow are counted there, by kind; until the next call of this.
  void count_kinds(std::vector<bool>& kinds) { counted_ = &kinds; }
  std::vector<std::string> events_by_kind() const;

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

  Kind kind(std::string_view event) override;
  Property property(Kind kind, std::string_view name) override;
  void start(Kind kind, std::span<const profiles::Identifier> who, Instant time, uint64_t fingerprint) override;
  void put(Property property, Number value) override { put_scalar(property, value); }
  void put(Property property, std::string_view text) override { put_scalar(property, clean(text)); }
  void put(Property property, bool truth) override { put_scalar(property, truth); }
  void put_null(Property property) override;
  void put_raw(Property property, std::string_view json) override;
  void element(Property property, Number value) override { put_element(property, value); }
  void element(Property property, std::string_view text) override { put_element(property, clean(text)); }
  void element(Property property, bool truth) override { put_element(property, truth); }
  void next_element(Kind kind, std::string_view prefix) override;
  bool admits(std::span<const profiles::Identifier> who, const profiles::ConsentSaid& said,
              uint64_t fingerprint) override;
  void mark(profiles::Mark mark, std::string_view reason) override;
  void reject(profiles::Reject reject) override;
  // A decision, alone in its entry. Error: it speaks of somebody unknown; nothing has changed.
  Result<void> rule(const profiles::Ruling& ruling);
  Result<profiles::IntakeOutcome> commit(Progress& progress,
                                         const Finally& finally) override;  // not for this one: finish()

 private:
  struct KindOf {
    std::string event;
    bool is_refused = false;  // the record has as many event names as it can hold
    std::vector<std::string> properties;
    std::unordered_map<std::string, Property> index;
    size_t rows_done = 0;  // of the page's buffer: in the histories already
    std::optional<uint16_t> stream;
  };
  struct PropertyOf {
    Kind kind;
    uint32_t index;
  };
  class Packer;

  struct Pending {  // a fact of kRulings that the entry brings
    Profile profile;
    Instant time;
    std::optional<profiles::Mark> mark;
    bool unmarks = false;
    std::optional<bool> profiling;
    std::string reason, by;
  };

  std::string_view clean(std::string_view text);
  std::span<const profiles::Identifier> without_blocked(std::span<const profiles::Identifier> who);
  void put_row(Kind kind, Profile profile, Instant time, profiles::Seq seq, uint64_t fingerprint);
  void note_address(Profile profile, std::string_view email, Instant time);
  void note_mark(Profile profile, Instant time, profiles::Mark mark, std::string reason, std::string_view by);
  void note_profiling(Profile profile, Instant time, bool given, std::string_view by);
  void set_refused(std::span<const profiles::Identifier> who, bool refused);
  void put_pending();
  Result<Profile> known(const profiles::NamedIdentifier& identifier) const;
  Result<void> rule_on_customer(const profiles::Ruling& ruling);
  void put_scalar(Property property, profiles::Scalar value);
  void put_element(Property property, profiles::Scalar value);
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
  profiles::Seq next_seq_;
  Instant learnt_ = kEver;
  std::vector<KindOf> kinds_;
  std::unordered_map<std::string, Kind> by_event_;
  std::set<std::string, std::less<>> events_;  // all names, the record's and new ones
  std::vector<PropertyOf> properties_;
  std::optional<Kind> refused_;
  std::vector<bool>* counted_ = nullptr;
  Kind current_ = 0;
  bool skipping_ = false;  // the row at hand is a duplicate
  Profile row_profile_ = 0;
  Instant row_time_ = kEver;
  std::optional<bool> said_profiling_;  // with the row that comes next
  std::vector<profiles::Identifier> unblocked_;
  std::vector<Pending> pending_;
  std::string cleaned_;
  Touched touched_;
  std::vector<profiles::Link> new_links_;
  Page page_;
  Counts counts_;
};

}  // namespace tessera::live
