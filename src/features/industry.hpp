// What things are called in each industry, and which events play which part there. Everything a reader of a report sees
// is put together from this table, so that a clinic never has orders and a bank has no baskets; and everything
// discovery asks of a record is asked of parts ("the main event", "what undoes it"), so that nothing assumes a shop.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tessera::features {

// The parts an event can play.
enum class EventRole : uint8_t {
  Main,       // what the company lives from: an order, an appointment, a payment, a booking
  Undo,       // takes one back
  Look,       // looks around
  Pick,       // begins a main event: a basket, a selection
  Promotion,  // takes a reduction, a reminder, a bonus
  Service,    // asks a person for help
  MailOpen,
  MailClick,
  Login,
  Page,
  Review,
  Survey,
  Leave,  // unsubscribed
};
inline constexpr size_t kParts = 13;

struct IndustryTerms {
  std::string_view industry;                // "shop"
  std::string_view customer, customers;     // "customer", "customers"
  std::string_view main, mains;             // "order", "orders"; also the alias in the segment language
  std::string_view main_verb;               // "orders": what they do, third person plural
  std::string_view undo, undos;             // "return", "returns": one word each, for names of values
  std::string_view undo_phrase;             // "returned"
  std::string_view looks;                   // "product views"
  std::string_view promoted;                // "with a coupon or discount"
  std::string_view service;                 // "contacts with support"
  std::string_view money, money_name;       // "net spend", "spend"
  std::string_view thing, things;           // "product", "products"
  std::string_view interest;                // what a category is: "category"
  std::string_view breadth;                 // "things in an order"
  std::string_view promoted_tag, undo_tag;  // the same in a name: "with coupons", "many returns"
  std::string_view regulars;                // those who come often: "regulars"
  bool careful = false;                     // health and money: age, gender, postcode stay out
};

// The last row is the one for companies not recognised.
std::span<const IndustryTerms> industries();
const IndustryTerms& generic_words();
// For tables of customers of whom nothing is known that they did.
const IndustryTerms& words_without_events();

// The part an event of this name plays, in any industry; -1 = none known.
struct EventPart {
  std::string_view event;
  EventRole part;
  std::string_view industry;  // which industry the name speaks for; empty = any
};
std::span<const EventPart> event_parts();

// "3 orders", "1 order".
std::string counted(uint64_t count, std::string_view one, std::string_view many);

}  // namespace tessera::features
