#include "privacy/classes.hpp"

#include <algorithm>
#include <set>
#include <vector>

#include <fmt/format.h>

#include "core/text.hpp"
#include "privacy/name_structure.hpp"
#include "store/record.hpp"

namespace tessera::privacy {
namespace {

struct ClassName {
  PropertyClass kind;
  std::string_view name;
};
constexpr ClassName kNames[] = {{PropertyClass::Ordinary, "ordinary"}, {PropertyClass::Contact, "contact"},
                                {PropertyClass::Device, "device"},     {PropertyClass::Demographic, "demographic"},
                                {PropertyClass::Health, "health"},     {PropertyClass::Belief, "belief"},
                                {PropertyClass::Money, "money"}};

// Words of a name: whole words, or "~part" anywhere in it. The first row that fits decides, so the strictest come
// first.
struct Words {
  PropertyClass kind;
  std::string_view words;
};
constexpr Words kWords[] = {
    {PropertyClass::Health,
     "~health|~diagnos|~disease|~illness|~symptom|~medication|~medicine|~medical|~allerg|~blood|bmi|~therap|icd|icd10|"
     "~pregnan|~disab|~insulin|~glucose|~cholesterol|~smoker|smoking|~mental|hiv|~diabet|~vaccin|~prescription|~"
     "patient|"
     "~surgery|~treatment|~clinic|~specialty|~speciality|ward|~gesundheit|~krank|~medikament|~arznei|~blut|~schwanger|"
     "~behinder|~raucher|~impf|~rezept|~behandlung|~fachrichtung|station|~sante|~santé|~maladie|~symptome|~medicament|"
     "~médicament|~enceinte|~grossesse|~fumeur|~vaccin|~ordonnance|~traitement|~salud|~enfermedad|~sintoma|~síntoma|"
     "~medicamento|~alergia|~sangre|~embaraz|~discapacidad|~fumador|~vacuna|~receta|~tratamiento"},
    {PropertyClass::Belief,
     "~religi|~faith|~church|~politic|party_affiliation|~ethnic|race|~union_member|trade_union|~sexual_orientation|"
     "~orientation_sexuelle|~konfession|kirche|~gewerkschaft|~partei|~ethni|~syndicat|~sindicato|~etnia|~politi"},
    {PropertyClass::Contact,
     "email|~email|~e_mail|mail|courriel|correo|phone|~phone_n|home_phone|work_phone|mobile_phone|billing_phone|"
     "shipping_phone|customer_phone|mobile|telephone|~telefon|handy|telefono|~teléfono|movil|"
     "móvil|full_name|customer_name|client_name|contact_name|person_name|patient_name|guest_name|billing_name|"
     "shipping_name|recipient_name|kundenname|nom_client|nombre_cliente|~first_name|~last_name|firstname|lastname|"
     "surname|family_name|username|user_name|vorname|"
     "nachname|prenom|prénom|apellido|apellidos|address|~address|~street|strasse|straße|hausnummer|adresse|"
     "rue|direccion|dirección|calle|~invitee|iban|~iban|card_number|~passport|ssn|social_security|tax_id|~ausweis|"
     "steuer_id|dni|nif|avatar|twitter|facebook|instagram|linkedin|license_plate|signature"},
    {PropertyClass::Device,
     "ip|~ip_address|ip_addr|~user_agent|useragent|~device_id|~advertising_id|idfa|gaid|~cookie|~fingerprint|mac_"
     "address|"
     "imei|~push_token|~session_id|device_token|device.id|device.token|device.advertising_id"},
    {PropertyClass::Demographic,
     "age|~age_group|~age_range|alter|edad|âge|birthday|~birth|dob|~geburt|~naissance|~nacimiento|gender|sex|genre|"
     "geschlecht|sexe|sexo|genero|género|anrede|civilite|civilité|salutation|marital|~marital|~married|familienstand|"
     "situation_familiale|estado_civil|postcode|~postal_code|~postcode|zip|~zip_code|zipcode|plz|postleitzahl|"
     "code_postal|~codigo_postal|código_postal|~nationality|nationalität|nationalite|nationalité|nacionalidad|~"
     "education|"
     "~bildung|~ethnic|children|~kids|~household|kinder|enfants|hijos|partner|dependents|senior_citizen|occupation|"
     "beruf|"
     "profession|profesion|profesión|social_class"},
    {PropertyClass::Money,
     "income|~income|salary|~salary|wage|einkommen|gehalt|revenu|salaire|ingresos|salario|balance|~balance|kontostand|"
     "solde|saldo|credit_score|~credit_limit|debt|schulden|dette|deuda|net_worth|loan|mortgage|kredit|hypothek"},
};

// Names of illnesses, wards and medical fields that show up as values of innocent-looking properties.
constexpr std::string_view kHealthValues =
    "cardiology|oncology|dermatology|neurology|psychiatry|gynaecology|gynecology|urology|orthopaedics|orthopedics|"
    "paediatrics|pediatrics|radiology|physiotherapy|dialysis|diabetes|asthma|hypertension|depression|cancer|migraine|"
    "arthritis|epilepsy|influenza|pregnancy|chemotherapy|kardiologie|onkologie|dermatologie|neurologie|psychiatrie|"
    "gynäkologie|urologie|orthopädie|radiologie|bluthochdruck|krebs|cardiologie|oncologie|gynécologie|hypertension|"
    "dépression|cardiología|oncología|dermatología|neurología|psiquiatría|ginecología|depresión|cáncer";

// Presets of industries whose customers' age, gender, marital status and postcode stay out.
constexpr std::string_view kCarefulPresets = "health|clinic|hospital|pharmacy|bank|insurance|finance";

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<uint8_t>(c) >= 0x80;
}

// "billingZip Code" -> "billing_zip_code": folded words with one '_' between.
std::string words_of(std::string_view property) {
  std::string spaced;
  for (size_t i = 0; i < property.size(); ++i) {
    const bool big = property[i] >= 'A' && property[i] <= 'Z';
    if (big && i > 0 && property[i - 1] >= 'a' && property[i - 1] <= 'z') spaced += '_';
    spaced += property[i];
  }
  std::string out;
  for (const char c : fold_case(spaced)) {
    if (is_letter_or_digit(c)) {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && out.back() == '_') out.pop_back();
  return out;
}

bool has(std::string_view list, std::string_view word) {
  for (const std::string_view each : split(list, '|')) {
    if (each == word) return true;
  }
  return false;
}

// A part must begin a word of the name: "~blood" is in "blood_type" and in "has_blood_test". It is in "bloodhound" too:
// the careful side.
bool name_fits(std::string_view list, const std::string& name) {
  for (const std::string_view each : split(list, '|')) {
    if (!each.starts_with("~")) {
      if (name == each) return true;
      continue;
    }
    const std::string_view part = each.substr(1);
    for (size_t at = name.find(part); at != std::string::npos; at = name.find(part, at + 1)) {
      if (at == 0 || name[at - 1] == '_') return true;
    }
  }
  return false;
}

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool is_email(std::string_view text) {
  const size_t at = text.find('@');
  return at != std::string_view::npos && at > 0 && text.find('.', at) != std::string_view::npos &&
         text.find(' ') == std::string_view::npos && text.rfind('@') == at;
}

bool is_ip(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return false;
  return std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
    return all_digits(part) && part.size() <= 3 && std::stoi(std::string(part)) < 256;
  });
}

