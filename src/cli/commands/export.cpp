#include <unordered_map>

#include "cli/audience.hpp"
#include "cli/commands.hpp"
#include "cli/session.hpp"
#include "core/hash.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "privacy/audit.hpp"
#include "profiles/people.hpp"
#include "store/definitions.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"SEGMENT", "SEGMENT", "Name or id of an applied segment, or of one in the file of -f"},
    {"-e,--expression", "EXPR", "A condition instead of a segment"},
    {"-f,--file", "FILE", "Definitions to use beside the applied ones", Takes::Many, false, Means::Input},
    {"--for", "TOOL", "csv, mailchimp or klaviyo (default: csv)"},
    {"--identified", "", "With e-mail addresses; logged in the record's audit", Takes::Flag},
    {"--tag", "TEXT", "Tag of the contacts (default: a code that does not tell the segment's name)"},
    {"--out", "FILE", "Write to a file instead of standard output", Takes::One, false, Means::Output},
};

Result<ListFor> target_of(const Arguments& given) {
  const std::string name = given.text("for").value_or("csv");
  if (name == "csv") return ListFor::Csv;
  if (name == "mailchimp") return ListFor::Mailchimp;
  if (name == "klaviyo") return ListFor::Klaviyo;
  return usage(fmt::format("--for takes csv, mailchimp or klaviyo, not '{}'", name));
}

// The first reason to leave each customer out: an index in `reasons`, or -1.
Result<std::vector<int>> first_reasons(const Context& context, Session& session, const std::vector<Exclusion>& reasons,
                                       const profiles::History& members, Instant at) {
  std::vector<int> out(members.customers(), -1);
  for (size_t r = 0; r < reasons.size(); ++r) {
    auto parsed = language::parse_expression(reasons[r].condition);
    VERIFY(parsed.ok());
    auto checked = language::check_expression(std::move(parsed.expr), session.schema);
    VERIFY(checked.ok());
    const auto last = static_cast<uint32_t>(checked.program.definitions.size() - 1);
    const auto prepared = TRY(prepare(context, session, std::move(checked.program), last));
    const auto evaluation = segment::evaluate_all(*prepared.bound, at, context.known_at.value_or(kNever));
    for (size_t i = 0; i < out.size(); ++i)
      if (out[i] < 0 && evaluation.is_member(0, i)) out[i] = static_cast<int>(r);
  }
  return out;
}

Result<std::unordered_map<std::string, std::string>> emails_of(store::Record& record) {
  std::unordered_map<std::string, std::string> out;
  for (auto& row :
       TRY(record.connection().rows("SELECT customer, emails[1] FROM main.customers WHERE emails[1] IS NOT NULL")))
    out.emplace(row[0].value_or(""), row[1].value_or(""));
  return out;
}

Result<int> run_export(const Context& context, const Arguments& given) {
  const ListFor target = TRY(target_of(given));
  const bool identified = given.has("identified");
  if (target != ListFor::Csv && !identified)
    return usage("a mailing list needs e-mail addresses, which are shown only when asked for",
                 "add --identified (it is logged)");
  auto session = TRY(open_session(context, identified ? store::OpenMode::MustExist : store::OpenMode::ReadOnly));
  const auto prepared = TRY(prepare_asked(context, session, given));
  const Instant at = as_of(context, *prepared.history);
  const auto evaluation = segment::evaluate_all(*prepared.bound, at, context.known_at.value_or(kNever));
  const auto& segments = prepared.plan->segments;
  const auto asked =
      static_cast<size_t>(std::find(segments.begin(), segments.end(), prepared.output) - segments.begin());
  const auto reasons = exclusions_for(session.schema);
  const auto why = TRY(first_reasons(context, session, reasons, *prepared.history, at));
  const auto emails = identified ? TRY(emails_of(*session.record)) : std::unordered_map<std::string, std::string>{};
  AudienceList list;
  for (size_t i = 0; i < why.size(); ++i) {
    if (!evaluation.is_member(asked, i)) continue;
    const std::string& customer = prepared.history->customer[i];
    const auto email = emails.find(customer);
    const std::string address = email == emails.end() ? "" : email->second;
    if (why[i] >= 0)
      ++list.excluded[reasons[static_cast<size_t>(why[i])].reason];
    else if (identified && target != ListFor::Csv && address.empty())
      ++list.excluded["no e-mail address"];
    else if (identified && !address.empty() && !is_sendable(address))
      ++list.excluded["unusable e-mail address"];
    else
      list.recipients.push_back({customer, address});
  }
  const std::string name = given.text("SEGMENT").value_or(given.text("expression").value_or(""));
  if (identified)
    TRY(privacy::IdentifiedOutput::log(*session.record, context.clock, "cli", "export",
                                       fmt::format("{}: {} customers", name, list.recipients.size())));
  const std::string tag =
      given.text("tag").value_or("t-" + hex_of(hmac_sha256(session.record->pseudonym_key(), name)).substr(0, 8));
  const std::string text = render(list, target, identified, tag);
  if (const auto out = given.text("out"))
    TRY(context.world.write(*out, text));
  else
    context.print(text);
  context.note(fmt::format("{} customers listed", list.recipients.size()));
  for (const auto& [reason, count] : list.excluded) context.note(fmt::format("{} left out: {}", count, reason));
  if (reasons.empty())
    context.note("the data says nothing about consent or unsubscribing; be sure that you may write to these customers");
  return 0;
}

}  // namespace

const Command& export_command() {
  static const Command kCommand{"export", "The list of a segment's customers for the tools you use", kOptions,
                                run_export, Remote::There};
  return kCommand;
}

}  // namespace tessera::cli
