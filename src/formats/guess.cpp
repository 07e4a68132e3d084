#include "formats/guess.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/presets.hpp"

namespace tessera::formats {
namespace {

// What a column's values must be like for a role.
enum class Values : uint8_t { Any, Number, Time, ClockTime, EmailAddress, Text, Category, Status, IdLike };

struct Meaning {
  Role role;
  std::string_view target;
  Values values;
  std::string_view words;  // plain ASCII names, whole; "~word": enough if the name contains it
};

// Names of columns in four languages and of the usual exports, for each thing a column may mean. Earlier rows win ties.
constexpr Meaning kMeanings[] = {
    {Role::Email, "email", Values::EmailAddress,
     "email|mail|emailaddress|mailaddress|~email|~mail|courriel|adressemail|correo|~correo|~courriel"},
    {Role::Customer, "", Values::IdLike,
     "customerid|customer|customernumber|customerno|customernr|customercode|custid|custno|cust|userid|user|uid|"
     "clientid|"
     "clientnumber|memberid|member|membernumber|accountid|accountnumber|account|buyerid|buyer|shopperid|shopper|"
     "personid|"
     "contactid|profileid|subscriberid|patientid|patient|guestid|passengerid|cardid|cardnumber|loyaltyid|loyaltycard|"
     "householdid|kundennummer|kundennr|kundeid|kunde|kundenid|kdnr|knr|kundencode|mitgliedsnummer|mitglied|"
     "patientennummer|nutzerid|nutzer|benutzerid|idclient|numeroclient|numclient|nclient|noclient|client|codeclient|"
     "identifiantclient|acheteur|idutilisateur|utilisateur|idcliente|cliente|codigocliente|codigodecliente|"
     "numerocliente|numerodecliente|numerodeclient|ncliente|clienteid|codcliente|socio|idusuario|usuario|respondentid|"
     "~customerid|~userid|~kundennummer|~customernumber"},
    {Role::Anonymous, "", Values::IdLike,
     "anonymousid|visitorid|visitor|cookieid|cookie|deviceid|sessionid|session|clientidga|userpseudoid|fullvisitorid|"
     "besucherid|idvisiteur|idvisitante"},
    {Role::Order, "", Values::IdLike,
     "orderid|ordernumber|orderno|ordernr|order|invoiceno|invoice|invoicenumber|invoiceid|receiptid|receipt|receiptno|"
     "transactionid|transaction|transactionno|basketid|basket|bookingid|bookingreference|pnr|saleid|bestellnummer|"
     "bestellnr|bestellung|bestellid|rechnungsnummer|rechnungsnr|rechnung|belegnummer|belegnr|beleg|auftragsnummer|"
     "auftrag|bonnummer|bon|numerocommande|numerodecommande|commande|nocommande|ncommande|idcommande|facture|"
     "numerofacture|numerodefacture|nfacture|nofacture|ticket|pedido|idpedido|numeropedido|numerodepedido|npedido|"
     "factura|numerofactura|numerodefactura|nfactura|idfactura"},
    {Role::Time, "", Values::Time,
     "time|timestamp|date|datetime|eventtime|eventdate|orderdate|ordertime|dateoforder|orderedat|invoicedate|"
     "purchasedate|purchasedat|dateofpurchase|transactiondate|transactiontime|createdat|created|occurredat|saledate|"
     "solddate|bookingdate|visitdate|ts|when|day|paidat|eventtimestamp|datum|zeit|zeitpunkt|zeitstempel|bestelldatum|"
     "bestellzeit|rechnungsdatum|kaufdatum|buchungsdatum|verkaufsdatum|datumzeit|datumuhrzeit|bestelltam|date|heure|"
     "datecommande|datedecommande|dateachat|datedachat|datefacture|datedefacture|dateheure|horodatage|fecha|"
     "fechapedido|"
     "fechadepedido|fechacompra|fechadecompra|fechahora|fechafactura|fechadefactura|momento|fechaventa|~timestamp|"
     "~datum|~fecha|~date"},
    {Role::Clock, "", Values::ClockTime, "time|clock|timeofday|uhrzeit|zeit|heure|hora|ordertime|saletime"},
    {Role::Event, "", Values::Category,
     "event|eventname|eventtype|action|activity|activitytype|eventaction|metric|ereignis|aktion|aktivitat|ereignisname|"
     "evenement|nomevenement|typeevenement|evento|accion|actividad|nombreevento|tipoevento"},
    {Role::Status, "", Values::Status,
     "status|orderstatus|paymentstatus|financialstatus|bestellstatus|zahlungsstatus|statut|statutcommande|etat|estado|"
     "estadopedido|eventtype|type"},
    {Role::Item, "quantity", Values::Number,
     "quantity|qty|units|pieces|itemquantity|lineitemquantity|numberofitems|unitssold|menge|anzahl|stuck|stueck|"
     "stuckzahl|quantite|qte|nombre|cantidad|unidades|uds|cant"},
    {Role::Item, "price", Values::Number,
     "price|unitprice|itemprice|pricepaid|lineitemprice|priceperunit|preis|einzelpreis|stuckpreis|stueckpreis|prix|"
     "prixunitaire|pu|precio|preciounitario|preciounidad"},
    {Role::Item, "amount", Values::Number,
     "amount|total|totalamount|totalprice|ordertotal|grandtotal|orderamount|ordervalue|sum|value|revenue|sales|spend|"
     "spent|spending|turnover|netamount|linetotal|subtotal|paid|amountpaid|payment|dollarvalue|transactionamount|"
     "purchaseamount|invoicetotal|betrag|summe|gesamt|gesamtbetrag|gesamtsumme|umsatz|gesamtpreis|rechnungsbetrag|"
     "bestellwert|zahlbetrag|montant|montanttotal|prixtotal|chiffredaffaires|ca|totalttc|montantttc|importe|"
     "importetotal|monto|montototal|ventas|valor|preciototal|~amount|~betrag|~montant|~importe"},
    {Role::Item, "product_id", Values::IdLike,
     "productid|itemid|sku|stockcode|productcode|articleid|articlenumber|ean|gtin|asin|variantid|productsku|itemsku|"
     "lineitemsku|artikelnummer|artikelnr|artnr|produktnummer|artikelid|reference|ref|refproduit|referenceproduit|"
     "codeproduit|codearticle|idproduit|codigoproducto|codigodeproducto|idproducto|codigoarticulo|referencia"},
    {Role::Item, "name", Values::Text,
     "item|product|productname|itemname|description|productdescription|producttitle|itemdescription|lineitemname|"
     "article|articlename|artikel|artikelname|produkt|produktname|bezeichnung|artikelbezeichnung|produktbezeichnung|"
     "beschreibung|artikelbeschreibung|produit|nomproduit|nomduproduit|designation|libelle|descriptionproduit|producto|"
     "articulo|nombreproducto|nombredelproducto|descripcion|descripcionproducto|service|treatment|leistung"},
    {Role::Item, "category", Values::Category,
     "category|productcategory|itemcategory|department|productgroup|producttype|categoryname|kategorie|warengruppe|"
     "produktkategorie|produktgruppe|abteilung|sortiment|categorie|categorieproduit|rayon|famille|categoria|"
     "categoriaproducto|departamento|familia"},
    {Role::Phone, "phone", Values::Any,
     "phone|mobile|telephone|tel|phonenumber|cell|cellphone|mobilephone|telefon|telefonnummer|handy|handynummer|mobil|"
     "portable|numerodetelephone|telefono|movil|celular"},
    {Role::ZoneName, "", Values::Text, "timezone|zeitzone|fuseauhoraire|zonahoraria"},
    {Role::Message, "", Values::IdLike, "messageid|eventid|insertid|rowid|uuid|eventuuid"},
    {Role::Property, "currency", Values::Category,
     "currency|currencycode|wahrung|waehrung|devise|monnaie|moneda|divisa"},
    {Role::Property, "discount", Values::Number,
     "discount|discountamount|rabatt|nachlass|rabattbetrag|remise|reduction|descuento|rebaja"},
    {Role::Property, "tax", Values::Number, "tax|taxes|vat|taxamount|mwst|steuer|ust|tva|taxe|iva|impuesto|impuestos"},
    {Role::Property, "shipping", Values::Number,
     "shipping|shippingcost|shippingfee|delivery|deliveryfee|freight|postage|versand|versandkosten|porto|fraisdeport|"
     "livraison|fraisdelivraison|envio|gastosdeenvio|gastosenvio"},
    {Role::Property, "coupon", Values::Text,
     "coupon|couponcode|vouchercode|voucher|promocode|discountcode|gutschein|gutscheincode|codepromo|bon dachat|cupon|"
     "codigodescuento|codigopromocional"},
    {Role::Property, "channel", Values::Category,
     "channel|saleschannel|kanal|vertriebskanal|verkaufskanal|canal|canaldevente|canaldeventa|touchpoint"},
    {Role::Trait, "country", Values::Text, "country|countrycode|land|laendercode|pays|pais|billingcountry|nation"},
    {Role::Trait, "city", Values::Text, "city|town|stadt|ort|wohnort|ville|ciudad|billingcity"},
    {Role::Trait, "postcode", Values::Any,
     "postcode|zip|zipcode|postalcode|plz|postleitzahl|codepostal|codigopostal|cp"},
    {Role::Trait, "region", Values::Text, "region|state|province|county|bundesland|departement|provincia|comunidad"},
    {Role::Trait, "gender", Values::Category, "gender|sex|geschlecht|sexe|sexo|anrede|civilite"},
    {Role::Trait, "age", Values::Number, "age|alter|customerage|edad"},
    {Role::Trait, "name", Values::Text,
     "customername|fullname|clientname|kundenname|nomclient|nomduclient|nombrecliente"},
    {Role::Trait, "first_name", Values::Text, "firstname|givenname|vorname|prenom|nombre|forename"},
    {Role::Trait, "last_name", Values::Text,
     "lastname|surname|familyname|nachname|nom|nomdefamille|apellido|apellidos"},
};

// Dates about a person that say nothing of when the row happened.
constexpr std::string_view kPersonalDates =
    "birthday|birthdate|dateofbirth|dob|geburtstag|geburtsdatum|datedenaissance|naissance|fechanacimiento|"
    "fechadenacimiento|signupdate|signup|signedupat|registered|registeredat|registrationdate|joindate|joined|joinedat|"
    "membersince|customersince|firstseen|lastseen|kundeseit|registrierungsdatum|anmeldedatum|registriertam|"
    "inscritle|dateinscription|datedinscription|clientdepuis|fecharegistro|fechaderegistro|fechaalta|fechadealta|"
    "clientedesde|lastlogin|lastvisit|lastorder|lastorderdate|lastpurchase|firstpurchase|firstorder|lastpurchasedate|"
    "updatedat|modified|lastupdated";

struct Accent {
  std::string_view from, to;
};
constexpr Accent kAccents[] = {{"ä", "a"}, {"ö", "o"}, {"ü", "u"}, {"ß", "ss"}, {"é", "e"}, {"è", "e"},
                               {"ê", "e"}, {"ë", "e"}, {"à", "a"}, {"â", "a"},  {"á", "a"}, {"ç", "c"},
                               {"î", "i"}, {"ï", "i"}, {"í", "i"}, {"ô", "o"},  {"ó", "o"}, {"ò", "o"},
                               {"û", "u"}, {"ú", "u"}, {"ù", "u"}, {"ñ", "n"},  {"œ", "oe"}};

// The name without case, accents and anything that is no letter or digit.
std::string bare_name(std::string_view column) {
  std::string folded = fold_case(column);
  for (const Accent& accent : kAccents) {
    for (size_t at; (at = folded.find(accent.from)) != std::string::npos;) {
      folded.replace(at, accent.from.size(), accent.to);
    }
  }
  std::string out;
  for (const char c : folded) {
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')) out += c;
  }
  return out;
}

int name_score(std::string_view words, const std::string& bare) {
  int best = 0;
  for (const std::string_view word : split(words, '|')) {
    if (word.starts_with("~")) {
      if (bare.find(word.substr(1)) != std::string::npos) best = std::max(best, 4);
    } else if (bare == word) {
      return 10;
    }
  }
  return best;
}

bool is_listed(std::string_view words, const std::string& bare) {
  return name_score(words, bare) == 10;
}

struct Fit {
  int score = 0;  // 0: cannot be
  std::string why;
};

bool is_id_like(const ColumnProfile& column) {
  if (column.is_time() && !column.is_numeric()) return false;
  if (column.is_email()) return true;
  // Amounts have fractions; ids written by spreadsheets end in .0 throughout.
  return column.numbers.fractions == 0 || !column.is_numeric();
}

size_t order_words(const ColumnProfile& column) {
  size_t known = 0;
  for (const std::string& value : column.distinct) known += fate_of_status(value) ? 1 : 0;
  return known;
}

// Whether the values allow the meaning, and how much they speak for it.
Fit value_fit(Values values, const ColumnProfile& column) {
  const std::string examples = column.examples.empty() ? "" : fmt::format(", e.g. '{}'", column.examples[0]);
  if (column.values == 0) return {1, "it is empty in the first rows"};
  switch (values) {
    case Values::Number:
      return column.is_numeric() ? Fit{2, "its values are numbers" + examples} : Fit{};
    case Values::Time:
      return column.is_time() ? Fit{3, fmt::format("its values are times{}", examples)} : Fit{};
    case Values::ClockTime:
      return column.clocks == column.values ? Fit{4, "its values are times of the day" + examples} : Fit{};
    case Values::EmailAddress:
      return column.is_email() ? Fit{8, "its values are e-mail addresses"} : Fit{};
    case Values::Text:
      return column.is_numeric() && column.numbers.padded == 0 ? Fit{} : Fit{1, "its values are texts" + examples};
    case Values::Category:
      if (column.is_numeric() || column.is_time()) return {};
      return column.is_category() || column.values < 20
                 ? Fit{2, fmt::format("{} different values{}", column.distinct.size(), examples)}
                 : Fit{};
    case Values::Status:
      return order_words(column) * 2 > column.distinct.size() ? Fit{4, "its values are states of orders" + examples}
                                                              : Fit{};
    case Values::IdLike:
      return is_id_like(column)
                 ? Fit{2, fmt::format("{}{} different values{}", column.distinct.size() >= 500 ? "over " : "",
                                      std::min<size_t>(column.distinct.size(), 500), examples)}
                 : Fit{};
    case Values::Any:
      return {1, {}};
  }
  return {};
}

struct Candidate {
  int score;
  size_t column, meaning;
  std::string why;
};

class Guess {
 public:
  Guess(const TableProfile& profile, const std::string& file) : profile_(profile), file_(file) {
    for (const ColumnProfile& column : profile.columns) bare_.push_back(bare_name(column.name));
    taken_.resize(profile.columns.size());
  }

