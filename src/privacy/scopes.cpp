#include "privacy/scopes.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::privacy {

namespace {

constexpr uint8_t bits(std::initializer_list<Needs> needs) {
  uint8_t out = 1 << static_cast<int>(Needs::Open) | 1 << static_cast<int>(Needs::Any);
  for (const Needs each : needs) out = static_cast<uint8_t>(out | 1 << static_cast<int>(each));
  return out;
}

constexpr ScopeRow kRows[] = {
    {Scope::Read, "read", "definitions, counts, discoveries, status, metrics: nothing of one customer",
     bits({Needs::Read})},
    {Scope::Write, "write", "read; and apply and remove definitions, decide about customers, import, discover",
     bits({Needs::Read, Needs::Write})},
    {Scope::Identified, "identified",
     "read; and customers: who they are, members by id, changes, rejects, exports, SQL",
     bits({Needs::Read, Needs::Identified})},
    {Scope::Source, "source:NAME", "see, make and revoke the write keys of this source", bits({Needs::Sources})},
    {Scope::Admin, "admin", "everything: also tokens, write keys, webhooks, backups, the audit",
     bits({Needs::Read, Needs::Write, Needs::Identified, Needs::Sources, Needs::Admin})},
};
constexpr std::string_view kSource = "source:";

std::unexpected<Error> no_scope(std::string_view text) {
  std::string known;
  for (const ScopeRow& row : kRows) known += fmt::format("{}{}", known.empty() ? "" : ", ", row.name);
  return usage(fmt::format("'{}' is no scope; there are {}", repair_utf8(text), known),
               try_again().option("--scopes", "read,identified"));
}

}  // namespace

std::span<const ScopeRow> scope_rows() {
  return kRows;
}

std::string_view name_of(Needs needs) {
  constexpr std::string_view kNames[] = {"none", "any", "read", "write", "identified", "source", "admin"};
  return kNames[static_cast<size_t>(needs)];
}

Scopes Scopes::all() {
  Scopes out;
  out.scopes_ = 1 << static_cast<int>(Scope::Admin);
  return out;
}

Result<Scopes> Scopes::parse(std::string_view text) {
  Scopes out;
  for (const std::string_view part : split(text, ',')) {
    const std::string_view name = trim(part);
    const auto* row = std::ranges::find(kRows, name, &ScopeRow::name);
    const bool is_source = name.starts_with(kSource) && name.size() > kSource.size();
    if (is_source) {
      row = &kRows[static_cast<size_t>(Scope::Source)];
      out.sources_.emplace_back(name.substr(kSource.size()));
    } else if (row == std::end(kRows) || row->scope == Scope::Source) {
      return no_scope(name);
    }
    out.scopes_ = static_cast<uint8_t>(out.scopes_ | 1 << static_cast<int>(row->scope));
  }
  std::ranges::sort(out.sources_);
  out.sources_.erase(std::ranges::unique(out.sources_).begin(), out.sources_.end());
  return out;
}

bool Scopes::covers(Needs needs) const {
  return needs == Needs::Open ||
         std::ranges::any_of(kRows, [&](const ScopeRow& row) { return has(row.scope) && row.covers(needs); });
}

bool Scopes::covers_source(std::string_view source) const {
  return has(Scope::Admin) || std::ranges::binary_search(sources_, source);
}

std::string Scopes::text() const {
  std::string out;
  const auto put = [&](std::string_view word) { out += fmt::format("{}{}", out.empty() ? "" : ",", word); };
  for (const ScopeRow& row : kRows) {
    if (!has(row.scope)) continue;
    if (row.scope != Scope::Source) put(row.name);
    for (const std::string& source : row.scope == Scope::Source ? sources_ : std::vector<std::string>{})
      put(fmt::format("{}{}", kSource, source));
  }
  return out;
}

}  // namespace tessera::privacy
