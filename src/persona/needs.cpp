#include "persona/needs.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace tessera::persona {

namespace {

constexpr size_t kMostOver = 8, kMostAvoided = 5, kMostTakenBack = 3, kMostOfProperty = 3, kMostMade = 2;

// Names of levels that made the groups: categories and words of interests, "promotion".
std::vector<std::string> made_levels(const NeedsBasis& basis) {
  std::vector<std::string> out;
  for (size_t j = 0; j < basis.features.columns.size(); ++j) {
    const features::Feature& feature = basis.features.columns[j].feature;
    if (!basis.made[j]) continue;
    if (feature.family == features::Family::Interest && !feature.tag.empty()) out.push_back(feature.tag);
    if (feature.family == features::Family::Promotion) out.push_back("promotion");
  }
  return out;
}

uint64_t sum_of(const Attribute& attribute) {
  return std::accumulate(attribute.total.begin(), attribute.total.end(), uint64_t{0});
}

std::vector<TextSource> sources(const NeedsBasis& basis, bool mail) {
  auto out = sources_of_text(basis.history, basis.parts, basis.withheld, basis.allowed);
  std::erase_if(out, [&](const TextSource& source) { return source.is_mail != mail; });
  return out;
}

std::vector<Attribute> attributes(const NeedsBasis& basis, const Comparison& comparison, const PhraseStudy& phrases,
                                  std::string& looked_at, Attribute& things) {
  std::vector<bool> counts(basis.history.customers(), false);
  for (const uint32_t c : comparison.everyone) counts[c] = true;
  const auto made = made_levels(basis);
  auto out = attributes_of({.history = basis.history,
                            .parts = basis.parts,
                            .as_of = basis.as_of,
                            .withheld = basis.withheld,
                            .counts = counts,
                            .made = made});
  // Where lines of things are taken back, the attribute known of most of them counts them all.
  for (const Attribute& each : out)
    if (each.of == basis.parts.words.things && each.own_undone &&
        (things.total.empty() || sum_of(each) > sum_of(things)))
      things = each;
  std::map<std::string, std::vector<std::string>> names;  // by what they are of
  for (const Attribute& each : out) {
    const size_t dot = each.property.rfind('.');
    std::string name = each.property.substr(dot == std::string::npos ? 0 : dot + 1);
    std::replace(name.begin(), name.end(), '_', ' ');
    names[each.of].push_back(std::move(name));
  }
  std::vector<std::string> parts;
  for (const auto& [of, each] : names) parts.push_back(fmt::format("{} of {}", fmt::join(each, ", "), of));
  if (phrases.writers() > 0) {
    parts.emplace_back("texts they wrote");
    if (!phrases.languages().counts.empty()) out.push_back(phrases.languages());
  }
  looked_at = fmt::format("{}", fmt::join(parts, "; "));
  return out;
}

// The strongest, of several properties: three of one say most of what it says, two where they made the groups.
void cut(std::vector<Preference>& choices, size_t most) {
  std::map<std::string, size_t> of_property;
  std::erase_if(choices, [&](const Preference& choice) {
    return ++of_property[choice.property] > (choice.by_construction ? kMostMade : kMostOfProperty);
  });
  if (choices.size() > most) choices.resize(most);
}

}  // namespace

NeedsStudy::NeedsStudy(const NeedsBasis& basis, const Comparison& comparison)
    : words_(basis.parts.words),
      phrases_(basis.history, sources(basis, false), basis.as_of, comparison, "of what they write says"),
      opened_(basis.history, sources(basis, true), basis.as_of, comparison, "of the mail they open says"),
      choices_(attributes(basis, comparison, phrases_, looked_at_, things_), comparison, basis.parts.words.undo_phrase),
      experience_({.history = basis.history,
                   .parts = basis.parts,
                   .as_of = basis.as_of,
                   .withheld = basis.withheld,
                   .things = things_,
                   .made_by_undo = std::ranges::any_of(
                       basis.features.columns,
                       [&](const features::FeatureColumn& column) {
                         return column.feature.family == features::Family::Undo &&
                                basis.made[static_cast<size_t>(&column - basis.features.columns.data())];
                       })},
                  comparison),
      groups_(comparison.groups.size()) {
  for (const auto* tests : {&choices_.tests(), &phrases_.tests(), &opened_.tests(), &experience_.tests()})
    tests_.insert(tests_.end(), tests->begin(), tests->end());
  said_ = phrases_.said();
  said_.insert(said_.end(), opened_.said().begin(), opened_.said().end());
}

std::vector<Needs> NeedsStudy::judged(std::span<const double> q) const {
  const size_t choices = choices_.tests().size(), phrases = phrases_.tests().size(), opened = opened_.tests().size();
  auto found = choices_.judged(q.first(choices));
  auto says = phrases_.judged(q.subspan(choices, phrases));
  auto opens = opened_.judged(q.subspan(choices + phrases, opened));
  auto experience = experience_.judged(q.subspan(choices + phrases + opened));
  std::vector<Needs> out(groups_);
  for (size_t g = 0; g < groups_; ++g) {
    Needs& needs = out[g];
    needs.over = std::move(found[g].over);
    needs.avoided = std::move(found[g].avoided);
    needs.taken_back = std::move(found[g].taken_back);
    needs.says = std::move(says[g]);
    needs.opens = std::move(opens[g]);
    needs.experience = std::move(experience[g]);
    needs.has_texts = phrases_.writers() > 0;
    interpret(needs, words_, looked_at_);
    cut(needs.over, kMostOver);
    cut(needs.avoided, kMostAvoided);
    cut(needs.taken_back, kMostTakenBack);
  }
  return out;
}

Portrait portray(const NeedsBasis& basis, const Comparison& comparison) {
  const size_t k = comparison.groups.size();
  Portrait out{.claims = std::vector<std::vector<Claim>>(k), .needs = std::vector<Needs>(k), .said = {}};
  if (k < 2) return out;
  const ClaimBasis claims{.everyone = comparison.everyone, .held_out = comparison.held_out, .made = basis.made};
  if (!basis.seeks) {
    out.claims = claims_about(basis.features, basis.parts.words, comparison.groups, claims);
    return out;
  }
  const NeedsStudy study(basis, comparison);
  MoreTests more{.p = study.tests(), .q = {}};
  out.claims = claims_about(basis.features, basis.parts.words, comparison.groups, claims, &more);
  out.needs = study.judged(more.q);
  out.said = study.said();
  return out;
}

void settle_unknown(Persona& persona, const Needs& needs) {
  if (!needs.benefits.empty() || !needs.nothing.empty())
    std::erase_if(persona.unknown,
                  [](const std::string& unknown) { return unknown.starts_with("the benefit they seek"); });
  if (needs.has_texts)
    std::erase_if(persona.unknown,
                  [](const std::string& unknown) { return unknown.find("no survey answers") != std::string::npos; });
  if (!needs.nothing.empty())
    persona.unknown.insert(persona.unknown.begin(), "the benefit they seek: " + needs.nothing);
  for (const std::string& sentence : needs.product_first)
    if (std::find(persona.pains.begin(), persona.pains.end(), sentence) == persona.pains.end())
      persona.pains.push_back(sentence);
}

}  // namespace tessera::persona
