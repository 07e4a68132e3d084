#include "cli/guide.hpp"

#include <array>

namespace tessera::cli {

namespace {

constexpr GroupWords kGroups[] = {
    {Group::Data, "Data in"},
    {Group::Understand, "Find out"},
    {Group::Segments, "Segments, and what they are for"},
    {Group::Keep, "Keep it sound and safe"},
};

constexpr Example kImport[] = {
    {"import orders.csv", "shows what it takes the columns for, and asks"},
    {"import orders.csv customers.csv --yes --zone Europe/London", "several, joined on shared ids"},
    {"import till.csv --map customer=Card,time=Sold,order=Receipt,amount=Price", "columns by name"},
};
constexpr Example kServe[] = {
    {"serve", "on this machine, port 8080; it prints a write key and a token"},
    {"serve --listen :443 --tls-cert cert.pem --tls-key key.pem", "for everybody, over HTTPS"},
};
constexpr Example kSimulate[] = {{"simulate --customers 10000 --preset shop --out demo",
                                  "then: tessera import "
                                  "demo/events.jsonl"}};
constexpr Example kRejects[] = {{"rejects --limit 20", "with file, line and reason"}};
constexpr Example kEventsList[] = {{"events list", "names, and how many rows each has"}};
constexpr Example kEventsDrop[] = {{"events drop --rare --fewer-than 5", "shows which; --yes takes them away"}};

constexpr Example kDiscover[] = {
    {"discover --out report", "report/report.html is to be read, report/segments.tsl to be used"},
    {"discover --goal repeat --horizon '60 days' --out report", "segments that tell who buys again"},
};
constexpr Example kDiscoveries[] = {{"discoveries", "those that are kept, newest first"}};
constexpr Example kHunch[] = {
    {"hunch 'did \"Product Viewed\" in the last 7 days' then 'did \"Order Completed\" in the last 7 days' --horizon "
     "'7 days'",
     "beside customers who are like them"},
};
constexpr Example kLetter[] = {{"letter --since '7 days' --out letter", "what the week brought"}};
constexpr Example kCustomer[] = {{"customer email:ann@example.com",
                                  "segments, why, since when, what time alone "
                                  "will change"}};
constexpr Example kDuplicates[] = {{"customers duplicates", "who may be one person"}};
constexpr Example kSql[] = {
    {"sql 'SELECT count(*) FROM order_completed'", "a view for each event"},
    {"--format csv sql 'SELECT * FROM order_completed LIMIT 10'", "as CSV"},
};
constexpr Example kCluster[] = {{"cluster numbers.csv --scale standard --labels labels.csv", "any table of numbers"}};

constexpr Example kAdopt[] = {
    {"adopt --dry-run", "who would enter and leave"},
    {"adopt --only high-spend --yes", "one segment of the newest run"},
};
constexpr Example kCheck[] = {{"segments check segments.tsl", "mistakes, with line and column"}};
constexpr Example kFmt[] = {{"segments fmt --write segments.tsl", "in the one readable form"}};
constexpr Example kApply[] = {{"segments apply segments.tsl", "into force, with versions"},
                              {"segments apply segments.tsl --dry-run", "who would enter and leave"}};
constexpr Example kRename[] = {{"segments rename big-spenders 'Best customers'", "its id, rule and members stay"}};
constexpr Example kRemove[] = {{"segments remove big-spenders", "its past can still be asked for"}};
constexpr Example kList[] = {{"segments list --text", "with their definitions"}};
constexpr Example kCount[] = {
    {"segments count big-spenders", "of a segment in force"},
    {"segments count -e 'at least 2 \"Order Completed\" in the last 30 days'", "of a condition"},
    {"segments count -f segments.tsl big-spenders", "of a file that is not applied"},
};
constexpr Example kMembers[] = {
    {"segments members big-spenders", "ids, one a line"},
    {"--as-of 2026-03-01 segments members big-spenders", "as it was then"},
};
constexpr Example kExplain[] = {{"segments explain big-spenders --customer c0000017", "which of its conditions hold"}};
constexpr Example kLibrary[] = {{"segments library", "what is ready, and what each needs in the data"}};
constexpr Example kExport[] = {
    {"export big-spenders --out list.csv", "ids"},
    {"export big-spenders --for mailchimp --identified --out list.csv", "with addresses; logged in the audit"},
};
constexpr Example kLink[] = {
    {"customers link email:ann@example.com user_id:1001 --reason 'said so by phone'", "one person"}};
constexpr Example kUnlink[] = {
    {"customers unlink email:ann@example.com user_id:1001 --reason 'a shared address'", "two people"}};
constexpr Example kMark[] = {{"customers mark user_id:1001 --as staff", "in no segment any more"}};
constexpr Example kUnmark[] = {{"customers unmark user_id:1001", "as before"}};
constexpr Example kMarked[] = {{"customers marked", "who is marked, and as what"}};
constexpr Example kConsent[] = {{"customers consent email:ann@example.com --profiling no", "out of every segment"}};
constexpr Example kBlock[] = {{"customers block anonymous_id:kiosk-1", "joins nobody"}};
constexpr Example kUnblock[] = {{"customers unblock anonymous_id:kiosk-1", "as before"}};
constexpr Example kAllow[] = {{"customers allow email:info@example.com", "however many it joins"}};
constexpr Example kStaff[] = {{"customers staff example.com", "whoever has an address there"}};

constexpr Example kKeysAdd[] = {{"keys add web-shop", "a write key for a page or an app"}};
constexpr Example kKeysList[] = {{"keys list", "with their sources"}};
constexpr Example kKeysRevoke[] = {{"keys revoke twk_5c1f", "from the next request on"}};
constexpr Example kTokensMake[] = {{"tokens make --name dashboard --scopes read --expires '90 days'",
                                    "reads, and "
                                    "nobody's name"}};
constexpr Example kTokensList[] = {{"tokens list", "names, scopes, ends"}};
constexpr Example kTokensRevoke[] = {{"tokens revoke dashboard", "from the next request on"}};
constexpr Example kAuditList[] = {{"audit list --limit 20", "who did or saw what, newest first"}};
constexpr Example kAuditVerify[] = {{"audit verify", "keep what it says elsewhere"}};
constexpr Example kClockAccept[] = {{"--store http://127.0.0.1:8080 clock accept", "a jump that is meant"}};
constexpr Example kClockBack[] = {{"clock back --to 2026-03-01", "with its server stopped"}};
constexpr Example kZone[] = {{"zone Europe/Berlin", "$hour and its kin by the clock of Berlin"}};
constexpr Example kCurrency[] = {{"currency EUR", "amounts that name no currency are euros, and so are figures"},
                                 {"currency EUR --rates eurofxref-hist.csv", "and amounts of others are converted"}};
constexpr Example kBackup[] = {{"backup copy.duckdb", "also of a running server"}};
constexpr Example kRestore[] = {{"--store new.duckdb restore copy.duckdb", "copy.duckdb.keys lies beside it"}};
constexpr Example kKeystoreNew[] = {{"keystore new", "where the old one is lost for good"}};
constexpr Example kDoctor[] = {{"doctor", "exit code 1: something is wrong"}};
constexpr Example kCompletion[] = {
    {"completion bash", "source <(tessera completion bash), or keep it in /etc/bash_completion.d"},
    {"completion fish", "to ~/.config/fish/completions/tessera.fish"},
};
constexpr Example kMan[] = {{"man --out man1", "tessera.1 and a page a command"}};

constexpr Guide kGuides[] = {
    {"import", Group::Data, kImport},
    {"serve", Group::Data, kServe},
    {"simulate", Group::Data, kSimulate},
    {"rejects", Group::Data, kRejects},
    {"events list", Group::Data, kEventsList},
    {"events drop", Group::Data, kEventsDrop},
    {"discover", Group::Understand, kDiscover},
    {"discoveries", Group::Understand, kDiscoveries},
    {"customer", Group::Understand, kCustomer},
    {"hunch", Group::Understand, kHunch},
    {"letter", Group::Understand, kLetter},
    {"customers duplicates", Group::Understand, kDuplicates},
    {"sql", Group::Understand, kSql},
    {"cluster", Group::Understand, kCluster},
    {"adopt", Group::Segments, kAdopt},
    {"segments check", Group::Segments, kCheck},
    {"segments fmt", Group::Segments, kFmt},
    {"segments apply", Group::Segments, kApply},
    {"segments rename", Group::Segments, kRename},
    {"segments remove", Group::Segments, kRemove},
    {"segments list", Group::Segments, kList},
    {"segments count", Group::Segments, kCount},
    {"segments members", Group::Segments, kMembers},
    {"segments explain", Group::Segments, kExplain},
    {"segments library", Group::Segments, kLibrary},
    {"export", Group::Segments, kExport},
    {"customers link", Group::Keep, kLink},
    {"customers unlink", Group::Keep, kUnlink},
    {"customers mark", Group::Keep, kMark},
    {"customers unmark", Group::Keep, kUnmark},
    {"customers marked", Group::Keep, kMarked},
    {"customers consent", Group::Keep, kConsent},
    {"customers block", Group::Keep, kBlock},
    {"customers unblock", Group::Keep, kUnblock},
    {"customers allow", Group::Keep, kAllow},
    {"customers staff", Group::Keep, kStaff},
    {"keys add", Group::Keep, kKeysAdd},
    {"keys list", Group::Keep, kKeysList},
    {"keys revoke", Group::Keep, kKeysRevoke},
    {"tokens make", Group::Keep, kTokensMake},
    {"tokens list", Group::Keep, kTokensList},
    {"tokens revoke", Group::Keep, kTokensRevoke},
    {"audit list", Group::Keep, kAuditList},
    {"audit verify", Group::Keep, kAuditVerify},
    {"clock accept", Group::Keep, kClockAccept},
    {"clock back", Group::Keep, kClockBack},
    {"zone", Group::Keep, kZone},
    {"currency", Group::Keep, kCurrency},
    {"backup", Group::Keep, kBackup},
    {"restore", Group::Keep, kRestore},
    {"keystore new", Group::Keep, kKeystoreNew},
    {"doctor", Group::Keep, kDoctor},
    {"completion", Group::Keep, kCompletion},
    {"man", Group::Keep, kMan},
};

}  // namespace

std::span<const GroupWords> groups() {
  return kGroups;
}

std::span<const Guide> guides() {
  return kGuides;
}

const Guide* guide_of(std::string_view path) {
  const auto found = std::ranges::find(kGuides, path, &Guide::path);
  return found == std::end(kGuides) ? nullptr : &*found;
}

}  // namespace tessera::cli
