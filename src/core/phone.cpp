#include "core/phone.hpp"

#include <algorithm>
#include <array>
#include <mutex>
#include <regex>

#include <phone_plan.hpp>

#include "core/text.hpp"

namespace tessera {

namespace {

using bought::kPhonePlan;
using bought::PhoneCountry;

constexpr size_t kLongestWritten = 60;          // letters; what is longer is no number
constexpr size_t kShortest = 6, kLongest = 17;  // digits of E.164, with the country's; it allows 15, some plans more
constexpr size_t kLongestCode = 3;              // digits of a country's code

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

const PhoneCountry* plan_of(std::string_view country) {
  const auto found = std::ranges::find(kPhonePlan, country, &PhoneCountry::country);
  return found != std::end(kPhonePlan) ? found : nullptr;
}

// Of the countries that share a code the one whose plan is read for a number that names the code alone.
const PhoneCountry* main_of(std::string_view code) {
  const PhoneCountry* first = nullptr;
  for (const PhoneCountry& each : kPhonePlan) {
    if (each.code != code) continue;
    if (each.is_main) return &each;
    if (!first) first = &each;
  }
  return first;
}

// Whether any country of this code has numbers of this length.
bool is_possible(std::string_view code, std::string_view national) {
  if (national.size() >= 32) return false;
  return std::ranges::any_of(kPhonePlan, [&](const PhoneCountry& each) {
    return each.code == code && (each.lengths >> national.size() & 1) != 0;
  });
}

// The pattern of a plan, which is JavaScript's, at the beginning of a text. Each is compiled once: most are plain digits
// and are not.
class Pattern {
 public:
  const std::regex& of(std::string_view text) {
    std::call_once(once_, [&] { regex_.assign("^(?:" + std::string(text) + ")", std::regex::ECMAScript); });
    return regex_;
  }

