#include "workspace/audience.hpp"

#include <unordered_map>

#include "core/csv.hpp"
#include "core/hash.hpp"
#include "core/stop.hpp"
#include "language/check.hpp"
#include "language/parse.hpp"
#include "privacy/audit.hpp"

namespace tessera::workspace {

namespace {

// An event that ends permission, and the one that gives it again.
struct Signal {
  std::string_view reason, event, undone_by;
};
constexpr Signal kSignals[] = {
    {"complained", "Email Marked as Spam", ""},
    {"complained", "Marked Email as Spam", ""},
    {"bounced", "Email Bounced", ""},
    {"bounced", "Bounced Email", ""},
    {"unsubscribed", "Unsubscribed", "Subscribed"},
    {"unsubscribed", "Email Unsubscribed", "Email Subscribed"},
    {"unsubscribed", "Unsubscribed from List", "Subscribed to List"},
};

// Traits that say yes or no to being written to.
constexpr std::string_view kConsentTraits[] = {"email_consent",           "marketing_consent", "accepts_marketing",
                                               "accepts_email_marketing", "email_opt_in",      "newsletter"};
constexpr std::string_view kYes = R"(("yes", "true", "y", "1", "subscribed", "opted-in", "opt-in"))";

// "trait x is true", whatever types the trait came in.
std::string says_yes(std::string_view trait, const std::set<language::Schema::Form>& forms) {
  std::vector<std::string> ways;
  for (const auto& form : forms) {
    if (form.is_list) continue;
    if (form.type == profiles::PropertyType::Bool) ways.push_back(fmt::format("trait {} is true", trait));
    if (form.type == profiles::PropertyType::Number) ways.push_back(fmt::format("trait {} = 1", trait));
    if (form.type == profiles::PropertyType::Text) ways.push_back(fmt::format("trait {} in {}", trait, kYes));
  }
  std::string out;
  for (const std::string& way : ways) out += (out.empty() ? "" : " or ") + way;
  return out.empty() ? out : "(" + out + ")";
}

void add(std::vector<Exclusion>& to, std::string_view reason, std::string condition) {
  for (Exclusion& one : to)
    if (one.reason == reason) {
      one.condition += " or " + condition;
      return;
    }
  to.push_back({std::string(reason), std::move(condition)});
}

}  // namespace

std::vector<Exclusion> exclusions_for(const language::Schema& schema) {
  std::vector<Exclusion> out;
  for (const Signal& signal : kSignals) {
    if (!schema.events.contains(std::string(signal.event))) continue;
    const bool can_undo = schema.events.contains(std::string(signal.undone_by));
    add(out, signal.reason,
        can_undo ? fmt::format("(did \"{0}\" and no \"{1}\" since last \"{0}\")", signal.event, signal.undone_by)
                 : fmt::format("did \"{}\"", signal.event));
  }
  if (const auto found = schema.traits.find("unsubscribed"); found != schema.traits.end())
    if (const std::string yes = says_yes(found->first, found->second); !yes.empty()) add(out, "unsubscribed", yes);
  for (const std::string_view trait : kConsentTraits) {
    const auto found = schema.traits.find(std::string(trait));
    if (found == schema.traits.end()) continue;
    const std::string yes = says_yes(trait, found->second);
    if (yes.empty()) continue;
    add(out, "consent refused", fmt::format("(trait {} is known and not {})", trait, yes));
    add(out, "consent unknown", fmt::format("trait {} is unknown", trait));
  }
  return out;
}

bool is_sendable(std::string_view email) {
  const size_t at = email.find('@');
  if (at == 0 || at == std::string_view::npos || email.find('@', at + 1) != std::string_view::npos) return false;
  const std::string_view domain = email.substr(at + 1);
  if (domain.size() < 3 || domain.find('.') == std::string_view::npos || domain.front() == '.' || domain.back() == '.')
    return false;
  if (std::string_view("=+-@").find(email.front()) != std::string_view::npos) return false;
  return std::none_of(email.begin(), email.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == ',' || c == ';' || c == '<' || c == '>' ||
           c == '\x7f';
  });
}

