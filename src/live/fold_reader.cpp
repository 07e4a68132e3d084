#include "live/fold_reader.hpp"

#include <future>

#include "core/json.hpp"
#include "profiles/message_prints.hpp"
#include "segment/accepted.hpp"

namespace tessera::live {

// --- the record

Result<fold::Wanted> FoldReader::wanted_by(const fold::Definitions& definitions) const {
  fold::Wanted wanted = TRY(fold::Fold::wanted_by(definitions));
  wanted.add(means_.asked);
  return wanted;
}

Result<void> FoldReader::restore(store::Connection& record) {
  Recorder& recorder = means_.recorder;
  const auto applied = TRY(recorder.applied());
  // Beside the rest: the longest question of a start, and about nothing that the rest makes. Before any return below
  // the future waits for it.
  auto begins = std::async(std::launch::async, means_.begins);
  in_force_ =
      std::make_shared<const fold::InForce>(TRY(fold::InForce::read(recorder.connection(), TRY(recorder.schema()))));
  auto memory = TRY(recorder.memory(TRY(wanted_by(in_force_->definitions()))));
  fold_ = TRY(fold::Fold::make(in_force_->definitions(), means_.limits, means_.find_change, std::move(memory)));
  TRY(recorder.fill(*fold_, means_.remembered_from));
  fold_->restore(TRY(begins.get()), applied.at, applied.next_seq);
  for (const std::string& source : TRY(profiles::sources_heard(record))) fold_->inflow().knows_source(source);
  reader_ = means_.make_reader(fold_->intake());
  return {};
}

WritePage FoldReader::page() {
  if (!fold_->has_rows()) return {};
  fold::Page page = fold_->take_page();
  if (fold_->inflow().has_many_names()) {
    fold_->inflow().forget_names();
    reader_ = means_.make_reader(fold_->intake());  // a reader remembers handles, and nothing else
  }
  return [&recorder = means_.recorder, page = std::move(page), changed = std::exchange(changed_, std::nullopt),
          is_restated = std::exchange(is_restated_, false)](store::Connection&) -> Result<void> {
    TRY(recorder.write_fold(page, changed ? &*changed : nullptr));
    if (is_restated) TRY(recorder.note_restated());
    return {};
  };
}

Redefinition FoldReader::redefinition(const LogEntry& entry, Recorder& recorder) const {
  Redefinition out{.changed = [&]() -> Result<fold::InForce::Changed> {
    const auto schema = TRY(recorder.schema());
    if (entry.kind == EntryKind::Define) {
      // By a version that knew no currencies: in the record's, whatever came.
      language::Schema as_then = schema;
      as_then.currency_is_set = true;
      return in_force_->with(entry.text, as_then, entry.learnt);
    }
    if (entry.kind == EntryKind::Remove) return in_force_->without(entry.text, schema, entry.learnt);
    return in_force_->with(TRY(segment::parse_accepted(entry.text)), schema, entry.learnt);
  }()};
  if (!out.changed) return out;
  const auto read = [&]() -> Result<std::unique_ptr<fold::Memory>> {
    fold::Wanted wanted = TRY(wanted_by(out.changed->now.definitions()));
    if (fold_->memory().shape.covers(wanted)) return nullptr;
    return recorder.memory(std::move(wanted));
  };
  if (auto memory = read(); memory)
    out.memory = std::move(*memory);
  else
    out.changed = std::unexpected(memory.error());
  return out;
}

// --- an entry

void FoldReader::apply(AppliedEntry& entry) {
  entry.customers_before = fold_->identities().customers();
  effects_.clear();
  ends_.clear();
  kinds_.clear();
  fold_->begin(entry.offset, entry.entry.learnt);
  Outcome outcome = take(entry);
  fold_->finish(entry.next);
  changes_ = fold_->fresh();
  say_effects(entry);
  entry.outcome = std::move(outcome);
  if (!entry.outcome) return;
  std::visit(Match{[](std::monostate) {},
                   [&](Redefined& redefined) {
                     for (const fold::Flip& flip : changes_)
                       if (flip.cause == feed::Cause::Definition)
                         ++(flip.kind == feed::ChangeKind::Entered ? redefined.entered : redefined.left);
                   },
                   [&](Ruled& ruled) { ruled.changes = changes_.size(); }},
             *entry.outcome);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wswitch"  // a kind that is forgotten here does not compile
Outcome FoldReader::take(AppliedEntry& entry) {
  switch (entry.entry.kind) {
    case EntryKind::Tick:
      return {};
    case EntryKind::Events:
      read(entry.entry);
      return {};
    case EntryKind::Define:
      return redefine(entry);
    case EntryKind::Accept:
      return redefine(entry);
    case EntryKind::Remove:
      return redefine(entry);
    case EntryKind::Ruling:
      return rule(entry.entry);
    case EntryKind::Facts:
      return put(entry.entry);
    case EntryKind::Note:
      return {};  // another reader's
    case EntryKind::Restate:
      fold_->restate(entry.said);
      is_restated_ = has_restated_ = true;
      return {};
  }
  return {};
}
#pragma GCC diagnostic pop

void FoldReader::read(const LogEntry& entry) {
  fold::Inflow& inflow = fold_->inflow();
  for (const LogEntry::Call& call : entry.calls) {
    const bool is_import = call.type == kRowsOfImport;
    const fold::Inflow::Counts before = inflow.counts();
    const size_t traits = is_import ? inflow.rows_kept(profiles::SystemStream::Identify) : 0;
    inflow.note_kinds(&kinds_);
    inflow.from_source(is_import || call.source.find('/') != std::string_view::npos ? "" : call.source);
    reader_->read({std::string(call.source), std::string(call.type), std::string(call.body)}, entry.learnt);
    const fold::Inflow::Counts& now = inflow.counts();
    effects_.push_back({.counts = {.rows = now.rows - before.rows,
                                   .duplicates = now.duplicates - before.duplicates,
                                   .rejects = now.rejects - before.rejects,
                                   .refused = now.refused - before.refused},
                        .trait_facts = is_import ? inflow.rows_kept(profiles::SystemStream::Identify) - traits : 0,
                        .kinds = {},
                        .rows = {}});
    ends_.push_back({kinds_.size(), inflow.rows_put()});
  }
  inflow.note_kinds(nullptr);
  inflow.from_source("");
}

void FoldReader::say_effects(AppliedEntry& entry) {
  const std::span<const fold::Touched::Row> rows = fold_->rows();
  const std::span<const profiles::Intake::Kind> kinds = kinds_;
  End from{0, 0};
  for (size_t i = 0; i < effects_.size(); ++i) {
    effects_[i].kinds = kinds.subspan(from.kinds, ends_[i].kinds - from.kinds);
    effects_[i].rows = rows.subspan(from.rows, ends_[i].rows - from.rows);
    from = ends_[i];
  }
  entry.fold = fold_.get();
  entry.changes = changes_;
  entry.calls = effects_;
}

Outcome FoldReader::redefine(AppliedEntry& entry) {
  VERIFY(entry.redefinition && !changed_);
  Result<fold::InForce::Changed>& changed = entry.redefinition->changed;
  if (!changed) return std::unexpected(changed.error());
  TRY(fold_->redefine(changed->now.definitions(), std::move(entry.redefinition->memory), &changed->touched));
  in_force_ = std::make_shared<const fold::InForce>(std::move(changed->now));
  Redefined out{.definitions = {}, .in_force_since = entry.entry.learnt, .warnings = changed->warnings};
  for (const auto& written : changed->written) out.definitions.push_back(written.slug);
  for (const auto& [kind, slug] : changed->removed) out.definitions.push_back(slug);
  changed_ = std::move(*changed);
  return out;
}

Outcome FoldReader::put(const LogEntry& entry) {
  const auto facts = TRY(profiles::parse_facts(entry.text));
  TRY(fold_->inflow().put(facts));
  return {};
}

Outcome FoldReader::rule(const LogEntry& entry) {
  const profiles::Ruling ruling = TRY(profiles::parse_ruling(TRY(parse_json(entry.text))));
  TRY(fold_->inflow().rule(ruling));
  return Ruled{.ruling = ruling, .learnt = entry.learnt};
}

}  // namespace tessera::live