// ISO 13616: the remainder of the rearranged number by 97 is 1.
bool is_iban(std::string_view text) {
  std::string packed;
  for (const char c : text) {
    if (c != ' ') packed += c;
  }
  if (packed.size() < 15 || packed.size() > 34 || packed[0] < 'A' || packed[0] > 'Z') return false;
  std::rotate(packed.begin(), packed.begin() + 4, packed.end());
  int rest = 0;
  for (const char c : packed) {
    if (c >= '0' && c <= '9') {
      rest = (rest * 10 + (c - '0')) % 97;
    } else if (c >= 'A' && c <= 'Z') {
      rest = (rest * 100 + (c - 'A' + 10)) % 97;
    } else {
      return false;
    }
  }
  return rest == 1;
}

// 13 to 19 digits whose Luhn sum is right.
bool is_card(std::string_view text) {
  int sum = 0, count = 0;
  for (size_t i = text.size(); i-- > 0;) {
    const char c = text[i];
    if (c == ' ' || c == '-') continue;
    if (c < '0' || c > '9') return false;
    const int digit = c - '0';
    sum += count % 2 == 0 ? digit : digit * 2 - (digit > 4 ? 9 : 0);
    ++count;
  }
  return count >= 13 && count <= 19 && sum % 10 == 0;
}

