#include "formats/record_states.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/mapping.hpp"

namespace tessera::formats {
namespace {

struct State {
  RecordState state;
  std::string_view name, verb;
  std::string_view words;  // beside the name
};
constexpr State kStates[] = {
    {RecordState::Booked, "booked", "Booked",
     "scheduled|reserved|new|created|gebucht|vereinbart|geplant|reserviert|réservé|réservée|planifié|planifiée|"
     "reservado|reservada|programado|programada|agendada|prenotato|prenotata|fissato|fissata"},
    {RecordState::Confirmed, "confirmed", "Confirmed",
     "bestätigt|confirmé|confirmée|confirmado|confirmada|confermato|confermata"},
    {RecordState::Moved, "moved", "Moved",
     "rescheduled|postponed|changed|verschoben|verlegt|umgebucht|déplacé|déplacée|reporté|reportée|reprogramado|"
     "reprogramada|aplazado|aplazada|spostato|spostata|rinviato|rinviata"},
    {RecordState::Kept, "kept", "Completed",
     "attended|completed|complete|arrived|checked in|checked out|seen|done|fulfilled|showed|wahrgenommen|erschienen|"
     "stattgefunden|abgeschlossen|honoré|honorée|effectué|effectuée|terminé|terminée|realizado|realizada|completado|"
     "completada|atendido|atendida|asistió|effettuato|effettuata|completato|completata|svolto|svolta"},
    {RecordState::Missed, "missed", "Missed",
     "no show|did not attend|dna|failed to attend|absent|nicht erschienen|nicht wahrgenommen|versäumt|verpasst|manqué|"
     "manquée|non honoré|non honorée|no asistió|no presentado|no presentada|ausente|mancato|mancata|assente|"
     "non presentato|non presentata"},
    {RecordState::Cancelled, "cancelled", "Cancelled",
     "canceled|cancelled by patient|cancelled by customer|abgesagt|storniert|annulé|annulée|cancelado|cancelada|"
     "anulado|anulada|annullato|annullata|cancellato|cancellata|disdetto|disdetta"},
    {RecordState::Submitted, "submitted", "Submitted",
     "filed|open|opened|received|registered|reported|pending|eingereicht|gemeldet|offen|eingegangen|gestellt|soumis|"
     "soumise|déposé|déposée|déclaré|déclarée|ouvert|ouverte|reçu|reçue|presentado|presentada|abierto|abierta|recibido|"
     "recibida|pendiente|presentato|presentata|aperto|aperta|inviato|inviata|ricevuto|ricevuta"},
    {RecordState::InReview, "in-review", "Reviewed",
     "in review|under review|in progress|processing|in assessment|in prüfung|in bearbeitung|en cours|"
     "en cours d'examen|en cours de traitement|en revisión|en proceso|en trámite|in esame|in lavorazione|"
     "in valutazione"},
    {RecordState::Approved, "approved", "Approved",
     "accepted|granted|genehmigt|bewilligt|angenommen|approuvé|approuvée|accepté|acceptée|accordé|accordée|aprobado|"
     "aprobada|aceptado|aceptada|concedido|concedida|approvato|approvata|accettato|accettata|accolta"},
    {RecordState::Declined, "declined", "Declined",
     "denied|rejected|refused|abgelehnt|refusé|refusée|rejeté|rejetée|rechazado|rechazada|denegado|denegada|rifiutato|"
     "rifiutata|respinto|respinta"},
    {RecordState::Withdrawn, "withdrawn", "Withdrawn",
     "retracted|zurückgezogen|retiré|retirée|retirado|retirada|ritirato|ritirata"},
    {RecordState::Paid, "paid", "Paid",
     "settled|paid out|reguliert|ausgezahlt|payé|payée|réglé|réglée|indemnisé|indemnisée|pagado|pagada|liquidado|"
     "liquidada|pagato|pagata|liquidato|liquidata"},
};

struct Thing {
  std::string_view name, words;
};
constexpr Thing kThings[] = {
    {"Appointment",
     "appointmentid|appointmentnumber|appointmentno|appointment|terminnr|terminnummer|terminid|idrendezvous|"
     "numerorendezvous|numeroderendezvous|idcita|numerocita|numerodecita|idappuntamento|numeroappuntamento"},
    {"Claim",
     "claimid|claimnumber|claimno|claim|schadennummer|schadennr|schadenid|numerosinistre|numerodesinistre|idsinistre|"
     "numerosiniestro|numerodesiniestro|idsiniestro|numerosinistro|idsinistro"},
    {"Application",
     "applicationid|applicationnumber|applicationno|application|antragsnummer|antragsnr|antragid|numerodemande|"
     "numerodedemande|iddemande|numerosolicitud|numerodesolicitud|idsolicitud|numerodomanda|iddomanda"},
    {"Booking",
     "bookingid|bookingnumber|bookingno|bookingreference|reservationid|reservationnumber|reservationno|"
     "buchungsnummer|buchungsnr|reservierungsnummer|numeroreservation|numerodereservation|idreservation|"
     "numeroreserva|numerodereserva|idreserva|numeroprenotazione|idprenotazione"},
};

const std::unordered_map<std::string, RecordState>& states() {
  static const std::unordered_map<std::string, RecordState> kAll = [] {
    std::unordered_map<std::string, RecordState> out;
    for (const State& row : kStates) {
      out.try_emplace(plain_name(row.name), row.state);
      for (const std::string_view word : split(row.words, '|')) out.try_emplace(plain_name(word), row.state);
    }
    return out;
  }();
  return kAll;
}

const State& row_of(RecordState state) {
  return *std::ranges::find(kStates, state, &State::state);
}

}  // namespace

std::optional<RecordState> record_state_named(std::string_view name) {
  const auto found = std::ranges::find(kStates, name, &State::name);
  return found == std::end(kStates) ? std::nullopt : std::optional(found->state);
}

std::string_view name_of(RecordState state) {
  return row_of(state).name;
}

std::optional<RecordState> state_of_record(std::string_view word) {
  const auto found = states().find(plain_name(word));
  return found == states().end() ? std::nullopt : std::optional(found->second);
}

std::string_view thing_of(std::string_view bare) {
  for (const Thing& thing : kThings)
    for (const std::string_view word : split(thing.words, '|'))
      if (word == bare) return thing.name;
  return {};
}

// A booking that was made is the main event of whoever takes bookings.
std::string event_of_record(std::string_view thing, RecordState state) {
  if (thing == "Booking" && state == RecordState::Booked) return "Booking Completed";
  if (thing == "Booking" && state == RecordState::Kept) return "Booking Kept";
  return fmt::format("{} {}", thing, row_of(state).verb);
}

}  // namespace tessera::formats
