// The list a marketer can use today: the members of a segment that may be written to. Who may not is said in the
// segment language itself (definitions over the events and traits that the record knows: unsubscribed, bounced,
// complained, consent refused or unknown), so it is as exact, as dated and as explainable as any segment.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/csv.hpp"
#include "workspace/ask.hpp"

namespace tessera::workspace {

enum class ListFor { Csv, Mailchimp, Klaviyo };

// Why a member is left out, in the order in which reasons are tried; a member counts under the first that holds.
struct Exclusion {
  std::string reason;     // "unsubscribed"
  std::string condition;  // in the segment language
};
// Those that this record can answer. Empty: its data says nothing about consent.
std::vector<Exclusion> exclusions_for(const language::Schema& schema);

struct Recipient {
  std::string customer;
  std::string email;  // empty: none known
};

struct AudienceList {
  std::vector<Recipient> recipients;
  std::map<std::string, uint64_t> excluded;
};

// A plain address: one '@' with something on both sides, a dot in the domain, no blanks, quotes, commas or control
// characters, and no first character that a spreadsheet would run as a formula.
bool is_sendable(std::string_view email);

struct AudienceWish {
  Question question;
  ListFor target = ListFor::Csv;
  bool identified = false;         // with e-mail addresses, which is written into the record's audit
  std::optional<std::string> tag;  // of the contacts; none: a code that does not tell the segment's name
  CsvFor reader = CsvFor::Spreadsheets;
};

// The file the tool takes: csv "customer[,email]"; Mailchimp "Email Address,Tags"; Klaviyo "Email,External ID,Tags".
// The tag is a code, not the segment's name: names such as "diabetes, lapsed" must not leave the house.
std::string render(const AudienceList& list, const AudienceWish& wish, std::string_view tag);

struct Audience {
  AudienceList list;
  std::string text;            // as render() gives it
  bool knows_consent = false;  // the data says something about consent or unsubscribing
  std::string warnings;        // of the question
  std::optional<Instant> nothing_since;
};
// The members that may be written to. REQUIRES: opened to be written where `identified`.
Result<Audience> audience(Workspace& workspace, const AudienceWish& wish, std::string_view by);

}  // namespace tessera::workspace
