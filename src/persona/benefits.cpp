#include "persona/benefits.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "core/text.hpp"

namespace tessera::persona {

namespace {

constexpr size_t kMostBenefits = 3, kMostEvidence = 3;

// What points to a benefit: a kind of attribute taken more often or less, or a subject of what they write.
enum class Subject : uint8_t {
  None,
  GoodPrice,
  Dear,
  GoodQuality,
  Broken,
  Late,
  Quick,
  Fit,
  KindHelp,
  PoorHelp,
  Easy,
  Hard,
  Look,
  Present,
  Green,
};

struct SubjectRow {
  Subject subject;
  bool is_trouble;
  std::string_view beginnings;  // of words, in four languages; with a stop behind: whole words
};
constexpr SubjectRow kSubjects[] = {
    {Subject::Broken, true,
     "broke|crack.|cracked|leak|defect|faulty|damage|torn.|tore.|rust.|rusty|kaputt|defekt|gebrochen|zerbroch|undicht|"
     "beschädigt|cassé|abîmé|défectueu|fuite|pas étanche|roto.|rota.|averiad|defectuos|dañad|estropead|poor quality|"
     "schlechte qualität|mauvaise qualité|mala calidad"},
    {Subject::Late, true,
     "late.|delayed|delay.|slow deliver|verspät|zu spät|verzöger|retard.|lente.|lent.|tarde.|retras|lento"},
    {Subject::Fit, true,
     "too small|too big|too large|too tight|not fit|wrong size|zu klein|zu gross|zu groß|zu eng|passt nicht|nicht "
     "passt|"
     "falsche größe|trop petit|trop grand|trop serré|mauvaise taille|demasiado pequeñ|demasiado grande|muy pequeñ|"
     "talla equivocada"},
    {Subject::PoorHelp, true,
     "rude.|unfriendly|no answer|never answer|unfreundlich|keine antwort|impoli|pas réponse|antipátic|sin respuesta"},
    {Subject::Hard, true,
     "complicated|confusing|difficult|kompliziert|umständlich|verwirr|compliqué|difficile|complicad|difícil|confus"},
    {Subject::Dear, true, "expensive|overpriced|teuer|überteuert|cher.|chère.|caro.|cara.|carísim"},
    {Subject::GoodPrice, false,
     "cheap|bargain|good price|great price|value money|affordable|günstig|preiswert|schnäppchen|bon prix|bon marché|"
     "rapport qualité|abordable|barat|buen precio|ganga."},
    {Subject::GoodQuality, false,
     "quality|sturdy|robust|solid.|durable|well made|qualität|stabil|hochwertig|langlebig|qualité|solide|calidad|"
     "resistente|duradero"},
    {Subject::Quick, false, "fast.|quick|prompt.|promptly|schnell|rasch|zügig|rapide|vite.|rápid|pronto."},
    {Subject::KindHelp, false,
     "friendly|helpful|kind staff|freundlich|hilfsbereit|aimable|gentil|serviable|amable|atento.|atenta."},
    {Subject::Easy, false, "easy|simple.|convenient|einfach|bequem|praktisch|facile|pratique|fácil|sencill|cómod"},
    {Subject::Look, false,
     "beautiful|pretty|lovely|gorgeous|stylish|schön|hübsch|wunderschön|beau.|belle.|joli|superbe|bonit|hermos|"
     "precioso|preciosa"},
    {Subject::Present, false,
     "gift|present.|presents.|birthday|geschenk|geburtstag|verschenk|cadeau|anniversaire|offrir|regalo|regalar|"
     "cumpleaños"},
    {Subject::Green, false, "organic|recycl|sustainab|plastic free|nachhaltig|umwelt|écolog|ecológ|sostenib"},
};

struct BenefitRow {
  AttributeKind kind;
  bool over;
  std::string_view sort, what, proposition, frame;
};
// {level}, {thing} and {things} are filled in; the first that stands out leads.
constexpr BenefitRow kBenefits[] = {
    {AttributeKind::Brand, true, "emotional", "a name they trust: {level}",
     "{level}, which they trust, without having to look for it.", "Name {level} first, and its news before any other."},
    {AttributeKind::Category, true, "functional", "a good choice in {level}", "The best in {level}, chosen for them.",
     "Open with {level}; other subjects only where they touch it."},
    {AttributeKind::LowPrice, true, "price", "more for the money",
     "The most for their money: useful {things} at small prices.",
     "The price first, in figures; entry-level and several for less; nothing about exclusiveness."},
    {AttributeKind::HighPrice, true, "emotional", "the better {thing}, and being worth it",
     "The better {thing}, worth its price.", "Quality, origin and early access first; leave reductions out."},
    {AttributeKind::Material, true, "functional", "how {level} feels and lasts",
     "Things of {level}, and how they last.", "Show the material close up; say how it feels, wears and is cared for."},
    {AttributeKind::Colour, true, "emotional", "a look that fits together, in {level}",
     "What they like, in {level}, to go together.", "Pictures before words; show {level} with what goes with it."},
    {AttributeKind::Style, true, "emotional", "a style of their own: {level}",
     "Their style ({level}), always with something new.",
     "Pictures before words; speak of the look ({level}) before the use."},
    {AttributeKind::Occasion, true, "social", "being ready for the occasion: {level}",
     "Everything for {level}, early enough.", "An early word with a date, then ideas; quiet after it."},
    {AttributeKind::Gift, true, "social", "pleasing someone else", "A present that needs no second thought.",
     "Speak of who receives it; wrapping, card and the day it arrives in view."},
    {AttributeKind::Nature, true, "values", "a good conscience", "Good {things} that can be answered for.",
     "Origin, material and proof in figures; no vague words."},
    {AttributeKind::Children, true, "emotional", "joy for children, without worry",
     "What children like and parents can trust.", "Age, safety and play first, with pictures of children using it."},
    {AttributeKind::Sets, true, "convenience", "everything that belongs together, at once",
     "Complete sets, nothing missing.", "Show what is in it and what that saves; offer the matching piece."},
    {AttributeKind::Reduction, true, "price", "having paid less", "What they wanted anyway, now and then for less.",
     "The reduction, its last day and the saving in figures; try smaller ones beside none."},
    {AttributeKind::Reduction, false, "convenience", "having it without waiting for a reduction",
     "What they want, when they want it.", "No reductions: they take it at the full price."},
    {AttributeKind::FreeDelivery, true, "price", "no charges at the end", "No charges that come at the end.",
     "Say what is delivered free of charge, and from which amount on."},
    {AttributeKind::FastDelivery, true, "convenience", "having it at once", "Here tomorrow, without having to ask.",
     "The day it arrives stands before everything else."},
    {AttributeKind::Collected, true, "convenience", "fetching it when it suits them",
     "Ready to be fetched when it suits them.", "Say what is there, where, and until when it is kept."},
    {AttributeKind::Instalments, true, "price", "spreading what it costs", "What they need now, paid as they can.",
     "The monthly amount in view, with all charges."},
    {AttributeKind::Tongue, true, "convenience", "being spoken to in {level}", "Everything in {level}, help too.",
     "Write in {level}."},
};

struct SubjectBenefit {
  Subject subject;
  std::string_view sort, what, proposition, frame;
};
constexpr SubjectBenefit kOfSubjects[] = {
    {Subject::GoodPrice, "price", "more for the money", "The most for their money: useful {things} at small prices.",
     "The price first, in figures; entry-level and several for less; nothing about exclusiveness."},
    {Subject::GoodQuality, "functional", "quality that lasts", "{Things} that last, and say so.",
     "Proof of quality first: material, tests, years; in their own words: \"{level}\"."},
    {Subject::Quick, "convenience", "having it at once", "Here soon, without having to ask.",
     "The day it arrives stands before everything else."},
    {Subject::KindHelp, "emotional", "being looked after by people", "Someone who knows them and helps.",
     "Write as a person with a name; offer help before offers."},
    {Subject::Easy, "convenience", "less effort", "Less effort, at every step.",
     "Few words, one step, in their own words: \"{level}\"."},
    {Subject::Look, "emotional", "beauty in everyday things", "{Things} that are good to look at.",
     "Pictures before words."},
    {Subject::Present, "social", "pleasing someone else", "A present that needs no second thought.",
     "Speak of who receives it; wrapping, card and the day it arrives in view."},
    {Subject::Green, "values", "a good conscience", "Good {things} that can be answered for.",
     "Origin, material and proof in figures; no vague words."},
};

std::string filled(std::string_view text, const features::IndustryTerms& words, std::string_view level) {
  std::string out(text);
  const auto replace = [&](std::string_view what, std::string_view by) {
    for (size_t at = out.find(what); at != std::string::npos; at = out.find(what, at + by.size()))
      out.replace(at, what.size(), by);
  };
  std::string things(words.things);
  replace("{things}", things);
  if (!things.empty() && things[0] >= 'a' && things[0] <= 'z') things[0] = static_cast<char>(things[0] - 32);
  replace("{Things}", things);
  replace("{thing}", words.thing);
  replace("{level}", level);
  return out;
}

const SubjectRow* subject_of(const Phrase& phrase) {
  const std::string padded = " " + phrase.words + " ";
  for (const SubjectRow& row : kSubjects)
    for (const std::string_view beginning : split(row.beginnings, '|'))
      if (padded.find(beginning.ends_with('.') ? fmt::format(" {} ", beginning.substr(0, beginning.size() - 1))
                                               : fmt::format(" {}", beginning)) != std::string::npos)
        return &row;
  return nullptr;
}

// "not", "kein" ...: what is praised with it is none.
bool turned(const Phrase& phrase) {
  for (const std::string_view word : split(phrase.words, ' '))
    if (word == "not" || word == "no" || word == "never" || word == "nicht" || word == "kein" || word == "keine" ||
        word == "nie" || word == "pas" || word == "jamais" || word == "nunca" || word == "too" || word == "zu" ||
        word == "trop" || word == "demasiado")
      return true;
  return false;
}

struct Pointed {
  Benefit benefit;
  double strength = 0;
  std::string proposition, frame;
};

class Interpreter {
 public:
  Interpreter(Needs& needs, const features::IndustryTerms& words) : needs_(needs), words_(words) {}

