#include "privacy/name_structure.hpp"

#include <algorithm>
#include <vector>

#include "core/text.hpp"

namespace tessera::privacy {

namespace {

// What a word of a name says. Words are folded; where people leave accents out, both spellings are there.
enum class Part : uint8_t { Place, Person, Holder, Name, Phone, Address, Postcode, Card, On, Filler, Thing };
struct PartWords {
  Part part;
  std::string_view words;
};
constexpr PartWords kParts[] = {
    // Where in an order somebody stands: what is in "shipping" alone may be a price or a carrier.
    {Part::Place,
     "ship|shipping|shipto|bill|billing|billto|invoice|invoicing|deliver|delivery|deliverto|liefer|lieferung|rechnung|"
     "rechnungs|bestell|livraison|facturation|envío|envio|facturación|facturacion|entrega|spedizione|fatturazione|"
     "consegna"},
    {Part::Person,
     "person|lead|buyer|purchaser|customer|"
     "cust|client|contact|receiver|payer|payee|owner|guest|passenger|traveler|traveller|patient|member|"
     "subscriber|attendee|sender|user|employee|student|parent|spouse|donor|insured|policyholder|beneficiary|applicant|"
     "borrower|tenant|driver|participant|respondent|visitor|requester|winner|giftee|"
     "kunde|kunden|käufer|kaeufer|besteller|empfängers|empfaengers|absender|gast|"
     "gäste|mitglied|mitglieds|teilnehmer|passagier|reisender|versicherungsnehmer|benutzer|zahler|"
     "acheteur|expéditeur|expediteur|passager|adhérent|adherent|membre|abonné|abonne|payeur|"
     "bénéficiaire|beneficiaire|voyageur|"
     "cliente|comprador|titular|contacto|remitente|pasajero|socio|"
     "miembro|abonado|pagador|beneficiario|usuario|viajero|"
     "acquirente|contatto|mittente|passeggero|iscritto|abbonato|pagante|utente|"
     "viaggiatore"},
    {Part::Holder,
     "recipient|consignee|cardholder|accountholder|karteninhaber|kontoinhaber|inhaber|empfänger|empfaenger|"
     "ansprechpartner|kontaktperson|destinataire|titulaire|destinatario|intestatario|titolare|attn"},
    {Part::Name,
     "name|names|fullname|firstname|lastname|surname|forename|namen|vorname|nachname|familienname|nom|noms|prénom|"
     "prenom|nombre|nombres|apellido|apellidos|nome|cognome|nominativo|username|nickname|login"},
    {Part::Phone,
     "phone|telephone|tel|mobile|cell|cellphone|phonenumber|telefon|telefonnummer|handy|handynummer|rufnummer|"
     "téléphone|portable|telefono|teléfono|movil|móvil|celular|cellulare"},
    {Part::Address,
     "address|addr|street|adresse|anschrift|strasse|straße|hausnummer|rue|direccion|dirección|domicilio|"
     "calle|indirizzo"},
    {Part::Postcode, "zip|zipcode|postcode|postalcode|postal|plz|postleitzahl|codepostal|postale"},
    {Part::Card, "card|carte|tarjeta|carta|karte"},
    {Part::On, "on|sur|en|sulla|auf"},
    {Part::Filler,
     "to|of|the|for|by|s|de|del|della|dello|dell|di|des|der|die|das|dem|den|vom|zum|du|la|le|les|el|los|il|l|d|al|"
     "full|first|last|given|family|middle|maiden|legal|preferred|complete|completo|complet|vollständiger|primary|main|"
     "default|order|orders|line|no|nr|number|num|nummer|numero|número|code|código|codigo|codice|info|"
     "details|data|account|konto|compte|cuenta|conto"},
    {Part::Thing,
     "product|item|article|artikel|produkt|produit|producto|prodotto|campaign|kampagne|campagne|campaña|campagna|event|"
     "file|datei|fichier|archivo|brand|marke|marque|marca|company|firma|firm|business|organisation|organization|store|"
     "shop|page|screen|plan|list|segment|group|category|variant|coupon|discount|sku|host|domain|server|app|tag|button|"
     "form|method|carrier|service|warehouse|country|city|region|state|currency|site|channel|source|medium|department|"
     "team|project|device|os|browser|model|type|status|class|job|role|course|hotel|tier|tax|fee|zone|level|program|"
     "template|tracking|offer|package|option|reason|feature|field|column|table|agent|format|archive|size"},
};

// Compounds: "kundenname", "buyername", "rechnungsadresse", "lieferplz".
struct Ending {
  std::string_view text;
  Part part;
};
constexpr Ending kEndings[] = {
    {"vorname", Part::Name},    {"nachname", Part::Name},     {"namen", Part::Name},       {"name", Part::Name},
    {"telefon", Part::Phone},   {"phone", Part::Phone},       {"adresse", Part::Address},  {"anschrift", Part::Address},
    {"address", Part::Address}, {"postcode", Part::Postcode}, {"zipcode", Part::Postcode}, {"plz", Part::Postcode},
    {"zip", Part::Postcode},    {"empfänger", Part::Holder},  {"empfaenger", Part::Holder}};

// Of two letters or three: words of other meanings too, unless they are all there is, or somebody's.
constexpr std::string_view kShortPostcodes = "cap|cp";

// Two words that are one: the first in front of the second, or behind it.
constexpr std::string_view kMadeOfTwo[][2] = {{"card", "holder"}, {"account", "holder"}, {"policy", "holder"}};

bool has(std::string_view list, std::string_view word) {
  for (const std::string_view each : split(list, '|'))
    if (each == word) return true;
  return false;
}

std::optional<Part> part_in_lists(std::string_view word) {
  for (const PartWords& row : kParts)
    if (has(row.words, word)) return row.part;
  return std::nullopt;
}

bool is_somebody(Part part) {
  return part == Part::Place || part == Part::Person || part == Part::Holder;
}

// The parts of a compound: what its ending says, and the word in front of it with the letters that join the two.
bool take_apart(std::string_view word, std::vector<Part>& parts) {
  for (const Ending& ending : kEndings) {
    if (word.size() <= ending.text.size() || !word.ends_with(ending.text)) continue;
    std::string_view front = word.substr(0, word.size() - ending.text.size());
    for (const std::string_view joint : {"", "s", "n", "en", "to"}) {
      if (!front.ends_with(joint) || front.size() == joint.size()) continue;
      const auto part = part_in_lists(front.substr(0, front.size() - joint.size()));
      if (!part || (!is_somebody(*part) && *part != Part::Thing)) continue;
      parts.push_back(*part);
      parts.push_back(ending.part);
      return true;
    }
  }
  return false;
}

std::string_view without_number(std::string_view word) {
  while (word.size() > 1 && word.back() >= '0' && word.back() <= '9') word.remove_suffix(1);
  return word;
}

struct Structure {
  std::vector<Part> parts;
  bool has_unknown = false;
  bool has(Part part) const { return std::ranges::find(parts, part) != parts.end(); }
  bool has_somebody() const { return std::ranges::any_of(parts, is_somebody); }
};

Structure structure_of(std::string_view name) {
  Structure out;
  const auto words = split(name, '_');
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = without_number(words[i]);
    if (word.empty() || (word[0] >= '0' && word[0] <= '9')) continue;
    const bool is_two = i + 1 < words.size() && std::ranges::any_of(kMadeOfTwo, [&](const auto& two) {
                          return two[0] == word && two[1] == words[i + 1];
                        });
    if (is_two) {
      out.parts.push_back(Part::Holder);
      ++i;
    } else if (const auto part = part_in_lists(word)) {
      out.parts.push_back(*part);
    } else if (!take_apart(word, out.parts)) {
      out.has_unknown = out.has_unknown || !has(kShortPostcodes, word);
    }
  }
  return out;
}

bool is_capital(std::string_view word) {
  return (word[0] >= 'A' && word[0] <= 'Z') || static_cast<uint8_t>(word[0]) >= 0xC3;
}

// "Ann Example", "Smith, Pat", "María del Mar O'Neil": two to five words, the first and the last with a capital, and
// nothing but letters in them.
bool looks_like_a_name(std::string_view value) {
  if (value.size() > 60) return false;
  std::vector<std::string_view> words;
  for (const std::string_view word : split(trim(value), ' '))
    if (!word.empty()) words.push_back(word);
  const bool has_letters_alone = std::ranges::all_of(value, [](char c) {
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<uint8_t>(c) >= 0x80;
    return is_letter || c == ' ' || c == ',' || c == '.' || c == '-' || c == '\'';
  });
  return has_letters_alone && words.size() >= 2 && words.size() <= 5 && is_capital(words.front()) &&
         is_capital(words.back());
}

constexpr double kShareOfNames = 0.6;  // of the values
constexpr size_t kFewestOfPeople =
    20;  // different ones; kinds of things are fewer, and look like names too: "Flat Rate"

bool look_like_names(std::span<const std::string> values) {
  const auto fitting = std::ranges::count_if(values, looks_like_a_name);
  return fitting > 0 && static_cast<double>(fitting) >= kShareOfNames * static_cast<double>(values.size());
}

// Digits, letters and blanks, at most ten, some of them digits: "89086", "SW1A 1AA", "1017-XJ".
bool looks_like_a_postcode(std::string_view value) {
  value = trim(value);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  return value.size() >= 3 && value.size() <= 10 && std::ranges::any_of(value, is_digit) &&
         std::ranges::all_of(value, [&](char c) {
           return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == ' ' || c == '-';
         });
}

bool has_short_postcode(std::string_view name, const Structure& structure, std::span<const std::string> values) {
  const auto words = split(name, '_');
  const bool is_there = std::ranges::any_of(words, [](std::string_view word) { return has(kShortPostcodes, word); });
  if (!is_there || structure.has_unknown || (words.size() > 1 && !structure.has_somebody())) return false;
  return values.empty() || std::ranges::any_of(values, looks_like_a_postcode);
}

}  // namespace