std::string render(const AudienceList& list, const AudienceWish& wish, std::string_view tag) {
  const auto field = [&](std::string_view text) { return csv_field(text, wish.reader); };
  const ListFor target = wish.target;
  const bool identified = wish.identified;
  std::string out;
  if (target == ListFor::Csv) {
    out = identified ? "customer,email\n" : "customer\n";
    for (const Recipient& one : list.recipients)
      out += identified ? field(one.customer) + "," + field(one.email) + "\n" : field(one.customer) + "\n";
    return out;
  }
  const bool mailchimp = target == ListFor::Mailchimp;
  out = mailchimp ? "Email Address,Tags\n" : "Email,External ID,Tags\n";
  for (const Recipient& one : list.recipients)
    out += field(one.email) + "," + (mailchimp ? "" : field(one.customer) + ",") + field(tag) + "\n";
  return out;
}

namespace {

// The first reason to leave each customer out: an index in `reasons`, or -1.
Result<std::vector<int>> first_reasons(Workspace& workspace, const std::vector<Exclusion>& reasons,
                                       const Answer& answer) {
  std::vector<int> out(answer.prepared.history->customers(), -1);
  for (size_t r = 0; r < reasons.size(); ++r) {
    auto parsed = language::parse_expression(reasons[r].condition);
    VERIFY(parsed.ok());
    auto checked = language::check_expression(std::move(parsed.expr), workspace.schema);
    VERIFY(checked.ok());
    const auto last = static_cast<uint32_t>(checked.program.definitions.size() - 1);
    const auto prepared = TRY(prepare(workspace, std::move(checked.program), last));
    const auto evaluation = segment::evaluate_all(*prepared.bound, workspace.as_of(), workspace.known_at());
    TRY(go_on());
    for (size_t i = 0; i < out.size(); ++i)
      if (out[i] < 0 && evaluation.is_member(0, i)) out[i] = static_cast<int>(r);
  }
  return out;
}

using Addresses = std::unordered_map<std::string, std::string>;

Result<Addresses> addresses_of(store::Connection& connection) {
  Addresses out;
  for (auto& row : TRY(connection.rows("SELECT customer, emails[1] FROM main.customers WHERE emails[1] IS NOT NULL")))
    out.emplace(row[0].value_or(""), row[1].value_or(""));
  return out;
}

AudienceList list_of(const Answer& answer, const std::vector<Exclusion>& reasons, const std::vector<int>& why,
                     const Addresses& addresses, const AudienceWish& wish) {
  AudienceList out;
  for (size_t i = 0; i < why.size(); ++i) {
    if (!answer.evaluation.is_member(answer.segment, i)) continue;
    const std::string& customer = answer.prepared.history->customer[i];
    const auto known = addresses.find(customer);
    const std::string address = known == addresses.end() ? "" : known->second;
    if (why[i] >= 0)
      ++out.excluded[reasons[static_cast<size_t>(why[i])].reason];
    else if (wish.identified && wish.target != ListFor::Csv && address.empty())
      ++out.excluded["no e-mail address"];
    else if (wish.identified && !address.empty() && !is_sendable(address))
      ++out.excluded["unusable e-mail address"];
    else
      out.recipients.push_back({customer, address});
  }
  return out;
}

}  // namespace

Result<Audience> audience(Workspace& workspace, const AudienceWish& wish, std::string_view by) {
  const Answer answer = TRY(ask(workspace, wish.question));
  const auto reasons = exclusions_for(workspace.schema);
  const auto why = TRY(first_reasons(workspace, reasons, answer));
  const Addresses addresses = wish.identified ? TRY(addresses_of(workspace.connection())) : Addresses{};
  Audience out{.list = list_of(answer, reasons, why, addresses, wish),
               .text = {},
               .knows_consent = !reasons.empty(),
               .warnings = answer.prepared.warnings,
               .nothing_since = nothing_since(workspace, *answer.prepared.history)};
  const std::string& name = wish.question.segment ? *wish.question.segment : *wish.question.condition;
  if (wish.identified)
    TRY(privacy::IdentifiedOutput::log(*workspace.record, *workspace.clock, by, "export",
                                       fmt::format("{}: {} customers", name, out.list.recipients.size())));
  const std::string code = "t-" + hex_of(hmac_sha256(workspace.record->pseudonym_key(), name)).substr(0, 8);
  out.text = render(out.list, wish, wish.tag.value_or(code));
  return out;
}

}  // namespace tessera::workspace