 private:
  std::once_flag once_;
  std::regex regex_;
};
struct Patterns {
  Pattern idd, prefix;
};
Patterns& patterns_of(const PhoneCountry& plan) {
  static std::array<Patterns, std::size(kPhonePlan)> all;
  return all[static_cast<size_t>(&plan - std::begin(kPhonePlan))];
}

bool is_plain(std::string_view pattern) {
  return std::ranges::all_of(pattern, is_digit);
}

// What is left behind the prefix with which a call abroad begins; empty: it begins with none.
std::string_view behind_idd(const PhoneCountry& plan, std::string_view digits) {
  size_t length = 0;
  if (is_plain(plan.idd)) {
    length = digits.starts_with(plan.idd) ? plan.idd.size() : 0;
  } else {
    std::cmatch match;
    if (std::regex_search(digits.data(), digits.data() + digits.size(), match, patterns_of(plan).idd.of(plan.idd)))
      length = static_cast<size_t>(match.length(0));
  }
  const std::string_view rest = digits.substr(length);
  // No country's code begins with a zero: then it was none.
  return length == 0 || rest.empty() || rest.front() == '0' ? std::string_view() : rest;
}

// Without the prefix with which a call inside the country begins ("0171" -> "171"), where what is left is possible.
// Some plans say what takes its place (of Argentina's "011 15 2345-6789" the 15 becomes a 9 in front).
std::string without_prefix(const PhoneCountry& plan, std::string_view digits) {
  const std::string whole(digits);
  if (plan.prefix.empty()) return whole;
  std::string rest;
  if (is_plain(plan.prefix)) {
    if (!digits.starts_with(plan.prefix)) return whole;
    rest = whole.substr(plan.prefix.size());
  } else {
    std::smatch match;
    const std::regex& pattern = patterns_of(plan).prefix.of(plan.prefix);
    if (!std::regex_search(whole, match, pattern)) return whole;
    const bool is_transformed = !plan.transform.empty() && match.size() > 1 && match[match.size() - 1].length() > 0;
    rest = is_transformed ? std::regex_replace(whole, pattern, std::string(plan.transform),
                                               std::regex_constants::format_first_only)
                          : whole.substr(static_cast<size_t>(match.length(0)));
  }
  if (!is_possible(plan.code, rest)) return whole;
  // Written twice ("+49 (0) 0171"): where a zero leads out, no number begins with one.
  return plan.prefix == "0" && rest.starts_with('0') ? without_prefix(plan, rest) : rest;
}

std::optional<std::string> number_of(const PhoneCountry& plan, std::string_view digits) {
  const std::string national = without_prefix(plan, digits);
  if (!is_possible(plan.code, national)) return std::nullopt;
  std::string out = "+" + std::string(plan.code) + national;
  return is_e164(out) ? std::optional(std::move(out)) : std::nullopt;
}

// Digits that begin with a country's code.
std::optional<std::string> international(std::string_view digits) {
  if (digits.empty() || digits.front() == '0') return std::nullopt;
  for (size_t length = 1; length <= kLongestCode && length < digits.size(); ++length)
    if (const PhoneCountry* plan = main_of(digits.substr(0, length))) return number_of(*plan, digits.substr(length));
  return std::nullopt;
}

std::optional<std::string> from_inside(const PhoneCountry& plan, std::string_view digits) {
  if (const std::string_view abroad = behind_idd(plan, digits); !abroad.empty())
    if (auto number = international(abroad)) return number;
  const std::string national = without_prefix(plan, digits);
  const bool has_prefix = national != digits;
  // "491711234567" of Germany: its own code, and the plus was lost. Whole it is possible too, where lengths are many;
  // but who writes a number of the inside there begins with the prefix.
  if (!has_prefix && digits.starts_with(plan.code)) {
    const std::string_view behind = digits.substr(plan.code.size());
    const bool is_whole = is_possible(plan.code, digits) && plan.trunk.empty();
    if (!is_whole)
      if (auto number = number_of(plan, behind)) return number;
  }
  return number_of(plan, digits);
}

bool begins_extension(std::string_view text) {
  return text[0] == ';' || text[0] == '#' || fold_case(text.substr(0, 1)) == "x" ||
         fold_case(text.substr(0, 3)) == "ext";
}

// The digits, with a '+' in front where it was written; empty: letters ("4.9E+11" of a spreadsheet too), or nothing that
// could be a number. An extension is no part of it.
std::string digits_of(std::string_view text) {
  text = trim(text);
  if (text.size() > kLongestWritten) return {};
  if (fold_case(text.substr(0, 4)) == "tel:") text.remove_prefix(4);
  // A column of numbers that has gaps is one of fractions to some programs.
  if (text.ends_with(".0") && is_plain(text.substr(0, text.size() - 2))) text.remove_suffix(2);
  std::string out;
  for (size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (is_digit(c)) {
      out += c;
    } else if (c == '+') {
      if (!out.empty()) return {};
      out += c;
    } else if (out.size() >= kShortest && begins_extension(text.substr(at))) {
      break;
    } else if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      return {};
    }
  }
  return out;
}

struct CountryName {
  std::string_view country, names;  // folded, by '|': three letters first
};
// The countries whose shops and customers write them out; of any other its two letters are known.
constexpr CountryName kCountryNames[] = {
    {"AR", "arg|argentina|argentinien|argentine"},
    {"AT", "aut|austria|österreich|oesterreich|autriche"},
    {"AU", "aus|australia|australien|australie"},
    {"BE", "bel|belgium|belgien|belgique|bélgica|belgica|belgio"},
    {"BG", "bgr|bulgaria|bulgarien|bulgarie"},
    {"BR", "bra|brazil|brasilien|brésil|bresil|brasil|brasile"},
    {"CA", "can|canada|kanada|canadá"},
    {"CH", "che|switzerland|schweiz|suisse|suiza|svizzera"},
    {"CL", "chl|chile|chili|cile"},
    {"CN", "chn|china|chine|cina|people's republic of china"},
    {"CO", "col|colombia|kolumbien|colombie"},
    {"CY", "cyp|cyprus|zypern|chypre|chipre|cipro"},
    {"CZ", "cze|czech republic|czechia|tschechien|tchéquie|république tchèque|chequia|república checa|cechia"},
    {"DE", "deu|germany|deutschland|allemagne|alemania|germania"},
    {"DK", "dnk|denmark|dänemark|danemark|dinamarca|danimarca"},
    {"EE", "est|estonia|estland|estonie"},
    {"ES", "esp|spain|spanien|espagne|españa|espana|spagna"},
    {"FI", "fin|finland|finnland|finlande|finlandia"},
    {"FR", "fra|france|frankreich|francia"},
    {"GB",
     "gbr|uk|united kingdom|great britain|england|scotland|wales|northern ireland|vereinigtes königreich|"
     "großbritannien|grossbritannien|royaume-uni|reino unido|regno unito"},
    {"GR", "grc|greece|griechenland|grèce|grece|grecia"},
    {"HK", "hkg|hong kong|hongkong"},
    {"HR", "hrv|croatia|kroatien|croatie|croacia|croazia"},
    {"HU", "hun|hungary|ungarn|hongrie|hungría|hungria|ungheria"},
    {"IE", "irl|ireland|eire|irland|irlande|irlanda"},
    {"IL", "isr|israel|israël|israele"},
    {"IN", "ind|india|indien|inde"},
    {"IS", "isl|iceland|island|islande|islandia|islanda"},
    {"IT", "ita|italy|italien|italie|italia"},
    {"JP", "jpn|japan|japon|japón|giappone"},
    {"KR", "kor|south korea|korea|südkorea|corée du sud|corea del sur|corea del sud"},
    {"LT", "ltu|lithuania|litauen|lituanie|lituania"},
    {"LU", "lux|luxembourg|luxemburg|luxemburgo|lussemburgo"},
    {"LV", "lva|latvia|lettland|lettonie|letonia|lettonia"},
    {"MT", "mlt|malta|malte"},
    {"MX", "mex|mexico|mexiko|mexique|méxico|messico"},
    {"NL", "nld|netherlands|the netherlands|holland|niederlande|pays-bas|países bajos|paises bajos|paesi bassi"},
    {"NO", "nor|norway|norwegen|norvège|norvege|noruega|norvegia"},
    {"NZ", "nzl|new zealand|neuseeland|nouvelle-zélande|nueva zelanda|nuova zelanda"},
    {"PE", "per|peru|perú|pérou"},
    {"PL", "pol|poland|polen|pologne|polonia"},
    {"PT", "prt|portugal|portogallo"},
    {"RO", "rou|romania|rumänien|roumanie|rumania"},
    {"RS", "srb|serbia|serbien|serbie"},
    {"RU", "rus|russia|russian federation|russland|russie|rusia"},
    {"SE", "swe|sweden|schweden|suède|suede|suecia|svezia"},
    {"SG", "sgp|singapore|singapur|singapour"},
    {"SI", "svn|slovenia|slowenien|slovénie|eslovenia"},
    {"SK", "svk|slovakia|slowakei|slovaquie|eslovaquia|slovacchia"},
    {"TR", "tur|turkey|türkiye|türkei|turquie|turquía|turchia"},
    {"UA", "ukr|ukraine|ucrania|ucraina"},
    {"US",
     "usa|united states|united states of america|u.s.a.|u.s.|vereinigte staaten|états-unis|etats-unis|"
     "estados unidos|stati uniti"},
    {"ZA", "zaf|south africa|südafrika|afrique du sud|sudáfrica|sudafrica"},
};

}  // namespace

