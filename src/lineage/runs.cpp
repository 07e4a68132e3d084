#include "lineage/runs.hpp"

#include <algorithm>

#include "core/hash.hpp"
#include "profiles/people.hpp"

namespace tessera::lineage {

using store::Connection;
using store::Value;
using store::Writer;

namespace {

constexpr uint32_t kNoGroup = UINT32_MAX;

Value text_or_null(const std::string& text) {
  return text.empty() ? Value(nullptr) : Value(std::string_view(text));
}

std::string text_at(const store::Vector& column, size_t row) {
  return column.is_null(row) ? std::string() : std::string(column.text(row));
}

Result<void> read_segments(Connection& connection, std::vector<KeptRun>& runs) {
  auto answer =
      TRY(connection.query("SELECT run, id, name, rule, set_apart, size, active, value, parent "
                           "FROM tessera.discovery_segment ORDER BY run, ordinal"));
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto run = std::ranges::find(runs, chunk->column(0).values<uint64_t>()[row], &KeptRun::number);
      if (run == runs.end()) continue;
      run->segments.push_back({.id = text_at(chunk->column(1), row),
                               .name = text_at(chunk->column(2), row),
                               .rule = text_at(chunk->column(3), row),
                               .set_apart = chunk->column(4).values<bool>()[row],
                               .size = chunk->column(5).values<uint64_t>()[row],
                               .active = chunk->column(6).values<uint64_t>()[row],
                               .value = chunk->column(7).values<double>()[row],
                               .parent = text_at(chunk->column(8), row)});
    }
  return {};
}

}  // namespace