  Result<Mapping> mapping() {
    TRY(refuse_data_as_header());
    assign();
    by_values();
    if (!customer_ && !has(Role::Email) && !has(Role::Phone) && !has(Role::Anonymous)) return nobody();
    decide_rows();
    if (mapping_.rows == RowMeans::OrderLine) settle_amount();
    keep_rest();
    mapping_.preset = "guessed";
    std::stable_sort(mapping_.bindings.begin(), mapping_.bindings.end(),
                     [](const Binding& a, const Binding& b) { return a.role < b.role; });
    return std::move(mapping_);
  }

 private:
  bool has(Role role, std::string_view target = {}) const { return mapping_.find(role, target) != nullptr; }

  void take(size_t column, Role role, std::string_view target, std::string why) {
    taken_[column] = true;
    if (role == Role::Customer) customer_ = column;
    mapping_.bindings.push_back(
        {profile_.columns[column].name, role, std::string(target), ValueType::Auto, std::move(why)});
  }

  // A first line of numbers, dates or addresses is no header.
  Result<void> refuse_data_as_header() const {
    size_t names_like_data = 0;
    for (const ColumnProfile& column : profile_.columns) {
      ColumnProfile name;
      name.add({column.name, FieldKind::Text});
      names_like_data += name.is_numeric() || name.is_time() || name.emails > 0 ? 1 : 0;
    }
    if (profile_.columns.size() < 2 || names_like_data * 2 < profile_.columns.size()) return {};
    std::string names = "customer,time,amount";
    for (size_t i = 3; i < profile_.columns.size(); ++i) names += fmt::format(",column_{}", i + 1);
    return fail(fmt::format("the first line looks like data, not like the names of columns: '{}', '{}'",
                            profile_.columns[0].name, profile_.columns[1].name),
                file_ + ":1",
                try_shell("sed -i.bak").argument("1i " + names).argument(file_).note("put the right names in"));
  }

