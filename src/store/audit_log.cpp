#include "store/audit_log.hpp"

#include "core/json.hpp"
#include "core/text.hpp"
#include "store/record_file.hpp"

namespace tessera::store {

namespace {

constexpr std::string_view kColumns = "number, epoch_ms(done), who, address, action, detail, hash";

// The bytes of a leaf. Hashed and kept: never change.
std::string leaf_of(const AuditEntry& entry) {
  const auto text = [](const std::optional<std::string>& value) { return value ? Json(*value) : Json(); };
  return Json::array()
      .add(*entry.number)
      .add(entry.done.ms)
      .add(entry.who)
      .add(text(entry.address))
      .add(entry.action)
      .add(text(entry.detail))
      .dump();
}

using Row = std::vector<std::optional<std::string>>;

AuditEntry entry_of(const Row& row) {
  return {.number = row[0] ? std::optional(std::strtoull(row[0]->c_str(), nullptr, 10)) : std::nullopt,
          .done = Instant{std::atoll(row[1].value_or("0").c_str())},
          .who = row[2].value_or(""),
          .address = row[3],
          .action = row[4].value_or(""),
          .detail = row[5]};
}

Value value_of(const std::optional<std::string>& text) {
  return text ? Value(std::string_view(*text)) : Value(nullptr);
}

std::unexpected<Error> changed(uint64_t number) {
  return fail(fmt::format("the audit was changed: entry {} is not the one that was written", number), {},
              try_restoring());
}

// In the same transaction as the leaves.
Result<void> keep_head(Connection& connection, const MerkleTree& tree) {
  TRY(connection.run("UPDATE tessera.audit_head SET size = ?, peaks = ?",
                     {tree.size(), std::string_view(tree.peaks())}));
  return {};
}

// As the record has it.
Result<MerkleTree> kept_tree(Connection& connection) {
  const auto head = TRY(connection.rows("SELECT size, peaks FROM tessera.audit_head"));
  if (head.size() != 1) return fail("the audit has no head", {}, try_restoring());
  auto tree = MerkleTree::from(std::strtoull(head[0][0].value_or("").c_str(), nullptr, 10), head[0][1].value_or(""));
  if (!tree) return fail("the audit was changed: its head is of no tree", {}, try_restoring());
  return std::move(*tree);
}

}  // namespace

Result<std::unique_ptr<AuditLog>> AuditLog::open(Connection own) {
  MerkleTree tree = TRY(kept_tree(own));
  State state{.connection = std::move(own), .tree = std::move(tree)};
  TRY(take_in_older(state));
  return std::unique_ptr<AuditLog>(new AuditLog(std::move(state)));
}

Result<void> AuditLog::take_in_older(State& state) {
  const auto older = TRY(state.connection.rows(
      fmt::format("SELECT {}, rowid FROM tessera.audit WHERE number IS NULL ORDER BY done, rowid", kColumns)));
  if (older.empty()) return {};
  MerkleTree tree = state.tree;
  auto transaction = TRY(Transaction::begin(state.connection));
  for (const Row& row : older) {
    AuditEntry entry = entry_of(row);
    entry.number = tree.size();
    const std::string leaf = leaf_of(entry);
    tree.push(leaf);
    TRY(state.connection.run("UPDATE tessera.audit SET number = ?, hash = ? WHERE rowid = ?",
                             {*entry.number, std::string_view(MerkleTree::hash_of(leaf)),
                              int64_t{std::atoll(row.back().value_or("0").c_str())}}));
  }
  TRY(keep_head(state.connection, tree));
  TRY(transaction.commit());
  state.tree = std::move(tree);
  return {};
}

Result<void> AuditLog::append(AuditEntry entry) {
  for (std::string* text : {&entry.who, &entry.action}) *text = repair_utf8(*text);
  for (std::optional<std::string>* text : {&entry.address, &entry.detail})
    if (*text) *text = repair_utf8(**text);
  auto state = state_.lock();
  entry.number = state->tree.size();
  const std::string leaf = leaf_of(entry);
  MerkleTree tree = state->tree;
  tree.push(leaf);
  auto transaction = TRY(Transaction::begin(state->connection));
  TRY(state->connection.run(
      "INSERT INTO tessera.audit(done, who, action, detail, number, address, hash) VALUES (?, ?, ?, ?, ?, ?, ?)",
      {entry.done, std::string_view(entry.who), std::string_view(entry.action), value_of(entry.detail), *entry.number,
       value_of(entry.address), std::string_view(MerkleTree::hash_of(leaf))}));
  TRY(keep_head(state->connection, tree));
  TRY(transaction.commit());
  state->tree = std::move(tree);
  return {};
}

AuditHead AuditLog::head() const {
  return state_.with([](const State& state) { return AuditHead{state.tree.size(), state.tree.root()}; });
}

Result<std::vector<AuditEntry>> list_audit(Connection& connection, size_t limit, size_t skip) {
  std::vector<AuditEntry> out;
  for (const Row& row : TRY(connection.rows(
           fmt::format("SELECT {} FROM tessera.audit ORDER BY number DESC NULLS FIRST, done DESC LIMIT ? OFFSET ?",
                       kColumns),
           {static_cast<int64_t>(limit), static_cast<int64_t>(skip)})))
    out.push_back(entry_of(row));
  return out;
}

Result<AuditHead> verify_audit(Connection& connection, const std::optional<AuditHead>& earlier) {
  MerkleTree tree;
  constexpr size_t kPage = 10'000;
  bool is_as_noted = !earlier || (earlier->size == 0 && earlier->root == tree.root());
  for (size_t read = kPage; read == kPage;) {
    const auto rows = TRY(connection.rows(
        fmt::format("SELECT {} FROM tessera.audit WHERE number IS NOT NULL AND number >= ? ORDER BY number LIMIT {}",
                    kColumns, kPage),
        {tree.size()}));
    read = rows.size();
    for (const Row& row : rows) {
      const AuditEntry entry = entry_of(row);
      if (entry.number != tree.size()) return changed(tree.size());
      const std::string leaf = leaf_of(entry);
      if (row[6] != MerkleTree::hash_of(leaf)) return changed(*entry.number);
      tree.push(leaf);
      if (earlier && earlier->size == tree.size()) is_as_noted = earlier->root == tree.root();
    }
  }
  if (tree != TRY(kept_tree(connection)))
    return fail(fmt::format("the audit was changed: its {} entries are not those of its head", tree.size()), {},
                try_restoring());
  if (earlier && earlier->size > tree.size())
    return fail(fmt::format("the audit has {} entries, and had {} when its head was noted", tree.size(), earlier->size),
                {}, try_restoring());
  if (!is_as_noted)
    return fail(
        fmt::format("the first {} entries of the audit are not those of which the head was noted", earlier->size), {},
        try_restoring());
  return AuditHead{tree.size(), tree.root()};
}

}  // namespace tessera::store