  void all() {
    for (const Preference& choice : needs_.over) point(choice);
    for (const Preference& choice : needs_.avoided) point(choice);
    for (const Phrase& phrase : needs_.says) point(phrase);
    for (const Phrase& phrase : needs_.opens) point(phrase);
    std::stable_sort(found_.begin(), found_.end(),
                     [](const Pointed& a, const Pointed& b) { return a.strength > b.strength; });
    for (Pointed& each : found_) {
      if (needs_.benefits.size() == kMostBenefits) break;
      if (needs_.benefits.empty()) needs_.proposition = each.proposition, needs_.frame = each.frame;
      needs_.benefits.push_back(std::move(each.benefit));
    }
    if (!needs_.frame.empty() && needs_.benefits.size() > 1)
      needs_.frame += fmt::format(" Then {}.", needs_.benefits[1].what);
    look_at_product();
  }

 private:
  void put(std::string_view sort, std::string what, double strength, std::string proposition, std::string frame,
           const std::string& evidence) {
    for (Pointed& each : found_)
      if (each.benefit.what == what) {
        if (each.benefit.evidence.size() < kMostEvidence) each.benefit.evidence.push_back(evidence);
        each.strength += strength / 2;  // more of the same is more, but not as much again
        return;
      }
    found_.push_back(
        {{std::string(sort), std::move(what), {evidence}}, strength, std::move(proposition), std::move(frame)});
  }

