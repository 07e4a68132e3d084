// What the fold hands to the recorder: everything that came of the log since the page before, to be written in one
// transaction together with the offset it goes up to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "feed/change.hpp"
#include "profiles/batch.hpp"
#include "profiles/history.hpp"
#include "profiles/identity.hpp"
#include "profiles/intake.hpp"
#include "profiles/rulings.hpp"
#include "profiles/write_rows.hpp"

namespace tessera::fold {

struct SegmentVersion {
  std::string slug, name;
  uint32_t version = 1;
  Instant since = kEver;  // in force from then on
  bool operator==(const SegmentVersion&) const = default;
};

// A change as it is kept in memory: the texts of Change are looked up when somebody reads it.
struct Flip {
  feed::ChangeId id;
  profiles::Profile profile = 0;  // who leads the customer
  uint32_t segment = 0;           // index into the list of all versions of segments (SegmentVersion)
  feed::ChangeKind kind = feed::ChangeKind::Entered;
  feed::Cause cause = feed::Cause::Event;
  bool is_member = false;  // once what was learnt with it is taken in; when it is published
  Instant at, learnt;
  std::optional<feed::ChangeId> correction_of;
  std::optional<profiles::Profile> into;  // Merged: the customer this one became part of
};

// What a reject is known by when it comes again from the place that keeps it; nullopt: it cannot.
std::optional<uint64_t> print_of(const profiles::Reject& reject);

struct Page {
  struct Rows {
    profiles::RowBuffer buffer;
    std::vector<profiles::KeptRow> kept;
  };
  std::vector<Rows> rows;  // by kind
  profiles::Profile first_profile = 0;
  struct NewIdentity {
    profiles::IdentifierKind kind;
    std::string value;
  };
  std::vector<NewIdentity> identities;                              // first_profile, first_profile + 1, ...
  std::vector<profiles::Link> links;                                // that came together
  std::vector<std::pair<profiles::Link, std::string>> ruled_links;  // as somebody said, and why
  std::vector<profiles::ValueRuling> rulings;
  std::vector<std::pair<uint64_t, bool>> refusals;  // fingerprints of those who refused to be recorded, or no longer do
  std::vector<profiles::Profile> relabelled;        // whose leader changed; to be read when the page is taken:
  std::vector<std::pair<profiles::Profile, profiles::Profile>> leaders;  // of each of those
  std::vector<profiles::Reject> rejects;
  std::vector<Flip> flips;
  std::vector<SegmentVersion> versions;  // what Flip::segment counts; when the page is taken
  profiles::Seq first_seq = 0, until_seq = 0;
  std::vector<profiles::Learnt> learnt;  // of [first_seq, until_seq)
  uint64_t until_offset = 0;             // of the log: everything before is in this page or an earlier one
  Instant learnt_until = kEver;          // of the last entry

  bool empty() const { return learnt_until == kEver; }
};

}  // namespace tessera::fold