// "E11.9", "F32": a letter, two digits, perhaps a dot and more digits.
bool is_icd10(std::string_view text) {
  if (text.size() < 5 || text.size() > 8 || text[3] != '.') return false;
  return text[0] >= 'A' && text[0] <= 'Z' && all_digits(text.substr(1, 2)) && all_digits(text.substr(4));
}

bool names_illness(std::string_view text) {
  return text.size() <= 60 && has(kHealthValues, fold_case(trim(text)));
}

// A bare "name" is what the thing at hand is called: a campaign, an offer, a page, an organisation. It is a person's
// where the facts are about a person: the traits of customers, and events in which people say who they are.
constexpr std::string_view kBareNames = "name|nom|nombre|nome";
constexpr std::string_view kPlaces =
    "country|country_code|countrycode|region|state|province|city|land|bundesland|stadt|ort|pays|ville|pais|país|ciudad|"
    "paese|città|citta|provincia";
constexpr std::string_view kPersonOwners =
    "traits|user|customer|person|profile|billing|shipping|contact|billing_address|shipping_address|recipient|guest";
constexpr std::string_view kPersonEvents =
    "~identify|~survey|~form|~lead|~sign|~signed|~regist|~contact|~subscri|~newsletter|~account|~user|~profile|~"
    "customer";

std::optional<PropertyClass> class_of_name(const std::string& name, bool is_item) {
  for (const Words& words : kWords) {
    if (is_item && words.kind != PropertyClass::Health) continue;
    if (name_fits(words.words, name)) return words.kind;
  }
  return std::nullopt;
}

struct Pattern {
  PropertyClass kind;
  bool (*fits)(std::string_view);
  double share;  // of the values
};
constexpr Pattern kPatterns[] = {
    {PropertyClass::Health, is_icd10, 0.5},  {PropertyClass::Health, names_illness, 0.05},
    {PropertyClass::Contact, is_email, 0.3}, {PropertyClass::Contact, is_iban, 0.3},
    {PropertyClass::Contact, is_card, 0.8},  {PropertyClass::Device, is_ip, 0.8},
};

}  // namespace

std::string_view name_of(PropertyClass kind) {
  return kNames[static_cast<size_t>(kind)].name;
}

std::optional<PropertyClass> class_named(std::string_view name) {
  for (const ClassName& known : kNames) {
    if (known.name == name) return known.kind;
  }
  return std::nullopt;
}

PropertyClass class_of(std::string_view event, std::string_view property, std::span<const std::string> values) {
  // A product's name and description are no person's; what they say is seen from the values.
  const bool is_item = property.starts_with("products.");
  const size_t dot = property.rfind('.');
  if (dot != std::string_view::npos && !is_item) {
    // The last word first: address.postal_code is a postcode.
    const std::string last = words_of(property.substr(dot + 1));
    const std::string owner = words_of(property.substr(0, dot));
    if (has(kBareNames, last))
      return has(kPersonOwners, owner) || names_somebody(owner) ? PropertyClass::Contact : PropertyClass::Ordinary;
    if (const auto kind = class_of_name(last, is_item)) return *kind;
    if (has(kPlaces, last)) return PropertyClass::Ordinary;  // "address.country" tells nobody apart
  }
  const std::string name = words_of(property);
  if (has(kBareNames, name) && name_fits(kPersonEvents, words_of(event))) return PropertyClass::Contact;
  if (const auto kind = class_of_name(name, is_item)) return *kind;
  if (const auto said = is_item ? std::nullopt : saying_of(name, values))
    return *said == Saying::Postcode ? PropertyClass::Demographic : PropertyClass::Contact;
  for (const Pattern& pattern : kPatterns) {
    const auto fitting =
        std::count_if(values.begin(), values.end(), [&](const std::string& v) { return pattern.fits(v); });
    if (fitting > 0 && static_cast<double>(fitting) >= pattern.share * static_cast<double>(values.size()))
      return pattern.kind;
  }
  return PropertyClass::Ordinary;
}

bool allowed_in_discovery(PropertyClass kind, std::string_view preset) {
  switch (kind) {
    case PropertyClass::Contact:
    case PropertyClass::Device:
    case PropertyClass::Health:
    case PropertyClass::Belief:
      return false;
    case PropertyClass::Demographic:
      return !has(kCarefulPresets, preset);
    case PropertyClass::Ordinary:
    case PropertyClass::Money:
      return true;
  }
  return false;
}

