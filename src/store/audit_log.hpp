// Who did and saw what: rows of tessera.audit, each a leaf of a Merkle tree (core/merkle.hpp), so that a row that was
// changed, left out or put in between shows, to whoever noted an earlier head outside of this file. People stand in it
// by pseudonym alone.
//
// Invariant: rows that have a number are numbered 0, 1, 2, ... in the order they were written; `hash` of a row is its
// leaf's, and the one row of tessera.audit_head has the size and peaks of the tree of them all. Rows of before there was
// a tree have no number until the record is opened to be written: they are its first leaves.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/guarded.hpp"
#include "core/merkle.hpp"
#include "core/result.hpp"
#include "core/time.hpp"
#include "store/database.hpp"

namespace tessera::store {

struct AuditEntry {
  std::optional<uint64_t> number;  // none: of before, and not yet a leaf
  Instant done;
  std::string who;                     // the name of a token, "cli", "tessera"
  std::optional<std::string> address;  // where from
  std::string action;
  std::optional<std::string> detail;
};

// Size and root of the tree: what is worth noting.
struct AuditHead {
  uint64_t size = 0;
  std::string root;
};

class AuditLog {
 public:
  // `own`: nobody else's, so that what is written stays, whatever becomes of others' transactions.
  static Result<std::unique_ptr<AuditLog>> open(Connection own);
  // On disk when it returns. Any thread.
  Result<void> append(AuditEntry entry);
  AuditHead head() const;

 private:
  struct State {
    Connection connection;
    MerkleTree tree;
  };
  explicit AuditLog(State state) : state_(std::move(state)) {}
  static Result<void> take_in_older(State& state);
  Guarded<State> state_;
};

// Newest first.
Result<std::vector<AuditEntry>> list_audit(Connection& connection, size_t limit, size_t skip);
// Hashes all of it anew. Error: which entry is not what was written; or, with the head of an earlier day, that the tree
// of that size is another one.
Result<AuditHead> verify_audit(Connection& connection, const std::optional<AuditHead>& earlier);

}  // namespace tessera::store
