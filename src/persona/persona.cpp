#include "persona/persona.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "core/text.hpp"

namespace tessera::persona {

namespace {

bool is_without_events(const features::IndustryTerms& words) {
  return words.industry == features::words_without_events().industry;
}

// Words for a name, by what stands out and in which direction; empty = it makes no name.
struct Fragment {
  features::Family family;
  std::string_view high, low;
};
constexpr Fragment kFragments[] = {
    {features::Family::Recency, "lapsed", "recent"},
    {features::Family::Frequency, "frequent", "occasional"},
    {features::Family::Gap, "", ""},
    {features::Family::Tenure, "long-standing", "newer"},
    {features::Family::Trend, "", ""},
    {features::Family::Breadth, "many at a time", "one at a time"},
    {features::Family::Hour, "@", ""},
    {features::Family::Week, "weekends", "working days"},
    {features::Family::Channel, "@", ""},
    {features::Family::Device, "@", ""},
    {features::Family::Season, "@", ""},
    {features::Family::Interest, "@", ""},
    {features::Family::Promotion, "@promoted", ""},
    {features::Family::Undo, "@undo", ""},
    {features::Family::Look, "looking around", ""},
    {features::Family::Mail, "reading mail", ""},
    {features::Family::Service, "asking for help", ""},
    {features::Family::Money, "@high", "@low"},
    {features::Family::Size, "large amounts", "small amounts"},
    {features::Family::Trait, "", ""},
    {features::Family::Own, "@", ""},
};

// What a group is, where nothing is known of what it did: "contract two year", "high monthly charges", "no partner".
std::string trait_fragment(const Claim& claim) {
  if (claim.level == "yes") return claim.tag;
  if (claim.level == "no") return "no " + claim.tag;
  if (!claim.level.empty()) return claim.tag + " " + claim.level;
  return (claim.higher() ? "high " : "low ") + claim.tag;
}

std::string fragment_of(const Claim& claim, const features::IndustryTerms& words) {
  if (claim.family == features::Family::Trait && is_without_events(words)) return trait_fragment(claim);
  for (const Fragment& row : kFragments) {
    if (row.family != claim.family) continue;
    const std::string_view text = claim.higher() ? row.high : row.low;
    if (text == "@") return claim.tag;
    if (text == "@promoted") return std::string(words.promoted_tag);
    if (text == "@undo") return std::string(words.undo_tag);
    if (text == "@high")
      return fmt::format("high {}", words.money_name == "amount_total" ? "amounts" : words.money_name);
    if (text == "@low") return fmt::format("low {}", words.money_name == "amount_total" ? "amounts" : words.money_name);
    return std::string(text);
  }
  return {};
}

// Adjectives stand before the noun, the rest behind a comma.
struct NameParts {
  std::string head;
  std::vector<std::string> tail;  // strongest first
  std::string with(size_t count) const {
    std::vector<std::string> some(tail.begin(), tail.begin() + static_cast<long>(std::min(count, tail.size())));
    return capitalised(some.empty() ? head : fmt::format("{}, {}", head, fmt::join(some, ", ")));
  }
};

NameParts name_parts(std::span<const Claim> claims, double main_events, const features::IndustryTerms& words) {
  const bool is_table = is_without_events(words);
  NameParts out;
  std::string recency, often;
  std::set<features::Family> used;
  for (const Claim& claim : claims) {
    const std::string text = fragment_of(claim, words);
    if (text.empty() || std::fabs(claim.effect) < 0.35) continue;
    if (claim.family == features::Family::Recency) {
      if (recency.empty() && (claim.higher() || claim.effect < -0.6)) recency = text;
    } else if (claim.family == features::Family::Frequency) {
      if (often.empty()) often = text;
    } else if (is_table ? out.tail.size() < 6
                        : claim.family != features::Family::Tenure && used.insert(claim.family).second) {
      out.tail.push_back(text);
    } else if (claim.family == features::Family::Interest && claim.higher() && out.tail.size() < 6) {
      out.tail.push_back(text);
    }
  }
  if (main_events <= 1 && !is_table) often = "one-time";
  if (recency == "recent" && often == "frequent") recency.clear();
  const std::string noun = often == "frequent" ? std::string(words.regulars)
                           : often.empty()     ? std::string(words.customers)
                                               : fmt::format("{} {}", often, words.customers);
  out.head = recency.empty() ? noun : recency + " " + noun;
  return out;
}

struct Offer {
  features::Family family;
  bool higher;
  std::string_view what;
};
// What would probably serve a group of whom a claim holds. Worded as something to try: no observation shows what causes
// what. {main}, {mains} and {tag} are filled in.
constexpr Offer kOffers[] = {
    {features::Family::Recency, true,
     "A reason to come back, sent once and then left alone: a question what was missing, before any reduction."},
    {features::Family::Recency, false,
     "Nothing that interrupts them: they were here just now. Thanks, and the next step when it is due."},
    {features::Family::Frequency, true,
     "Recognition rather than reductions: early notice, a named contact, less effort for the next {main}."},
    {features::Family::Frequency, false,
     "Help towards the second and third {main}: what others went on with, in plain words."},
    {features::Family::Interest, true, "News about {tag} first, and other subjects only where they touch it."},
    {features::Family::Promotion, true,
     "Offers with an end date; try smaller ones beside none, for some of these {mains} would have come anyway."},
    {features::Family::Promotion, false, "No reductions: they come at the full price."},
    {features::Family::Undo, true,
     "Better information before the {main}: what to expect, sizes, preparation, a reminder; then measure whether fewer "
     "are taken back."},
    {features::Family::Hour, true, "Messages timed to {tag}, when they are active anyway."},
    {features::Family::Week, true, "Messages at weekends."},
    {features::Family::Week, false, "Messages on working days."},
    {features::Family::Channel, true, "{tag} first: that is where they are; other channels only to add to it."},
    {features::Family::Device, true, "Pages and messages made for {tag} first."},
    {features::Family::Season, true, "An early word before their season ({tag}), quiet in between."},
    {features::Family::Look, true,
     "Help to decide: comparison, reviews, a saved selection; they look around a lot before each {main}."},
    {features::Family::Mail, true, "E-mail works as a channel here: they open it."},
    {features::Family::Mail, false, "Another channel than e-mail: they seldom open it."},
    {features::Family::Service, true, "A person to ask, and answers to the commonest questions beforehand."},
    {features::Family::Breadth, true, "Combinations and sets: they take several things together."},
    {features::Family::Size, true, "Quality and service before price: their amounts are large."},
    {features::Family::Size, false, "Entry-level choices in view: their amounts are small."},
};

std::string filled(std::string_view text, const Claim& claim, const features::IndustryTerms& words) {
  std::string out(text);
  const auto replace = [&](std::string_view what, std::string_view by) {
    for (size_t at = out.find(what); at != std::string::npos; at = out.find(what, at + by.size()))
      out.replace(at, what.size(), by);
  };
  replace("{mains}", words.mains);
  replace("{main}", words.main);
  replace("{tag}", claim.tag);
  return capitalised(out);
}

// Under which heading of a persona claims about a family stand; of those that are not here, habits, whichever way they
// point.
struct Heading {
  features::Family family;
  std::vector<std::string> Persona::* list;
  bool only_higher;  // what a group has less of goes without saying
};
constexpr std::array<Heading, 12> kHeadings{{{features::Family::Trait, &Persona::demographics, false},
                                             {features::Family::Interest, &Persona::interests, true},
                                             {features::Family::Promotion, &Persona::preferences, false},
                                             {features::Family::Mail, &Persona::preferences, false},
                                             {features::Family::Channel, &Persona::preferences, true},
                                             {features::Family::Device, &Persona::preferences, true},
                                             {features::Family::Breadth, &Persona::preferences, true},
                                             {features::Family::Size, &Persona::preferences, true},
                                             {features::Family::Undo, &Persona::pains, true},
                                             {features::Family::Service, &Persona::pains, true},
                                             {features::Family::Hour, &Persona::habits, true},
                                             {features::Family::Season, &Persona::habits, true}}};

void put_under_heading(const Claim& claim, Persona& out) {
  const auto heading = std::ranges::find_if(kHeadings, [&](const Heading& h) { return h.family == claim.family; });
  if (heading == kHeadings.end())
    out.habits.push_back(claim.sentence);
  else if (claim.higher() || !heading->only_higher)
    (out.*heading->list).push_back(claim.sentence);
}

std::vector<std::string> what_is_not_known(std::span<const Claim> claims, const features::EventRoles& parts,
                                           const features::FeatureTable& features) {
  if (!parts.has(features::EventRole::Main))
    return {"what they did, and when: the data has no events",
            "what they need or how satisfied they are; no survey answers", "the benefit they seek; not in your data"};
  std::vector<std::string> out;
  const features::IndustryTerms& words = parts.words;
  const auto has = [&](features::Family family) {
    return std::any_of(features.columns.begin(), features.columns.end(),
                       [&](const features::FeatureColumn& c) { return c.feature.family == family; });
  };
  const bool lapsed = std::any_of(claims.begin(), claims.end(),
                                  [](const Claim& c) { return c.family == features::Family::Recency && c.higher(); });
  if (lapsed)
    out.push_back(parts.has(features::EventRole::Survey) ? "why they stopped: look at what surveys say"
                                                         : "why they stopped; the data has no surveys");
  if (!parts.has(features::EventRole::Survey))
    out.push_back("what they need or how satisfied they are; no survey answers");
  if (parts.has(features::EventRole::Undo))
    out.push_back(fmt::format("why {} are {}; the data gives no reasons", words.mains, words.undo_phrase));
  if (!has(features::Family::Interest))
    out.push_back(fmt::format("what interests them; {} carry no {}", words.mains, words.interest));
  if (!has(features::Family::Look))
    out.push_back(fmt::format("what they looked at and left; only {} are recorded", words.mains));
  if (!has(features::Family::Mail)) out.push_back("whether they read mail; no opens or clicks");
  if (!has(features::Family::Channel)) out.push_back("which channel they use");
  if (!has(features::Family::Hour)) out.push_back("at what time of day they are active; the data has no time zone");
  if (!has(features::Family::Trait)) out.push_back("who they are beyond what they do; no demographics");
  out.push_back("the benefit they seek; not in your data");
  return out;
}

}  // namespace

Persona persona_of(std::span<const Claim> claims, const features::EventRoles& parts,
                   const features::FeatureTable& features) {
  Persona out;
  for (const Claim& claim : claims) {
    put_under_heading(claim, out);
    for (const Offer& offer : kOffers)
      if (offer.family == claim.family && offer.higher == claim.higher() && out.serve.size() < 4 &&
          std::fabs(claim.effect) > 0.3)
        out.serve.push_back({filled(offer.what, claim, parts.words), claim.sentence});
  }
  for (auto* list : {&out.demographics, &out.interests, &out.habits, &out.preferences, &out.pains})
    if (list->size() > 5) list->resize(5);
  out.unknown = what_is_not_known(claims, parts, features);
  return out;
}

std::vector<std::string> names_of(std::span<const std::vector<Claim>> claims, std::span<const double> main_events,
                                  const features::EventRoles& parts) {
  std::vector<NameParts> all;
  for (size_t i = 0; i < claims.size(); ++i) all.push_back(name_parts(claims[i], main_events[i], parts.words));
  // Where several begin alike, what all of them share tells none of them.
  std::map<std::string, std::vector<size_t>> heads;
  for (size_t i = 0; i < all.size(); ++i) heads[all[i].head].push_back(i);
  for (const auto& [head, who] : heads) {
    if (who.size() < 2) continue;
    const std::vector<std::string> first = all[who[0]].tail;
    for (const std::string& word : first) {
      const auto has = [&](size_t i) {
        return std::find(all[i].tail.begin(), all[i].tail.end(), word) != all[i].tail.end();
      };
      if (std::all_of(who.begin(), who.end(), has))
        for (const size_t i : who) std::erase(all[i].tail, word);
    }
  }
  std::vector<size_t> words(all.size(), 1);
  const auto name = [&](size_t i) { return all[i].with(words[i]); };
  // Names that meet get one more word each, until they differ or have no more.
  for (int round = 0; round < 4; ++round) {
    std::map<std::string, std::vector<size_t>> same;
    for (size_t i = 0; i < all.size(); ++i) same[name(i)].push_back(i);
    for (const auto& [text, who] : same)
      if (who.size() > 1)
        for (const size_t i : who) words[i] = std::min(words[i] + 1, std::max<size_t>(1, all[i].tail.size()));
  }
  std::map<std::string, size_t> count;
  for (size_t i = 0; i < all.size(); ++i) ++count[name(i)];
  std::vector<std::string> out;
  std::map<std::string, int> seen;
  for (size_t i = 0; i < all.size(); ++i) {
    std::string text = name(i);
    // The last resort: a number that tells them apart; "Customers" alone names nobody.
    if (!is_without_events(parts.words) &&
        (count[text] > 1 || (all.size() > 1 && fold_case(text) == parts.words.customers)))
      text += fmt::format(
          "{} about {}", text.find(',') == std::string::npos ? "," : " and",
          features::counted(static_cast<uint64_t>(std::llround(main_events[i])), parts.words.main, parts.words.mains));
    const int n = ++seen[text];
    out.push_back(n == 1 ? text : fmt::format("{} ({})", text, n));
  }
  return out;
}

std::vector<std::string> stale_parts(std::string_view name, std::span<const Claim> claims, double main_events,
                                     const features::EventRoles& parts) {
  const NameParts today = name_parts(claims, main_events, parts.words);
  std::set<std::string> bearable{fold_case(today.head), fold_case(parts.words.customers)};
  for (const std::string& each : today.tail) bearable.insert(fold_case(each));
  bearable.insert(fold_case("about " + features::counted(static_cast<uint64_t>(std::llround(main_events)),
                                                         parts.words.main, parts.words.mains)));
  std::vector<std::string> stale;
  // The number of namesakes says nothing.
  if (const size_t number = name.rfind(" ("); number != std::string_view::npos && name.ends_with(')'))
    name = name.substr(0, number);
  for (std::string_view part : split(name, ',')) {
    while (part.starts_with(' ')) part.remove_prefix(1);
    const size_t about = part.rfind(" and about ");
    const std::string_view pieces[] = {part.substr(0, about),
                                       about == std::string_view::npos ? std::string_view() : part.substr(about + 5)};
    for (const std::string_view piece : pieces)
      if (!piece.empty() && !bearable.contains(fold_case(piece))) stale.emplace_back(piece);
  }
  return stale;
}

Maturity maturity_of(const features::EventRoles& parts, const features::FeatureTable& features) {
  const auto has = [&](features::Family family) {
    return std::any_of(features.columns.begin(), features.columns.end(),
                       [&](const features::FeatureColumn& c) { return c.feature.family == family; });
  };
  Maturity out;
  const features::IndustryTerms& words = parts.words;
  const bool demographics = has(features::Family::Trait), interests = has(features::Family::Interest),
             needs = parts.has(features::EventRole::Survey) || parts.has(features::EventRole::Review);
  const bool browsing = has(features::Family::Look) || parts.has(features::EventRole::Page) ||
                        parts.has(features::EventRole::Login),
             engagement = has(features::Family::Mail);
  if (parts.has(features::EventRole::Main)) out.has.push_back(fmt::format("behaviour: {}", words.mains));
  if (demographics) out.has.push_back("demographics or other traits as given");
  if (interests) out.has.push_back(fmt::format("interests, from {}", words.things));
  if (browsing) out.has.push_back(fmt::format("what they look at: {}", words.looks));
  if (engagement) out.has.push_back("engagement with mail");
  if (needs) out.has.push_back("what they say: surveys or reviews");
  if (!parts.has(features::EventRole::Main)) {
    out.level = "good";
    out.missing.emplace_back("what they did, with dates: orders, visits, calls");
    return out;
  }
  const bool better = interests || browsing;
  out.level = better && demographics && engagement && browsing && needs ? "best" : better ? "better" : "good";
  if (out.level == "good")
    out.missing.push_back(
        fmt::format("interests: the {} of each {}, or what was looked at", words.interest, words.main));
  if (out.level == "better") {
    if (!demographics) out.missing.push_back("demographics or other traits of each person");
    if (!browsing) out.missing.push_back(fmt::format("{} (what was looked at, not only what came of it)", words.looks));
    if (!engagement) out.missing.push_back("opens and clicks of mail");
    if (!needs) out.missing.push_back("needs in their own words: survey answers, reviews, reasons for taking back");
  }
  if (out.level == "best") out.missing.push_back("nothing named here; keep it flowing");
  return out;
}

}  // namespace tessera::persona
