// What the words of a status column say happened to an order: those of the shops and payment services whose exports the
// presets know, in five languages (English, German, French, Spanish, Italian). A word that is not here is asked about,
// never counted as a sale. Words are compared as plain_name does, so "Pending payment" and "pending_payment" are one.
// A vendor that means something else by a word says so in its preset (Magento's "closed").
#include <algorithm>
#include <string>
#include <unordered_map>

#include "core/text.hpp"
#include "formats/presets.hpp"

namespace tessera::formats {
namespace {

struct StatusWord {
  std::string_view words;
  OrderFate fate;
};
constexpr StatusWord kStatuses[] = {
    // bought: paid, or on its way
    {"paid|completed|complete|processing|authorized|authorised|partially_paid|partiallyfulfilled|partially shipped|"
     "shipped partially|paid partially|shipped|delivered|fulfilled|unfulfilled|unshipped|success|successful|succeeded|payment|sale|wc-completed|"
     "wc-processing|closed|captured|settled|ok|approved|accepted|confirmed|in progress|preparing|"
     "ready for pickup|ready to ship|picked up|dispatched|in transit|out for delivery|archived|"
     "awaiting fulfillment|awaiting fulfilment|awaiting shipment|awaiting pickup|partially delivered|"
     "payment accepted|remote payment accepted|processing in progress|on backorder (paid)|invoiced|"
     "shipped - delivered to buyer|shipped - picked up|shipped - out for delivery|shipping|paymentcompleted|"
     "paid out|checked in|checked out|cleared|posted|done|finished|fully paid|payment received|order placed",
     OrderFate::Completed},
    {"verkauf|bezahlt|abgeschlossen|fertig|erledigt|in bearbeitung|in vorbereitung|versendet|versandt|verschickt|geliefert|"
     "zugestellt|ausgeliefert|teilweise versendet|teilweise bezahlt|abholbereit|zahlung akzeptiert|zahlung erhalten|"
     "zahlung eingegangen|zahlung erfolgreich|bestätigt|angenommen",
     OrderFate::Completed},
    {"vente|payé|payée|terminé|terminée|en cours|en cours de traitement|en cours de préparation|en préparation|expédié|partiellement expédié|expédié partiellement|"
     "expédiée|livré|livrée|paiement accepté|paiement à distance accepté|validé|validée|confirmé|confirmée",
     OrderFate::Completed},
    {"venta|pagado|pagada|completado|completada|procesando|en proceso|preparación en curso|preparación en proceso|enviado|parcialmente enviado|enviado parcialmente|"
     "enviada|entregado|entregada|pago aceptado|pago remoto aceptado|confirmado|confirmada",
     OrderFate::Completed},
    {"vendita|pagato|pagata|completato|completata|in lavorazione|in elaborazione|in preparazione|preparazione in corso|spedito|spedito parzialmente|parzialmente spedito|"
     "spedita|inviato|consegnato|consegnata|pagamento accettato|pagamento remoto accettato|confermato|confermata",
     OrderFate::Completed},
    // some of it given back
    {"partially_refunded|partiallyrefunded|refunded partially|returned partially|partial refund|partly refunded|partially returned|teilweise erstattet|"
     "teilweise rückerstattet|teilerstattet|partiellement remboursé|partiellement remboursée|"
     "remboursement partiel|parcialmente reembolsado|reembolsado parcialmente|reembolso parcial|"
     "parzialmente rimborsato|rimborsato parzialmente|rimborso parziale",
     OrderFate::CompletedAndRefunded},
    // given back
    {"refunded|refund|wc-refunded|returned|return|fully refunded|payment refund|charged back|chargeback|reversed|"
     "payment reversal|paypal_reversed|shipped - returned to seller|shipped - returning to seller|"
     "rückgabe|rückerstattet|erstattet|zurückerstattet|retourniert|zurückgegeben|rückgebucht|remboursé|remboursée|retourné|"
     "retournée|reembolsado|reembolsada|devuelto|devuelta|rimborsato|rimborsata|reso|restituito",
     OrderFate::Refunded},
    // taken back before it was one
    {"cancelled|canceled|voided|void|wc-cancelled|cancelled by seller|cancelled by buyer|canceled by customer|abandoned|"
     "expired order|unavailable|paypal_canceled_reversal|uncollectible|storniert|storno|stornierte|abgebrochen|annulliert|"
     "annulé|annulée|abandonné|cancelado|cancelada|anulado|anulada|annullato|annullata|cancellato|cancellata",
     OrderFate::Cancelled},
    // not paid yet
    {"pending|on-hold|onhold|on hold|hold|holded|wc-pending|wc-on-hold|pending payment|pending_payment|payment pending|"
     "payment_review|pending_paypal|fraud|checkout-draft|checkout draft|wc-checkout-draft|draft|unpaid|open|expired|"
     "suspected fraud|reminded|payment reminded|awaiting payment|awaiting check payment|awaiting bank wire payment|awaiting cash on delivery validation|"
     "awaiting paypal payment|on backorder (not paid)|on backorder|backorder|backordered|incomplete|"
     "manual verification required|disputed|under review|unconfirmed|requires_payment_method|requires_action|"
     "requires_confirmation|requires_capture|requires payment method|uncaptured|past due|overdue|created|new|"
     "partially authorized|in review|held|pendingpayment",
     OrderFate::Pending},
    {"offen|ausstehend|zahlung ausstehend|wartend|in wartestellung|warten auf zahlung|wartet auf zahlung|unbezahlt|"
     "nicht bezahlt|entwurf|angehalten|warten auf zahlungseingang|en attente|en attente de paiement|en attente paiement|"
     "en attente du paiement par chèque|en attente de virement bancaire|en attente du paiement par virement bancaire|"
     "impayé|impayée|brouillon|pendiente|pendiente de pago|en espera|en espera de pago|"
     "en espera de pago por cheque|en espera de pago por transferencia bancaria|impagado|borrador|in attesa|"
     "in attesa di pagamento|in sospeso|in attesa di pagamento con assegno|in attesa di pagamento con bonifico bancario|"
     "non pagato|bozza",
     OrderFate::Pending},
    // never paid
    {"failed|wc-failed|declined|denied|error|rejected|blocked|payment error|payment failed|payment declined|"
     "fehlgeschlagen|abgelehnt|zahlungsfehler|fehler bei der bezahlung|échoué|échouée|erreur de paiement|refusé|refusée|"
     "fallido|fallida|error en pago|error de pago|rechazado|rechazada|fallito|fallita|errore di pagamento|rifiutato|"
     "rifiutata",
     OrderFate::Failed},
    // no order
    {"trash|wc-trash|trashed|bin|deleted|auto-draft|wc-auto-draft|test|test order|papierkorb|gelöscht|corbeille|"
     "supprimé|papelera|eliminado|cestino|cestinato|eliminato",
     OrderFate::None},
};

// By plain name: each word is folded once.
const std::unordered_map<std::string, OrderFate>& fates() {
  static const std::unordered_map<std::string, OrderFate> kFates = [] {
    std::unordered_map<std::string, OrderFate> out;
    for (const StatusWord& row : kStatuses)
      for (const std::string_view word : split(row.words, '|')) out.try_emplace(plain_name(word), row.fate);
    return out;
  }();
  return kFates;
}

}  // namespace

std::optional<OrderFate> fate_of_status(std::string_view status) {
  const auto found = fates().find(plain_name(status));
  return found == fates().end() ? std::nullopt : std::optional(found->second);
}

std::optional<OrderFate> fate_of_number(std::string_view preset, std::string_view order_id) {
  if (preset != "online-retail" || order_id.empty()) return std::nullopt;
  // A credit note has a number of its own and its own lines: money given back for part of some order, which is the
  // spec's Order Refunded (Order Cancelled would take an order away whole).
  if (order_id.front() == 'C' || order_id.front() == 'c') return OrderFate::Refunded;
  if (order_id.front() == 'A' || order_id.front() == 'a') return OrderFate::Adjusted;
  return OrderFate::Completed;
}

}  // namespace tessera::formats