namespace {

constexpr size_t kRowsSeen = 5000, kValuesSeen = 300;

struct Unclassed {
  std::string event, property, column, table;  // table: empty where there is none
  bool is_text = false, is_list = false;
};

Result<std::vector<Unclassed>> unclassed_properties(store::Connection& connection) {
  std::vector<Unclassed> out;
  for (const auto& row : TRY(connection.rows(
           "SELECT p.event, p.property, p.type::VARCHAR, p.is_list::VARCHAR, p.column_name, c.table_name "
           "FROM tessera.property p LEFT JOIN tessera.catalogue c ON c.event = p.event WHERE p.class IS NULL "
           "ORDER BY ALL")))
    out.push_back({.event = *row[0],
                   .property = *row[1],
                   .column = *row[4],
                   .table = row[5].value_or(""),
                   .is_text = row[2] == "3" && row[5].has_value(),
                   .is_list = row[3] == "true"});
  return out;
}

using Values = std::set<std::string, std::less<>>;  // the least ones

void see(Values& seen, std::string_view value) {
  if (seen.size() == kValuesSeen && value >= *seen.rbegin()) return;
  seen.emplace(value);
  if (seen.size() > kValuesSeen) seen.erase(std::prev(seen.end()));
}

// Some values of each column of texts, all of one table. A table that cannot be asked has none: then the names decide.
// One question for all of them: whoever may send events may send a thousand new properties.
std::vector<Values> values_of(store::Connection& connection, const std::string& table,
                              std::span<const Unclassed* const> columns) {
  std::vector<Values> out(columns.size());
  std::string wanted;
  for (const Unclassed* each : columns)
    wanted += (wanted.empty() ? "" : ", ") +
              (each->is_list ? fmt::format("array_to_string({}[1:20], chr(31))", store::quoted_name(each->column))
                             : store::quoted_name(each->column));
  auto answer = connection.stream(fmt::format("SELECT {} FROM {} LIMIT {}", wanted, table, kRowsSeen));
  while (answer) {
    const auto chunk = answer->next();
    if (!chunk || !*chunk) break;
    for (size_t c = 0; c < columns.size(); ++c)
      for (size_t row = 0; row < (*chunk)->rows(); ++row) {
        if ((*chunk)->column(c).is_null(row)) continue;
        for (const std::string_view value : split((*chunk)->column(c).text(row), '\x1f')) see(out[c], value);
      }
  }
  return out;
}

}  // namespace

Result<std::map<std::string, std::string>> class_properties(store::Connection& connection) {
  const auto unclassed = TRY(unclassed_properties(connection));
  std::map<std::string, std::vector<const Unclassed*>> texts;  // by table
  for (const Unclassed& each : unclassed)
    if (each.is_text) texts[each.table].push_back(&each);
  std::map<const Unclassed*, Values> values;
  for (const auto& [table, columns] : texts) {
    auto found = values_of(connection, table, columns);
    for (size_t c = 0; c < columns.size(); ++c) values[columns[c]] = std::move(found[c]);
  }
  // One class for a property whatever its types: the values of its text column decide together with the name.
  std::map<std::pair<std::string, std::string>, PropertyClass> found;
  for (const Unclassed& each : unclassed) {
    const Values& seen = values[&each];
    PropertyClass& kind = found[{each.event, each.property}];
    const PropertyClass by_values =
        class_of(each.event, each.property, std::vector<std::string>(seen.begin(), seen.end()));
    if (by_values != PropertyClass::Ordinary) kind = by_values;
  }
  // One change an event and class; what is left is ordinary.
  std::map<std::pair<std::string, PropertyClass>, std::string> lists;
  std::map<std::string, std::string> classes;
  for (const auto& [key, kind] : found) {
    if (kind == PropertyClass::Ordinary) continue;
    std::string& list = lists[{key.first, kind}];
    list += (list.empty() ? "" : ", ") + store::quoted_text(key.second);
    classes[key.first + "." + key.second] = name_of(kind);
  }
  for (const auto& [key, list] : lists)
    TRY(connection.run(
        fmt::format("UPDATE tessera.property SET class = ? WHERE event = ? AND class IS NULL AND property IN ({})",
                    list),
        {name_of(key.second), std::string_view(key.first)}));
  TRY(connection.run("UPDATE tessera.property SET class = ? WHERE class IS NULL", {name_of(PropertyClass::Ordinary)}));
  return classes;
}

}  // namespace tessera::privacy