  void assign() {
    std::vector<Candidate> candidates;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const bool is_personal_date = is_listed(kPersonalDates, bare_[c]);
      for (size_t m = 0; m < std::size(kMeanings); ++m) {
        const Meaning& meaning = kMeanings[m];
        if (is_personal_date && meaning.role == Role::Time) continue;
        const int by_name = name_score(meaning.words, bare_[c]);
        const Fit fit = value_fit(meaning.values, profile_.columns[c]);
        const bool values_suffice = meaning.role == Role::Email;
        if (fit.score == 0 || (by_name == 0 && !values_suffice)) continue;
        std::string why = by_name > 0 ? "its name says so" : "";
        if (!fit.why.empty()) why += (why.empty() ? "" : "; ") + fit.why;
        candidates.push_back({by_name + fit.score, c, m, std::move(why)});
      }
    }
    std::stable_sort(candidates.begin(), candidates.end(), [](const Candidate& a, const Candidate& b) {
      return a.score != b.score ? a.score > b.score : a.meaning < b.meaning;
    });
    std::set<size_t> given;
    for (Candidate& candidate : candidates) {
      if (taken_[candidate.column] || given.contains(candidate.meaning)) continue;
      const Meaning& meaning = kMeanings[candidate.meaning];
      // A clock alone is no time; a product's "type" is no status.
      if (meaning.role == Role::Clock && !time_date_alone()) continue;
      given.insert(candidate.meaning);
      take(candidate.column, meaning.role, meaning.target, std::move(candidate.why));
    }
  }

