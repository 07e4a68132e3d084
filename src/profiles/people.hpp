// The identifiers, links and customers as the record has them: what identity.hpp works out, read from the tables and
// written to them.
#pragma once

#include <string>
#include <vector>

#include "core/result.hpp"
#include "profiles/identity.hpp"
#include "store/record.hpp"

namespace tessera::profiles {

struct People {
  std::vector<IdentifierKind> kinds;   // of each profile
  std::vector<std::string> public_id;  // of each profile, were it to lead: the user id itself, else the pseudonym
};

// "c-" and 16 hexadecimal digits of a keyed hash: of ten million customers without user id, two share one with a
// probability of 3 in a million.
std::string pseudonym_of(const std::string& key, IdentifierKind kind, std::string_view value);

// Under which a customer is shown in reports and letters, which are passed on: "p-" and 8 hexadecimal digits of a keyed
// hash of the public id.
std::string report_pseudonym(const std::string& key, std::string_view public_id);

Result<People> read_people(store::Connection& connection);
Result<std::vector<Link>> read_links(store::Connection& connection, Seq visible_until = kAllSeqs);
// What was blocked or allowed.
Result<StitchRules> read_stitch_rules(store::Connection& connection, Seq visible_until = kAllSeqs);
// The leaders as the record keeps them (tessera.stitched), for `profiles` profiles.
Result<std::vector<Profile>> read_leaders(store::Connection& connection, size_t profiles);
// Works the leaders out anew and writes them, in the transaction at hand.
Result<Stitching> restitch(store::Connection& connection);

// How a customer can be reached: for exports of real addresses, which are to be written to the audit.
struct Contact {
  std::string public_id, user_id;           // user_id may be empty
  std::vector<std::string> emails, phones;  // ascending
};
// Every customer's, by public id, as in History::customer.
Result<std::vector<Contact>> contacts(store::Connection& connection);

// Two user ids that some fact says are one person.
struct SuspectedDuplicate {
  std::string user_a, user_b;
  std::string through_a, through_b;  // the two identifiers that came together: "email x@y.z"
  Instant learnt = kEver;
};
// In the order in which they were noticed. `limit` 0: all.
Result<std::vector<SuspectedDuplicate>> suspected_duplicates(store::Connection& connection, size_t limit = 0);

enum class LinkFact { AreOne, AreNotOne };
// One entry that says so. Both identifiers must be known; two user ids cannot be joined (the error says so).
Result<void> link_identifiers(store::Record& record, Identifier a, Identifier b, LinkFact fact, std::string_view reason,
                              Instant learnt);

}  // namespace tessera::profiles
