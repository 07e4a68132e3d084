#include "simulate/words.hpp"

namespace tessera::simulate {

namespace {

constexpr Words kWords[] = {
    {.preset = Preset::Shop,
     .customer = "customer",
     .arrive = "",
     .look = "Product Viewed",
     .look_in_person = "Store Visited",
     .pick = "Product Added",
     .commit = "Checkout Started",
     .main = "Order Completed",
     .undo = "Order Refunded",
     .undo_other = "Order Refunded",
     .promotion = "Coupon Applied",
     .service = "Support Contacted",
     .follows = {{{"Product Reviewed", 0.08, 4, 20}, {}, {}}},
     .in_person = "store",
     .id = "order_id",
     .id_prefix = "o",
     .thing = "product_id",
     .thing_prefix = "p",
     .count = "quantity",
     .amount = "revenue",
     .lines = true,
     .money_back = true,
     .typical_amount = 55,
     .plans = {"basic", "plus", "gold"},
     .categories = {"garden", "kitchen", "toys", "books", "sports", "fashion", "electronics", "beauty"},
     .things = {"Planter", "Saucepan", "Puzzle", "Novel", "Yoga mat", "Scarf", "Headphones", "Face cream"}},
    {.preset = Preset::Clinic,
     .customer = "patient",
     .arrive = "Portal Login",
     .look = "Service Page Viewed",
     .look_in_person = "Clinic Called",
     .pick = "Appointment Booked",
     .commit = "Questionnaire Completed",
     .main = "Appointment Completed",
     .undo = "Appointment Missed",
     .undo_other = "Appointment Cancelled",
     .promotion = "Reminder Confirmed",
     .service = "Message Sent",
     .follows = {{{"Prescription Refilled", 0.15, 5, 40}, {}, {}}},
     .in_person = "clinic",
     .id = "appointment_id",
     .id_prefix = "a",
     .thing = "service_id",
     .thing_prefix = "sv",
     .count = "services",
     .amount = "amount",
     .lines = false,
     .money_back = false,
     .typical_amount = 80,
     .plans = {"public", "supplementary", "private"},
     .categories = {"check-up", "dental", "vaccination", "physiotherapy", "eye care", "skin care", "nutrition",
                    "travel advice"},
     .things = {"General check", "Dental cleaning", "Vaccination", "Physio session", "Eye test", "Skin check",
                "Nutrition talk", "Travel talk"}},
    {.preset = Preset::Bank,
     .customer = "client",
     .arrive = "App Login",
     .look = "Offer Viewed",
     .look_in_person = "Branch Visited",
     .pick = "Transfer Made",
     .commit = "Payment Approved",
     .main = "Card Payment",
     .undo = "Payment Reversed",
     .undo_other = "Payment Disputed",
     .promotion = "Cashback Activated",
     .service = "Message Sent",
     .follows = {{{"Statement Downloaded", 0.1, 2, 25}, {"Loan Application Started", 0.01, 3, 30}, {}}},
     .in_person = "branch",
     .id = "payment_id",
     .id_prefix = "t",
     .thing = "merchant_id",
     .thing_prefix = "m",
     .count = "instalments",
     .amount = "amount",
     .lines = false,
     .money_back = true,
     .typical_amount = 70,
     .plans = {"standard", "student", "premium"},
     .categories = {"groceries", "dining", "travel", "fuel", "home", "health", "leisure", "online services"},
     .things = {"Grocer", "Restaurant", "Travel agent", "Filling station", "Home store", "Pharmacy", "Cinema",
                "Streaming"}},
    {.preset = Preset::Airline,
     .customer = "traveller",
     .arrive = "",
     .look = "Flight Searched",
     .look_in_person = "Ticket Desk Visited",
     .pick = "Fare Selected",
     .commit = "Passenger Details Entered",
     .main = "Flight Booked",
     .undo = "Flight Cancelled",
     .undo_other = "Flight Changed",
     .promotion = "Miles Redeemed",
     .service = "Assistance Requested",
     .follows = {{{"Check-in Completed", 0.8, 9, 20},
                  {"Flight Flown", 0.9, 20.2, 21},
                  {"Lounge Visited", 0.06, 20, 20.1}}},
     .in_person = "airport",
     .id = "booking_id",
     .id_prefix = "b",
     .thing = "route_id",
     .thing_prefix = "r",
     .count = "travellers",
     .amount = "amount",
     .lines = false,
     .money_back = true,
     .typical_amount = 190,
     .plans = {"blue", "silver", "gold"},
     .categories = {"city break", "beach", "ski", "family visit", "business hub", "long haul", "islands", "festival"},
     .things = {"City route", "Coast route", "Alpine route", "Home route", "Hub route", "Ocean route", "Island route",
                "Festival route"}},
};

constexpr std::array<Place, 3> kPlaces{{
    {"DE", {"Berlin", "Hamburg", "Köln", "Leipzig", "Freiburg", "Ulm"}},
    {"FR", {"Paris", "Lyon", "Nantes", "Lille", "Nîmes", "Brest"}},
    {"GB", {"London", "Leeds", "Bristol", "Glasgow", "York", "Bath"}},
}};

constexpr std::string_view kFirstNames[] = {"Ada",  "Ben",   "Chloé", "David", "Emma", "Farid", "Greta", "Hugo",
                                            "Ines", "Jonas", "Kaya",  "Léa",   "Mila", "Noah",  "Olga",  "Paul",
                                            "Rosa", "Sami",  "Tom",   "Uma",   "Vera", "Wim",   "Yara",  "Zoë"};
constexpr std::string_view kLastNames[] = {"Adler",   "Bauer",  "Clarke", "Dubois", "Evans",  "Fischer",
                                           "Garnier", "Hill",   "Jansen", "Keller", "Lopez",  "Martin",
                                           "Novak",   "Okafor", "Petit",  "Roth",   "Schulz", "Taylor",
                                           "Unger",   "Vogel",  "Weber",  "Young",  "Zimmer", "Moreau"};

constexpr Campaign kMailings[] = {{"news-weekly", "newsletter", "email"},
                                  {"what-is-new", "newsletter", "email"},
                                  {"season-greetings", "newsletter", "email"},
                                  {"we-miss-you", "lifecycle", "email"}};
constexpr Campaign kAdvertisements[] = {
    {"brand", "google", "cpc"}, {"discovery", "facebook", "paid_social"}, {"partners", "affiliate", "referral"}};

}  // namespace

const Words& words_of(Preset preset) {
  return kWords[static_cast<size_t>(preset)];
}
std::span<const Place, 3> places() {
  return kPlaces;
}
std::span<const std::string_view> first_names() {
  return kFirstNames;
}
std::span<const std::string_view> last_names() {
  return kLastNames;
}
std::span<const Campaign> mailings() {
  return kMailings;
}
std::span<const Campaign> advertisements() {
  return kAdvertisements;
}

}  // namespace tessera::simulate
