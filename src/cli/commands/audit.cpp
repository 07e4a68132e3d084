// The audit: who did and saw what, and whether it is still what was written.
#include "cli/command.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "store/audit_log.hpp"

namespace tessera::cli {

namespace {

constexpr size_t kPage = 1'000;

constexpr Option kListOptions[] = {{"--limit", "N", "At most so many (default: 1000)"},
                                   {"--skip", "N", "Leave out so many, newest first"}};
constexpr Option kVerifyOptions[] = {
    {"--head", "SIZE:ROOT", "As verify said on an earlier day: were the entries of then changed?", Takes::One, false,
     Means::Itself, "the entries alone are held against each other", Needs::Any, Noted::Itself}};

Result<int> run_list(const Context& context, const Arguments& given) {
  const auto limit = TRY(given.whole("limit", 1, INT32_MAX)), skip = TRY(given.whole("skip", 0, INT32_MAX));
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  std::vector<ListRow> rows;
  for (const store::AuditEntry& entry : TRY(store::list_audit(
           record->connection(), static_cast<size_t>(limit.value_or(kPage)), static_cast<size_t>(skip.value_or(0)))))
    rows.push_back({entry.number ? std::optional(std::to_string(*entry.number)) : std::nullopt, text_of(entry.done),
                    entry.who, entry.address, entry.action, entry.detail});
  context.print(
      render_list({{"number", true}, {"done"}, {"who"}, {"address"}, {"action"}, {"detail"}}, rows, context.format));
  return 0;
}

// "17:5d2c..."
Result<store::AuditHead> head_in(const std::string& text) {
  const size_t colon = text.find(':');
  store::AuditHead out;
  const auto [end, error] = std::from_chars(text.data(), text.data() + std::min(colon, text.size()), out.size);
  if (colon != std::string::npos) out.root = text.substr(colon + 1);
  const bool is_hash = out.root.size() == 64 && out.root.find_first_not_of("0123456789abcdef") == std::string::npos;
  if (error != std::errc() || end != text.data() + colon || !is_hash)
    return usage(fmt::format("'{}' is no head of an audit", text),
                 try_command("audit verify").note("says the head of now: a size, ':', and 64 digits"));
  return out;
}

Result<int> run_verify(const Context& context, const Arguments& given) {
  std::optional<store::AuditHead> earlier;
  if (const auto head = given.text("head")) earlier = TRY(head_in(*head));
  auto record = TRY(context.world.open_record(store::OpenMode::ReadOnly));
  const store::AuditHead head = TRY(store::verify_audit(record->connection(), earlier));
  if (context.format == Format::Json)
    context.print(Json::object().set("size", head.size).set("root", head.root).dump(2));
  else
    context.print(fmt::format("{}:{}", head.size, head.root));
  context.note(earlier ? fmt::format("whole, and its first {} entries are those of then", earlier->size)
                       : std::string("whole; keep this line elsewhere, to hold a later audit against it"));
  return 0;
}

}  // namespace

std::span<const Command> audit_rows() {
  static const Command kRows[] = {
      {"audit list", "Who did and saw what, newest first", kListOptions, run_list, Remote::There, Needs::Admin},
      {"audit verify", "Whether the audit is what was written, and its head to keep", kVerifyOptions, run_verify,
       Remote::There, Needs::Admin}};
  return kRows;
}

}  // namespace tessera::cli