std::string_view phone_plan_version() {
  return bought::kPhonePlanVersion;
}

std::optional<std::string> country_of(std::string_view text) {
  text = trim(text);
  if (text.size() < 2 || text.size() > kLongestWritten) return std::nullopt;
  const std::string folded = fold_case(text);
  for (const CountryName& row : kCountryNames)
    for (const std::string_view name : split(row.names, '|'))
      if (name == folded) return std::string(row.country);
  if (folded.size() != 2) return std::nullopt;
  std::string letters;
  for (const char c : folded) letters += static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  return plan_of(letters) ? std::optional(letters) : std::nullopt;
}

std::optional<std::string> e164_of(std::string_view text, std::string_view country) {
  const std::string digits = digits_of(text);
  const std::string_view all = digits;
  if (all.starts_with('+')) return international(all.substr(1));
  if (all.size() < 3) return std::nullopt;
  if (const PhoneCountry* plan = country.empty() ? nullptr : plan_of(country)) return from_inside(*plan, all);
  return all.starts_with("00") ? international(all.substr(2)) : std::nullopt;
}

std::vector<std::string> spellings_inside(std::string_view e164) {
  std::vector<std::string> out;
  if (!is_e164(e164)) return out;
  for (size_t length = 1; length <= kLongestCode; ++length) {
    const PhoneCountry* plan = main_of(e164.substr(1, length));
    if (!plan) continue;
    const std::string national(e164.substr(1 + length));
    out.push_back(national);
    if (!plan->trunk.empty()) out.push_back(std::string(plan->trunk) + national);
    break;
  }
  return out;
}

bool is_e164(std::string_view text) {
  return text.size() > kShortest && text.size() <= kLongest + 1 && text.front() == '+' && text[1] != '0' &&
         std::ranges::all_of(text.substr(1), is_digit);
}

}  // namespace tessera
