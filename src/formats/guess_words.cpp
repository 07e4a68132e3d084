#include "formats/guess_words.hpp"

#include <algorithm>

#include "core/result.hpp"
#include "core/text.hpp"

namespace tessera::formats {
namespace {

// When an order was cancelled; and whether, by a flag, a reason that cancelled orders alone have, or a date under such a
// name. A flag says it more plainly than a reason beside it.
constexpr std::string_view kCancelledAt =
    "cancelledat|canceledat|cancelledon|canceledon|cancelleddate|canceleddate|cancelledtime|canceledtime|"
    "cancellationdate|cancellationtime|canceldate|canceltime|cancelat|datecancelled|datecanceled|dateofcancellation|"
    "voidedat|voidedon|voideddate|voiddate|storniertam|stornodatum|stornierungsdatum|stornozeit|stornierungszeit|"
    "annuliertam|annulliertam|dateannulation|datedannulation|datedelannulation|annulele|annuleele|fechacancelacion|"
    "fechadecancelacion|fechaanulacion|fechadeanulacion|canceladoel|canceladael|anuladoel|anuladael|"
    "dataannullamento|datadiannullamento|datacancellazione|datadicancellazione|annullatoil|annullatail";
constexpr std::string_view kCancelled =
    "iscancelled|iscanceled|cancelled|canceled|isvoid|isvoided|void|voided|cancelledflag|canceledflag|storniert|"
    "iststorniert|storno|stornokennzeichen|stornoflag|annulliert|annule|annulee|estannule|estannulee|commandeannulee|"
    "cancelado|cancelada|anulado|anulada|escancelado|estacancelado|annullato|annullata|eannullato|cancellato||"
    "cancelreason|cancellationreason|cancelledreason|canceledreason|reasonforcancellation|voidreason|stornogrund|"
    "stornierungsgrund|grundderstornierung|motifannulation|motifdannulation|motifdelannulation|raisonannulation|"
    "motivocancelacion|motivodecancelacion|motivoanulacion|motivodeanulacion|motivoannullamento|"
    "motivodannullamento|motivocancellazione";

constexpr Meaning kMeanings[] = {
    {Role::Email, "email", Values::EmailAddress,
     "email|mail|emailaddress|mailaddress|~email|~mail|courriel|adressemail|correo|~correo|~courriel"},
    {Role::Customer, "", Values::IdLike,
     "customerid|customer|customernumber|customerno|customernr|customercode|customeruniqueid|custid|custno|cust|userid|"
     "user|uid|clientid|clientnumber|memberid|member|membernumber|accountid|accountnumber|account|buyerid|buyer|"
     "buyeruserid|buyerusername|shopperid|shopper|personid|contactid|profileid|subscriberid|patientid|patient|guestid|"
     "patientennr|patientnr|patientno|patientnumber|policyholderid|policyholderno|insuredid|applicantid|"
     "cardholderid|versichertennummer|numeroassure|"
     "paciente|idpaciente|numeropaciente|paziente|idpaziente|"
     "passengerid|cardid|cardnumber|loyaltyid|loyaltycard|householdid|householdkey|kundennummer|kundennr|kundeid|kunde|"
     "kundenid|kdnr|knr|kundencode|kundin|mitgliedsnummer|mitglied|patientennummer|nutzerid|nutzer|benutzerid|"
     "benutzername|kaufer|idclient|numeroclient|numerodeclient|numclient|nclient|noclient|client|codeclient|"
     "identifiantclient|acheteur|idutilisateur|utilisateur|idcliente|cliente|codigocliente|codigodecliente|"
     "numerocliente|numerodecliente|ncliente|clienteid|codcliente|comprador|socio|idusuario|usuario|codicecliente|"
     "codcliente|acquirente|utente|idutente|tessera|numerotessera|respondentid|~customerid|~userid|~kundennummer|"
     "~customernumber"},
    {Role::Anonymous, "", Values::IdLike,
     "anonymousid|visitorid|visitor|cookieid|cookie|deviceid|sessionid|session|clientidga|userpseudoid|fullvisitorid|"
     "besucherid|idvisiteur|idvisitante|idvisitatore"},
    {Role::Order, "", Values::IdLike,
     "orderid|ordernumber|orderno|ordernr|order|amazonorderid|bestellnummer|bestellnr|bestellung|bestellid|"
     "auftragsnummer|auftragsnr|auftrag|numerocommande|numerodecommande|commande|nocommande|ncommande|idcommande|"
     "pedido|idpedido|numeropedido|numerodepedido|npedido|ordine|idordine|numeroordine|numerodordine|nordine||"
     "orderreference|invoiceno|invoice|invoicenumber|invoiceid|receiptid|receipt|receiptno|receiptnumber|"
     "transactionid|transaction|paymentid|paymentno|paymentnumber|chargeid|zahlungsid|zahlungsnummer|idpaiement|idpago|idpagamento|transactionno|transactionnumber|basketid|basket|bookingid|bookingreference|pnr|saleid|"
     "salesrecordnumber|rechnungsnummer|rechnungsnr|rechnung|belegnummer|belegnr|beleg|bonnummer|bon|facture|"
     "numerofacture|numerodefacture|nfacture|nofacture|ticket|factura|numerofactura|numerodefactura|nfactura|"
     "idfactura|fattura|numerofattura|nfattura|ricevuta|scontrino|numeroscontrino|transazione"},
    {Role::Time, "", Values::Time,
     "time|timestamp|date|datetime|eventtime|eventdate|orderdate|ordertime|dateoforder|orderedat|invoicedate|"
     "purchasedate|purchasedat|dateofpurchase|transactiondate|transactiontime|soldat|soldon|placedat|placedon|bookedat|bookedon|reportedat|reportedon|filedat|filedon|appliedat|appliedon|submittedat|submittedon|appointmentdate|appointmenttime|terminam|termin|gebuchtam|gemeldetam|beantragtam|createdat|created|occurredat|saledate|"
     "solddate|bookingdate|visitdate|ts|when|day|eventtimestamp|datum|zeit|zeitpunkt|zeitstempel|bestelldatum|"
     "bestellzeit|rechnungsdatum|kaufdatum|buchungsdatum|verkaufsdatum|datumzeit|datumuhrzeit|bestelltam|erstelltam|"
     "heure|datecommande|datedecommande|dateachat|datedachat|datefacture|datedefacture|dateheure|horodatage|fecha|"
     "fechapedido|fechadepedido|fechacompra|fechadecompra|fechahora|fechafactura|fechadefactura|momento|fechaventa|"
     "data|dataordine|datadordine|dataacquisto|datadiacquisto|datafattura|dataora|dataeora|~timestamp|~datum|~fecha|"
     "~date"},
    {Role::Clock, "", Values::ClockTime, "time|clock|timeofday|uhrzeit|zeit|heure|hora|ora|orario|ordertime|saletime"},
    {Role::Event, "", Values::Category,
     "event|eventname|eventtype|action|activity|activitytype|eventaction|metric|ereignis|aktion|aktivitat|ereignisname|"
     "evenement|nomevenement|typeevenement|evento|accion|actividad|nombreevento|tipoevento|azione|attivita"},
    {Role::Status, "", Values::Status,
     "status|transactiontype|saletype|movementtype|buchungsart|vorgangsart|belegart|"
     "typedetransaction|typetransaction|tipodetransaccion|tipotransaccion|tipotransazione|tipooperazione|"
     "orderstatus|orderstate|statemachinestate|paymentstatus|paymentstate|financialstatus|financialstate|transactionstatus|"
     "salestatus|invoicestatus|bestellstatus|bestellungsstatus|zahlungsstatus|auftragsstatus|rechnungsstatus|statut|"
     "statutcommande|statutdelacommande|statutdecommande|statutpaiement|statutdepaiement|etatcommande|"
     "etatdelacommande|estadopedido|estadodelpedido|estadodepago|estadopago|statoordine|statodellordine|"
     "statopagamento|statodelpagamento||etat|estado|stato|state|zustand|eventtype|paymenttype|"
     "recordtype|"
     "type|typ|tipo|art"},
    {Role::PaidAt, "", Values::Time,
     "paidat|paidon|paiddate|paidtime|datepaid|paymentdate|paymenttime|dateofpayment|paidondate|paymentreceivedat|"
     "bezahltam|bezahldatum|zahlungsdatum|zahlungseingang|datepaiement|datedepaiement|datedupaiement|payele|fechapago|"
     "fechadepago|fechadelpago|pagadoel|datapagamento|datadipagamento|datadelpagamento|pagatoil"},
    {Role::CancelledAt, "", Values::Any, kCancelledAt},
    {Role::CancelledAt, "", Values::Time, kCancelled},
    {Role::Cancelled, "", Values::Flag, kCancelled},
    {Role::RefundedAt, "", Values::Time,
     "refundedat|refundedon|refundeddate|refunddate|refundtime|daterefunded|dateofrefund|erstattetam|erstattungsdatum|"
     "ruckerstattungsdatum|ruckerstattetam|dateremboursement|datederemboursement|datederemboursement|remboursele|"
     "fechareembolso|fechadereembolso|fechadelreembolso|reembolsadoel|datarimborso|datadirimborso|datadelrimborso|"
     "rimborsatoil"},
    {Role::UpdatedAt, "", Values::Time,
     "updatedat|updatedon|lastupdated|lastupdatedat|lastupdateddate|lastupdate|lastmodified|lastmodifieddate|"
     "modifiedat|datemodified|lastchanged|changedat|geandertam|aktualisiertam|letzteanderung|anderungsdatum|"
     "datemodification|datedemodification|modifiele|misajourle|fechamodificacion|fechademodificacion|"
     "fechaactualizacion|fechadeactualizacion|actualizadoel|modificadoel|datamodifica|datadimodifica|"
     "dataaggiornamento|aggiornatoil|modificatoil"},
    {Role::Item, "quantity", Values::Number,
     "quantity|qty|units|pieces|itemquantity|lineitemquantity|numberofitems|unitssold|menge|anzahl|stuck|stueck|"
     "stuckzahl|quantite|qte|nombre|cantidad|unidades|uds|cant|quantita|qta|pezzi"},
    {Role::Item, "price", Values::Number,
     "price|unitprice|itemprice|pricepaid|lineitemprice|priceperunit|preis|einzelpreis|stuckpreis|stueckpreis|prix|"
     "prixunitaire|pu|precio|preciounitario|preciounidad|prezzo|prezzounitario"},
    {Role::Item, "amount", Values::Number,
     "amount|total|totalamount|totalprice|ordertotal|grandtotal|grandtotalpurchased|grandtotalbase|orderamount|"
     "ordervalue|sum|value|revenue|sales|netsales|grosssales|spend|spent|spending|turnover|netamount|grossamount|gross|"
     "linetotal|itemtotal|itemsubtotal|subtotal|paid|amountpaid|payment|dollarvalue|transactionamount|purchaseamount|"
     "invoicetotal|betrag|summe|gesamt|gesamtbetrag|gesamtsumme|umsatz|nettoumsatz|gesamtpreis|rechnungsbetrag|"
     "bestellwert|warenwert|zahlbetrag|positionssumme|montant|montanttotal|prixtotal|chiffredaffaires|ca|totalttc|"
     "montantttc|ventesnettes|totalarticle|importe|importetotal|monto|montototal|ventas|ventasnetas|valor|preciototal|"
     "importo|importototale|totale|totaleordine|vendite|venditenette|prezzototale|~amount|~betrag|~montant|~importe|"
     "~importo"},
    {Role::Item, "product_id", Values::IdLike,
     "productid|itemid|sku|stockcode|productcode|articleid|articlenumber|ean|gtin|asin|variantid|productsku|itemsku|"
     "lineitemsku|artikelnummer|artikelnr|artnr|produktnummer|artikelid|reference|ref|refproduit|referenceproduit|"
     "codeproduit|codearticle|idproduit|codigoproducto|codigodeproducto|idproducto|codigoarticulo|referencia|"
     "codicearticolo|codiceprodotto|idprodotto"},
    {Role::Item, "name", Values::Text,
     "item|product|productname|itemname|description|productdescription|producttitle|itemtitle|itemdescription|"
     "lineitemname|article|articlename|artikel|artikelname|produkt|produktname|bezeichnung|artikelbezeichnung|"
     "produktbezeichnung|beschreibung|artikelbeschreibung|produit|nomproduit|nomduproduit|designation|libelle|"
     "descriptionproduit|producto|articulo|nombreproducto|nombredelproducto|descripcion|descripcionproducto|prodotto|"
     "articolo|nomeprodotto|descrizione|service|treatment|leistung"},
    {Role::Item, "category", Values::Category,
     "category|productcategory|itemcategory|department|productgroup|producttype|categoryname|kategorie|warengruppe|"
     "produktkategorie|produktgruppe|abteilung|sortiment|categorie|categorieproduit|rayon|famille|categoria|"
     "categoriaproducto|departamento|familia|categoriaprodotto|reparto"},
    {Role::Phone, "phone", Values::Any,
     "phone|mobile|telephone|tel|phonenumber|cell|cellphone|mobilephone|telefon|telefonnummer|handy|handynummer|mobil|"
     "portable|numerodetelephone|telefono|movil|celular|cellulare|numeroditelefono"},
    {Role::ZoneName, "", Values::Text,
     "timezone|timezonename|timezoneid|tz|zeitzone|fuseauhoraire|zonahoraria|fusoorario"},
    {Role::Message, "", Values::IdLike, "messageid|eventid|insertid|rowid|uuid|eventuuid"},
    {Role::Property, "currency", Values::Category,
     "currency|currencycode|ordercurrency|wahrung|waehrung|devise|monnaie|moneda|divisa|valuta"},
    {Role::Property, "refunded", Values::Number,
     "refunded|amountrefunded|refundedamount|totalrefunded|refund|refundamount|refunds|orderrefundamount|erstattet|"
     "erstattung|erstattungsbetrag|ruckerstattung|erstatteterbetrag|rembourse|montantrembourse|remboursement|"
     "reembolso|reembolsado|importereembolsado|rimborso|rimborsato|importorimborsato"},
    {Role::Property, "discount", Values::Number,
     "discount|discountamount|rabatt|nachlass|rabattbetrag|remise|reduction|descuento|rebaja|sconto"},
    {Role::Property, "tax", Values::Number,
     "tax|taxes|vat|taxamount|salestax|mwst|steuer|ust|tva|taxe|iva|impuesto|impuestos|imposta|tasse"},
    {Role::Property, "shipping", Values::Number,
     "shipping|shippingcost|shippingfee|delivery|deliveryfee|freight|postage|versand|versandkosten|porto|fraisdeport|"
     "livraison|fraisdelivraison|envio|gastosdeenvio|gastosenvio|spedizione|spesedispedizione"},
    {Role::Property, "coupon", Values::Text,
     "coupon|couponcode|vouchercode|voucher|promocode|discountcode|gutschein|gutscheincode|codepromo|bondachat|cupon|"
     "codigodescuento|codigopromocional|codicesconto|buono"},
    {Role::Property, "channel", Values::Category,
     "channel|saleschannel|kanal|vertriebskanal|verkaufskanal|canal|canaldevente|canaldeventa|canale|touchpoint"},
    {Role::Trait, "country", Values::Text,
     "country|countrycode|land|laendercode|pays|pais|paese|nazione|billingcountry|nation"},
    {Role::Trait, "city", Values::Text, "city|town|stadt|ort|wohnort|ville|ciudad|citta|billingcity"},
    {Role::Trait, "postcode", Values::Any,
     "postcode|zip|zipcode|postalcode|plz|postleitzahl|codepostal|codigopostal|cp|cap"},
    {Role::Trait, "region", Values::Text,
     "region|state|province|county|bundesland|departement|provincia|comunidad|regione"},
    {Role::Trait, "gender", Values::Category, "gender|sex|geschlecht|sexe|sexo|sesso|genere|anrede|civilite"},
    {Role::Trait, "age", Values::Number, "age|alter|customerage|edad|eta"},
    {Role::Trait, "name", Values::Text,
     "customername|fullname|clientname|kundenname|nomclient|nomduclient|nombrecliente|nomecliente"},
    {Role::Trait, "first_name", Values::Text, "firstname|givenname|vorname|prenom|nombre|nome|forename"},
    {Role::Trait, "last_name", Values::Text,
     "lastname|surname|familyname|nachname|nom|nomdefamille|apellido|apellidos|cognome"},
};

constexpr std::string_view kPersonalDates =
    "birthday|birthdate|dateofbirth|dob|geburtstag|geburtsdatum|datedenaissance|naissance|fechanacimiento|"
    "fechadenacimiento|datadinascita|datanascita|signupdate|signup|signedupat|registered|registeredat|"
    "registrationdate|joindate|joined|joinedat|membersince|customersince|firstseen|lastseen|kundeseit|"
    "registrierungsdatum|anmeldedatum|registriertam|inscritle|dateinscription|datedinscription|clientdepuis|"
    "fecharegistro|fechaderegistro|fechaalta|fechadealta|clientedesde|datadiregistrazione|dataregistrazione|"
    "clientedal|lastlogin|lastvisit|lastorder|lastorderdate|lastpurchase|lastpurchasedate|lastactive|lastactivitydate|"
    "firstpurchase|firstorder|firstorderdate|updatedat|modified|lastupdated|lastchanged|contractstart|contractend|"
    "renewaldate|expirydate";

struct Accent {
  std::string_view from, to;
};
constexpr Accent kAccents[] = {{"ä", "a"}, {"ö", "o"}, {"ü", "u"}, {"ß", "ss"}, {"é", "e"}, {"è", "e"},
                               {"ê", "e"}, {"ë", "e"}, {"à", "a"}, {"â", "a"},  {"á", "a"}, {"ç", "c"},
                               {"î", "i"}, {"ï", "i"}, {"í", "i"}, {"ì", "i"},  {"ô", "o"}, {"ó", "o"},
                               {"ò", "o"}, {"û", "u"}, {"ú", "u"}, {"ù", "u"},  {"ñ", "n"}, {"œ", "oe"}};

}  // namespace

std::span<const Meaning> meanings() {
  return kMeanings;
}

const Meaning& meaning_of(Role role, std::string_view target) {
  const auto found =
      std::ranges::find_if(kMeanings, [&](const Meaning& m) { return m.role == role && m.target == target; });
  VERIFY(found != std::end(kMeanings));
  return *found;
}

int name_score(std::string_view words, const std::string& bare) {
  int best = 0, plain = words.find("||") == std::string_view::npos ? kPlain : kPlainest;
  for (const std::string_view word : split(words, '|')) {
    if (word.empty()) {
      plain = kPlain;
    } else if (word.starts_with("~")) {
      if (bare.find(word.substr(1)) != std::string::npos) best = std::max(best, kHinted);
    } else if (bare == word) {
      return plain;
    }
  }
  return best;
}

bool is_personal_date(const std::string& bare) {
  return name_score(kPersonalDates, bare) >= kPlain;
}

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

}  // namespace tessera::formats
