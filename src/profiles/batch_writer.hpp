// Batches of rows on their way into the record: what came in between two writings, and how it goes into the open
// transaction. An intake fills one batch while another is written (import_intake.cpp).
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "profiles/batch.hpp"
#include "profiles/batch_identities.hpp"
#include "profiles/intake_outcome.hpp"
#include "profiles/reject.hpp"
#include "profiles/tables.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

struct BatchLink {
  uint32_t a, b;   // identifiers of the batch
  uint32_t order;  // of the row that says so
};

struct Batch {
  std::vector<RowBuffer> buffers;  // by kind
  BatchIdentities identities;
  std::vector<BatchLink> links;
  std::vector<Reject> rejects;
  size_t rows = 0, bytes = 0;

  // An empty one with the same kinds and properties. REQUIRES: no row is at hand (finish_rows).
  Batch like() const;
  void finish_rows() {
    for (RowBuffer& buffer : buffers) buffer.finish_row();
  }
};

// Long because the steps of one writing share what became of its rows. One call at a time, whatever thread it is on.
class BatchWriter {
 public:
  BatchWriter(store::Connection& connection, std::string pseudonym_key, store::Entry entry)
      : connection_(connection), key_(std::move(pseudonym_key)), entry_(std::move(entry)) {}
  Result<void> begin();
  // Nothing of the batch is needed afterwards.
  Result<void> write(Batch& batch);

  // Rows of traits without a time that were overruled since are said again. When all is written.
  Result<void> say_repeats_again();
  // The customers of all rows written. `leader`: of each profile.
  void count_customers(const std::vector<Profile>& leader);
  // How much was written; entry, inexact and columnless values included.
  IntakeOutcome& outcome() { return outcome_; }
  EventTables& tables() { return tables_; }
  store::Entry& entry() { return entry_; }
  Profile first_new() const { return first_new_; }  // profiles below it were known before
  Profile next_profile() const { return next_profile_; }
  bool has_new_links() const { return has_new_links_; }

 private:
  Result<void> write_rows_of(Batch& batch);
  Result<void> find_profiles(Batch& batch);
  Result<std::vector<uint8_t>> find_duplicates(const Batch& batch);
  Result<void> add_profiles(Batch& batch, const std::vector<uint8_t>& is_duplicate);
  Result<void> add_links(const Batch& batch, const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq);
  Result<void> write_buffer(const Batch& batch, const RowBuffer& buffer, const std::vector<uint8_t>& is_duplicate,
                            const std::vector<Seq>& seq);
  Result<void> note_repeats(const Batch& batch, const std::vector<uint8_t>& is_duplicate, const std::vector<Seq>& seq);
  void note_times(const Batch& batch, const std::vector<uint8_t>& is_duplicate);

  store::Connection& connection_;
  const std::string key_;
  EventTables tables_;
  store::Entry entry_;
  IntakeOutcome outcome_;
  uint32_t repeats_ = 0;  // of rows of traits without a time
  Profile first_new_ = 0, next_profile_ = 0;
  bool has_new_links_ = false;
  std::vector<uint8_t> profile_seen_;  // of this intake's rows
  std::set<std::pair<std::string, std::string>> columnless_;
};

}  // namespace tessera::profiles