std::optional<Saying> saying_of(std::string_view name, std::span<const std::string> values) {
  const Structure structure = structure_of(name);
  if (structure.has(Part::Thing)) return std::nullopt;
  if (structure.has(Part::Postcode) || has_short_postcode(name, structure, values)) return Saying::Postcode;
  const bool is_somebodys = structure.has_somebody();
  if (structure.has(Part::Name) && is_somebodys && (!structure.has_unknown || look_like_names(values)))
    return Saying::PersonsName;
  if (structure.has(Part::Address)) return Saying::Address;
  if (structure.has(Part::Phone) && is_somebodys && !structure.has_unknown) return Saying::PersonsPhone;
  if (structure.has(Part::Name) && structure.has(Part::On) && structure.has(Part::Card)) return Saying::PersonsName;
  const bool is_nothing_else = std::ranges::all_of(structure.parts, [&](Part part) {
    return part == Part::Person || part == Part::Holder || part == Part::Filler ||
           (part == Part::Place && structure.has(Part::Holder));  // "invoice recipient"
  });
  if (!is_nothing_else || structure.has_unknown) return std::nullopt;
  // "recipient" is who receives; "buyer" and "contact" may be an id or a yes: the values say which.
  if (structure.has(Part::Holder)) return Saying::PersonsName;
  const bool are_people = is_somebodys && values.size() >= kFewestOfPeople && look_like_names(values);
  return are_people ? std::optional(Saying::PersonsName) : std::nullopt;
}

bool names_somebody(std::string_view name) {
  const Structure structure = structure_of(name);
  return structure.has_somebody() && !structure.has(Part::Thing);
}

}  // namespace tessera::privacy