Result<std::vector<KeptRun>> kept_runs(Connection& connection) {
  auto answer =
      TRY(connection.query("SELECT run, as_of, made, kind, options, goal, k, customers, value_definition, definitions, "
                           "lineage, adopted, in_force FROM tessera.discovery ORDER BY run"));
  std::vector<KeptRun> runs;
  while (const auto chunk = TRY(answer.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto instant = [&](size_t column) {
        return store::instant_of_stored(chunk->column(column).values<int64_t>()[row]);
      };
      KeptRun run{.number = chunk->column(0).values<uint64_t>()[row],
                  .as_of = instant(1),
                  .made = instant(2),
                  .kind = chunk->column(3).values<uint64_t>()[row],
                  .options = text_at(chunk->column(4), row),
                  .goal = text_at(chunk->column(5), row),
                  .k = chunk->column(6).values<uint32_t>()[row],
                  .customers = chunk->column(7).values<uint64_t>()[row],
                  .value_definition = text_at(chunk->column(8), row),
                  .definitions = text_at(chunk->column(9), row),
                  .lineage = {},
                  .adopted = {},
                  .in_force = chunk->column(12).values<bool>()[row],
                  .segments = {}};
      if (const std::string lineage = text_at(chunk->column(10), row); !lineage.empty())
        if (const auto json = parse_json(lineage)) run.lineage = lineage_of_json(*json);
      if (!chunk->column(11).is_null(row)) run.adopted = instant(11);
      runs.push_back(std::move(run));
    }
  TRY(read_segments(connection, runs));
  return runs;
}

// A customer's public id is that of the profile that led it when the history was known; the profile that leads today
// may be another one.
Result<Roster> Roster::read(Connection& connection, const profiles::History& history) {
  const profiles::People people = TRY(profiles::read_people(connection));
  const auto leaders = TRY(profiles::read_leaders(connection, people.kinds.size()));
  Roster out;
  out.profile_.assign(history.customers(), kNobody);
  out.customer_.assign(people.kinds.size(), kNobody);
  for (uint32_t p = 0; p < people.kinds.size(); ++p)
    if (const auto found = history.find_customer(people.public_id[p])) {
      out.customer_[p] = *found;
      out.profile_[*found] = p;
    }
  for (uint32_t p = 0; p < people.kinds.size(); ++p)
    if (out.customer_[p] == kNobody) out.customer_[p] = out.customer_[leaders[p]];
  return out;
}

Result<Generation> generation_of(Connection& connection, const KeptRun& run, const Roster& roster) {
  Generation out{.run = run.number, .as_of = run.as_of, .groups = {}, .known = {}};
  out.known.assign(roster.customers(), false);
  for (const KeptSegment& each : run.segments)
    out.groups.push_back({.id = each.id, .name = each.name, .set_apart = each.set_apart, .members = {}});
  auto answer = TRY(connection.stream("SELECT ordinal, profile FROM tessera.discovery_member WHERE run = ?",
                                      std::array{Value(run.number)}));
  while (const auto chunk = TRY(answer.next())) {
    const auto ordinals = chunk->column(0);
    const auto profiles = chunk->column(1).values<uint32_t>();
    for (size_t row = 0; row < chunk->rows(); ++row) {
      const auto customer = roster.customer(profiles[row]);
      if (!customer) continue;
      out.known[*customer] = true;
      if (ordinals.is_null(row)) continue;
      const uint32_t group = ordinals.values<uint32_t>()[row];
      if (group >= out.groups.size())
        return fail(fmt::format("run {} of discover has members of a group it does not have", run.number), {},
                    try_command("doctor"));
      out.groups[group].members.push_back(*customer);
    }
  }
  for (Group& group : out.groups) {
    std::ranges::sort(group.members);
    group.members.erase(std::unique(group.members.begin(), group.members.end()), group.members.end());
  }
  return out;
}

const KeptRun* run_before(std::span<const KeptRun> runs, uint64_t kind, Instant as_of) {
  const KeptRun *adopted = nullptr, *last = nullptr;
  for (const KeptRun& run : runs) {
    if (run.in_force && run.as_of <= as_of && (!adopted || run.adopted >= adopted->adopted)) adopted = &run;
    if (run.kind == kind && run.as_of < as_of && (!last || run.as_of >= last->as_of)) last = &run;
  }
  return adopted ? adopted : last;
}

// --- writing

namespace {

uint64_t fingerprint_of(const KeptRun& run, const Generation& members, const std::string& lineage) {
  uint64_t out = hash64(run.definitions, static_cast<uint64_t>(run.as_of.ms));
  for (const std::string* text : {&run.options, &run.goal, &lineage}) out = hash64(*text, out);
  for (const Group& group : members.groups) {
    out = hash64(group.id, out);
    out = hash64({reinterpret_cast<const char*>(group.members.data()), group.members.size() * sizeof(uint32_t)}, out);
  }
  return out;
}

Result<void> write_members(Connection& connection, uint64_t number, const Generation& generation,
                           const Roster& roster) {
  const std::vector<std::string> columns = {"run", "ordinal", "profile"};
  auto writer = TRY(Writer::open(connection, "tessera", "discovery_member", columns));
  size_t row = 0;
  const auto put = [&](uint32_t group, uint32_t customer) -> Result<void> {
    const auto profile = roster.profile(customer);
    if (!profile) return {};
    writer.values<uint64_t>(0)[row] = number;
    if (group == kNoGroup)
      writer.set_null(1, row);
    else
      writer.values<uint32_t>(1)[row] = group;
    writer.values<uint32_t>(2)[row] = *profile;
    if (++row == Writer::kRows) TRY(writer.put(std::exchange(row, 0)));
    return {};
  };
  std::vector<bool> is_in_one(generation.known.size(), false);
  for (uint32_t g = 0; g < generation.groups.size(); ++g)
    for (const uint32_t c : generation.groups[g].members) {
      is_in_one[c] = true;
      TRY(put(g, c));
    }
  for (uint32_t c = 0; c < generation.known.size(); ++c)
    if (generation.known[c] && !is_in_one[c]) TRY(put(kNoGroup, c));
  if (row > 0) TRY(writer.put(row));
  return writer.finish();
}

Result<void> drop_old(Connection& connection) {
  auto runs = TRY(connection.query("SELECT run, customers, in_force FROM tessera.discovery ORDER BY run DESC"));
  size_t number = 0;
  uint64_t known = 0;
  std::vector<uint64_t> old;
  while (const auto chunk = TRY(runs.next()))
    for (size_t row = 0; row < chunk->rows(); ++row) {
      known += chunk->column(1).values<uint64_t>()[row];
      const bool is_first = number++ == 0;
      if (!is_first && !chunk->column(2).values<bool>()[row] && (number > kMostRuns || known > kMostKnown))
        old.push_back(chunk->column(0).values<uint64_t>()[row]);
    }
  for (const uint64_t run : old)
    for (const char* table : {"discovery_member", "discovery_segment", "discovery"})
      TRY(connection.run(fmt::format("DELETE FROM tessera.{} WHERE run = ?", table), {run}));
  return {};
}

// One more than any there ever was: the newest run is never dropped.
Result<uint64_t> next_number(Connection& connection) {
  const auto last = TRY(connection.integer("SELECT max(run) FROM tessera.discovery"));
  return static_cast<uint64_t>(last.value_or(0)) + 1;
}

}  // namespace

Result<uint64_t> keep_run(Connection& connection, const KeptRun& run, const Generation& members, const Roster& roster) {
  VERIFY(run.segments.size() == members.groups.size() && members.known.size() == roster.customers());
  const std::string lineage = run.lineage ? to_json(*run.lineage).dump() : "";
  const uint64_t fingerprint = fingerprint_of(run, members, lineage);
  auto transaction = TRY(store::Transaction::begin(connection));
  if (const auto same = TRY(connection.integer(
          "SELECT max(run) FROM tessera.discovery WHERE fingerprint = ? AND as_of = ?", {fingerprint, run.as_of})))
    return static_cast<uint64_t>(*same);
  const uint64_t number = TRY(next_number(connection));
  TRY(connection.run("INSERT INTO tessera.discovery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, false)",
                     {number, run.as_of, run.made, run.kind, std::string_view(run.options), text_or_null(run.goal),
                      uint64_t{run.k}, run.customers, std::string_view(run.value_definition),
                      std::string_view(run.definitions), text_or_null(lineage), fingerprint}));
  for (uint64_t i = 0; i < run.segments.size(); ++i) {
    const KeptSegment& each = run.segments[i];
    TRY(connection.run("INSERT INTO tessera.discovery_segment VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                       {number, i, std::string_view(each.id), std::string_view(each.name), std::string_view(each.rule),
                        each.set_apart, each.size, each.active, each.value, text_or_null(each.parent)}));
  }
  TRY(write_members(connection, number, members, roster));
  TRY(drop_old(connection));
  TRY(transaction.commit());
  return number;
}

Result<void> mark_adopted(Connection& connection, uint64_t run, Adopted how, Instant at) {
  if (how == Adopted::Wholly)
    TRY(connection.run("UPDATE tessera.discovery SET in_force = false WHERE in_force AND run <> ?", {run}));
  TRY(connection.run("UPDATE tessera.discovery SET in_force = true, adopted = ? WHERE run = ?", {at, run}));
  return {};
}

}  // namespace tessera::lineage