  // A date without a clock exists besides.
  bool time_date_alone() const {
    return std::any_of(profile_.columns.begin(), profile_.columns.end(),
                       [](const ColumnProfile& c) { return c.is_time() && c.times.with_clock == 0; });
  }

  // What names do not say, values may: the only column of times; ids that repeat; a column called just "id".
  void by_values() {
    if (!has(Role::Time)) {
      std::optional<size_t> only;
      size_t count = 0;
      for (size_t c = 0; c < profile_.columns.size(); ++c) {
        const ColumnProfile& column = profile_.columns[c];
        // Numbers may look like times by chance; texts do not.
        const bool is_plain_number = column.is_numeric() &&
                                     column.times.reads[static_cast<size_t>(TimeForm::EpochMillis)] == 0 &&
                                     column.times.reads[static_cast<size_t>(TimeForm::EpochSeconds)] == 0;
        if (taken_[c] || !column.is_time() || is_plain_number || is_listed(kPersonalDates, bare_[c])) continue;
        only = c;
        ++count;
      }
      if (count == 1) take(*only, Role::Time, "", "the only column whose values are times");
    }
    if (customer_ || has(Role::Email)) return;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const bool plain_id = bare_[c] == "id" || bare_[c] == "nr" || bare_[c] == "no" || bare_[c] == "key";
      if (!taken_[c] && plain_id && is_id_like(profile_.columns[c])) {
        return take(c, Role::Customer, "", "it is called an id, and no other column says who");
      }
    }
    // Ids repeat, but not as often as categories do.
    std::optional<size_t> best;
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      const ColumnProfile& column = profile_.columns[c];
      if (taken_[c] || !is_id_like(column) || column.values == 0 || column.fill() < 0.5) continue;
      if (column.distinct.size() < 2 || column.is_truth()) continue;
      const bool id_shape = column.numbers.padded > 0 || column.numbers.float_ids == column.values ||
                            bare_[c].ends_with("id") || bare_[c].ends_with("nr") || bare_[c].ends_with("code");
      const bool repeats = !column.is_unique() && column.distinct.size() >= std::min<size_t>(column.values / 50, 100);
      if (!id_shape && !(repeats && !column.is_category())) continue;
      if (!best || column.distinct.size() > profile_.columns[*best].distinct.size()) best = c;
    }
    if (best) take(*best, Role::Customer, "", "its values repeat as ids do");
  }

  std::unexpected<Error> nobody() const {
    std::vector<std::string> names;
    for (const ColumnProfile& column : profile_.columns) names.push_back(column.name);
    const auto shown = std::span(names).subspan(0, std::min<size_t>(names.size(), 20));
    return fail(fmt::format("no column says who a row is about; its columns are: {}", join(shown, ", ")), file_ + ":1",
                look_and_say(file_, "customer=COLUMN,time=COLUMN,..."));
  }

  void decide_rows() {
    const bool has_money = has(Role::Item, "amount") || has(Role::Item, "price") || has(Role::Item, "quantity");
    const bool has_items = has(Role::Item, "name") || has(Role::Item, "product_id");
    if (!has(Role::Time)) {
      mapping_.rows = RowMeans::Customer;
      // What looked like orders is a summary of each customer.
      demote(
          [](const Binding& b) { return b.role != Role::Customer && b.role != Role::Email && b.role != Role::Phone; },
          Role::Trait);
      return;
    }
    if (has(Role::Event) && !has(Role::Order)) {
      mapping_.rows = RowMeans::Event;
      demote([](const Binding& b) { return b.role == Role::Status; }, Role::Property);
      return;
    }
    demote([](const Binding& b) { return b.role == Role::Event; }, Role::Property);
    if (has_money || has_items || has(Role::Order)) {
      mapping_.rows = RowMeans::OrderLine;
      return;
    }
    mapping_.rows = RowMeans::Event;
    mapping_.event = "Activity";
    demote([](const Binding& b) { return b.role == Role::Status; }, Role::Property);
  }

  template <typename Which>
  void demote(Which which, Role to) {
    for (Binding& binding : mapping_.bindings) {
      if (!which(binding)) continue;
      binding.role = to;
      if (binding.target.empty() || to == Role::Trait) binding.target = property_name(binding.column);
    }
  }

  std::optional<size_t> column_of(Role role, std::string_view target = {}) const {
    const Binding* binding = mapping_.find(role, target);
    for (size_t c = 0; binding && c < profile_.columns.size(); ++c) {
      if (profile_.columns[c].name == binding->column) return c;
    }
    return std::nullopt;
  }

  // Whether a column says the same on all lines of an order; nullopt where no order of the sample has two lines.
  std::optional<bool> is_constant_in_orders(size_t column) const {
    const auto order = column_of(Role::Order);
    if (!order) return std::nullopt;
    std::unordered_map<std::string, std::string> first;
    size_t repeated = 0, different = 0;
    for (const auto& row : profile_.sample) {
      if (*order >= row.size() || column >= row.size() || row[*order].empty() || row[column].empty()) continue;
      const auto [known, is_new] = first.try_emplace(row[*order], row[column]);
      if (is_new) continue;
      ++repeated;
      different += known->second != row[column] ? 1 : 0;
    }
    if (repeated == 0) return std::nullopt;
    return different == 0;
  }

  // The amount is the line's, or the order's written on each of its lines: the values tell.
  void settle_amount() {
    const auto amount = column_of(Role::Item, "amount");
    if (!amount || !has(Role::Order)) return;
    const auto constant = is_constant_in_orders(*amount);
    const bool has_parts = has(Role::Item, "price");
    const bool of_order = constant.value_or(!has_parts);
    for (Binding& binding : mapping_.bindings) {
      if (binding.role != Role::Item || binding.target != "amount" || !of_order) continue;
      binding.role = Role::Property;
      binding.target = "total";
      binding.why += constant ? "; the same on all lines of an order" : "; one line an order";
    }
  }

  void keep_rest() {
    for (size_t c = 0; c < profile_.columns.size(); ++c) {
      if (taken_[c]) continue;
      const std::string& name = profile_.columns[c].name;
      if (name.starts_with("column_") || profile_.columns[c].values == 0) {
        mapping_.bindings.push_back({name,
                                     Role::Ignore,
                                     {},
                                     ValueType::Auto,
                                     profile_.columns[c].values == 0 ? "it is empty" : "it has no name"});
        continue;
      }
      Role role = Role::Property;
      std::string why = "kept as it is";
      if (mapping_.rows == RowMeans::Customer) role = Role::Trait;
      if (mapping_.rows == RowMeans::OrderLine && !is_constant_in_orders(c).value_or(true)) {
        role = Role::Item;
        why = "differs between the lines of an order";
      }
      mapping_.bindings.push_back({name, role, property_name(name), ValueType::Auto, std::move(why)});
    }
  }

  const TableProfile& profile_;
  const std::string& file_;
  std::vector<std::string> bare_;
  std::vector<bool> taken_;
  std::optional<size_t> customer_;
  Mapping mapping_;
};

}  // namespace

Result<Mapping> guess_mapping(const TableProfile& profile, const std::string& file) {
  return Guess(profile, file).mapping();
}

}  // namespace tessera::formats