  void point(const Preference& choice) {
    // What a clinic calls a promotion is a reminder.
    if (choice.kind == AttributeKind::Reduction && words_.industry == "clinic") return;
    const std::string level = choice.is_word ? fmt::format("\"{}\"", choice.level) : choice.level;
    for (const BenefitRow& row : kBenefits)
      if (row.kind == choice.kind && row.over == choice.over())
        put(row.sort, filled(row.what, words_, level), std::fabs(choice.effect), filled(row.proposition, words_, level),
            filled(row.frame, words_, level), choice.sentence);
  }

  void point(const Phrase& phrase) {
    const SubjectRow* subject = subject_of(phrase);
    if (!subject || subject->is_trouble || turned(phrase)) return;
    for (const SubjectBenefit& row : kOfSubjects)
      if (row.subject == subject->subject)
        put(row.sort, filled(row.what, words_, phrase.words),
            2 * (std::asin(std::sqrt(phrase.share)) - std::asin(std::sqrt(phrase.everyone))),
            filled(row.proposition, words_, phrase.words), filled(row.frame, words_, phrase.words), phrase.sentence);
  }

  // Missed appointments and changed flights are no flaw of a product; what is returned to a shop may be.
  void look_at_product() {
    const bool sells = words_.industry == "shop" || words_.industry == "company";
    bool returns = false;
    for (const Experience& e : needs_.experience) {
      if (!e.worse || e.about == Trouble::Help || (e.about == Trouble::TakenBack && !sells)) continue;
      returns |= e.about == Trouble::TakenBack;
      needs_.product_first.push_back(e.sentence);
    }
    for (const Phrase& phrase : needs_.says)
      if (const SubjectRow* subject = subject_of(phrase); subject && subject->is_trouble)
        needs_.product_first.push_back(phrase.sentence);
    if (returns)
      for (size_t i = 0; i < std::min<size_t>(2, needs_.taken_back.size()); ++i)
        needs_.product_first.push_back(needs_.taken_back[i].sentence);
  }

  Needs& needs_;
  const features::IndustryTerms& words_;
  std::vector<Pointed> found_;
};

}  // namespace

void interpret(Needs& needs, const features::IndustryTerms& words, const std::string& looked_at) {
  Interpreter(needs, words).all();
  if (!needs.benefits.empty()) return;
  needs.nothing =
      looked_at.empty()
          ? fmt::format("not in your data, which has no attributes of {} and nothing that {} wrote", words.things,
                        words.customers)
          : fmt::format("not in your data: nothing in the {} sets them apart in a way that points to one", looked_at);
}

}  // namespace tessera::persona
