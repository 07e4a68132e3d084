// Classes of properties by name and by value, in five languages; what they keep out of discovery.
#include "privacy/classes.hpp"

#include "privacy/audit.hpp"
#include "store/record.hpp"

namespace tessera::privacy {
namespace {

TEST(Classes, ByName) {
  struct Case {
    std::string_view property;
    PropertyClass expected;
  };
  using enum PropertyClass;
  constexpr Case kCases[] = {
      {"email", Contact},
      {"billing_email", Contact},
      {"phone", Contact},
      {"first_name", Contact},
      {"Vorname", Contact},
      {"prénom", Contact},
      {"apellidos", Contact},
      {"address.street", Contact},
      {"ip", Device},
      {"device.id", Device},
      {"user_agent", Device},
      {"age", Demographic},
      {"Alter", Demographic},
      {"birthDate", Demographic},
      {"gender", Demographic},
      {"Geschlecht", Demographic},
      {"genre", Demographic},
      {"sexo", Demographic},
      {"marital_status", Demographic},
      {"Familienstand", Demographic},
      {"zip_code", Demographic},
      {"PLZ", Demographic},
      {"code_postal", Demographic},
      {"address.postal_code", Demographic},
      {"diagnosis", Health},
      {"blood_type", Health},
      {"BMI", Health},
      {"Krankenkasse", Health},
      {"maladie", Health},
      {"enfermedad", Health},
      {"religion", Belief},
      {"annual_income", Money},
      {"Kontostand", Money},
      {"total", Ordinary},
      {"country", Ordinary},
      {"products.name", Ordinary},
      {"products.category", Ordinary},
      {"package", Ordinary},
      {"language", Ordinary},
      {"page.url", Ordinary},
      {"campaign.name", Ordinary},
      {"voltage", Ordinary},
      {"quantity", Ordinary},
      {"phone_service", Ordinary},
  };
  for (const Case& c : kCases) EXPECT_EQ(name_of(class_of("$identify", c.property)), name_of(c.expected)) << c.property;
}

TEST(Classes, ANameIsContactWhereItIsAPersons) {
  struct Case {
    std::string_view event, property;
    PropertyClass expected;
  };
  using enum PropertyClass;
  constexpr Case kCases[] = {
      {"$identify", "name", Contact},
      {"$identify", "firstName", Contact},
      {"$identify", "lastName", Contact},
      {"$identify", "full_name", Contact},
      {"$identify", "Nom", Contact},
      {"$identify", "company.name", Ordinary},
      {"$identify", "customer.name", Contact},
      {"$identify", "campaign.name", Ordinary},
      {"$group", "name", Ordinary},
      {"Campaign Received", "name", Ordinary},
      {"Offer Viewed", "name", Ordinary},
      {"Page Viewed", "name", Ordinary},
      {"Screen Viewed", "name", Ordinary},
      {"Product Viewed", "name", Ordinary},
      {"Product Viewed", "nombre", Ordinary},
      {"Survey Answered", "name", Contact},
      {"Signed Up", "name", Contact},
      {"Order Completed", "customer_name", Contact},
      {"Order Completed", "Customer Name", Contact},
      {"Order Completed", "Kundenname", Contact},
      {"Order Completed", "billing.name", Contact},
      {"Order Completed", "billing_name", Contact},
      {"Order Completed", "first_name", Contact},
      {"Order Completed", "page_name", Ordinary},
      {"Order Completed", "campaign_name", Ordinary},
      {"Order Completed", "organisation_name", Ordinary},
      {"Order Completed", "products.name", Ordinary},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(name_of(class_of(c.event, c.property)), name_of(c.expected)) << c.event << "." << c.property;
  // Whatever it is called, an address is one.
  EXPECT_EQ(class_of("Offer Viewed", "name", std::vector<std::string>{"jo@example.com"}), Contact);
}

TEST(Classes, AColumnOfAPersonIsKnownByItsWords) {
  struct Case {
    std::string_view property;
    PropertyClass expected;
  };
  using enum PropertyClass;
  constexpr Case kCases[] = {
      // As vendors write them.
      {"ship_name", Contact},
      {"Ship Name", Contact},
      {"Bill-to Name", Contact},
      {"ship_to_name", Contact},
      {"buyer_name", Contact},
      {"buyerName", Contact},
      {"buyer-name", Contact},
      {"Buyer Username", Contact},
      {"recipient_name", Contact},
      {"recipient-name", Contact},
      {"card_holder", Contact},
      {"cardholder_name", Contact},
      {"Name on Card", Contact},
      {"payer_full_name", Contact},
      {"delivery_first_name", Contact},
      {"order_billing_name", Contact},
      {"passenger_name_1", Contact},
      {"shiptoname", Contact},
      {"Empfängername", Contact},
      {"Käufername", Contact},
      {"Name des Empfängers", Contact},
      {"Karteninhaber", Contact},
      {"Ansprechpartner", Contact},
      {"Rechnungsname", Contact},
      {"nom_acheteur", Contact},
      {"Nom du destinataire", Contact},
      {"nom_de_facturation", Contact},
      {"Nom sur la carte", Contact},
      {"nombre_comprador", Contact},
      {"Nombre del destinatario", Contact},
      {"apellidos_cliente", Contact},
      {"nome_acquirente", Contact},
      {"Nome destinatario", Contact},
      {"intestatario", Contact},
      {"cognome_cliente", Contact},
      {"buyer_phone", Contact},
      {"Telefon Käufer", Contact},
      {"telefono_destinatario", Contact},
      {"Lieferadresse", Contact},
      {"Rechnungsanschrift", Contact},
      {"indirizzo_spedizione", Contact},
      {"ship_to.name", Contact},
      {"buyer.name", Contact},
      {"ship_zipcode", Demographic},
      {"Ship Zipcode", Demographic},
      {"ship-postal-code", Demographic},
      {"bill_to_zip", Demographic},
      {"recipient_postcode", Demographic},
      {"PLZ", Demographic},
      {"Liefer-PLZ", Demographic},
      {"LieferPLZ", Demographic},
      {"Postleitzahl Empfänger", Demographic},
      {"code postal", Demographic},
      {"Code postal de livraison", Demographic},
      {"cp", Demographic},
      {"código postal de envío", Demographic},
      {"cap", Demographic},
      {"cap_spedizione", Demographic},
      // What only sounds like them.
      {"product_name", Ordinary},
      {"productname", Ordinary},
      {"Produktname", Ordinary},
      {"Artikelname", Ordinary},
      {"nom_produit", Ordinary},
      {"nombre_producto", Ordinary},
      {"nome_prodotto", Ordinary},
      {"campaign_name", Ordinary},
      {"Kampagnenname", Ordinary},
      {"event_name", Ordinary},
      {"file_name", Ordinary},
      {"filename", Ordinary},
      {"Dateiname", Ordinary},
      {"brand", Ordinary},
      {"brand_name", Ordinary},
      {"Markenname", Ordinary},
      {"hostname", Ordinary},
      {"store_name", Ordinary},
      {"firmenname", Ordinary},
      {"customer_group_name", Ordinary},
      {"client_app_name", Ordinary},
      {"shipping_method_name", Ordinary},
      {"delivery_service_name", Ordinary},
      {"passenger_class_name", Ordinary},
      {"billing_plan_name", Ordinary},
      {"billing_country_name", Ordinary},
      {"ship_city", Ordinary},
      {"address.country", Ordinary},
      {"shipping_address.city", Ordinary},
      {"shipping", Ordinary},
      {"buyer", Ordinary},
      {"mobile_app", Ordinary},
      {"zip_file", Ordinary},
      {"market_cap", Ordinary},
      {"order_name", Ordinary},
      {"account_tier", Ordinary},
      {"member_since", Ordinary},
      {"contact_reason", Ordinary},
      {"products.buyer_name", Ordinary},
  };
  for (const Case& c : kCases)
    EXPECT_EQ(name_of(class_of("Order Completed", c.property)), name_of(c.expected)) << c.property;
}

TEST(Classes, AColumnThatMayBeAPersonsIsOneByItsValues) {
  std::vector<std::string> people, kinds = {"Flat Rate", "Free Shipping", "Store Pickup"};
  for (const std::string_view first : {"Ann", "Bob", "Cyd", "Dan", "Eve"})
    for (const std::string_view last : {"Hunt", "O'Neil", "Müller", "del Mar", "Ng"})
      people.push_back(fmt::format("{} {}", first, last));
  EXPECT_EQ(class_of("Order Completed", "buyer", people), PropertyClass::Contact);
  EXPECT_EQ(class_of("Order Completed", "buyer", kinds), PropertyClass::Ordinary);
  EXPECT_EQ(class_of("Order Completed", "shipping", kinds), PropertyClass::Ordinary);
  EXPECT_EQ(class_of("Order Completed", "amazon_buyer_name", people), PropertyClass::Contact);
  EXPECT_EQ(class_of("Order Completed", "amazon_buyer_name", std::vector<std::string>{"x1", "x2"}),
            PropertyClass::Ordinary);
  EXPECT_EQ(class_of("Order Completed", "product_name", people), PropertyClass::Ordinary);
  EXPECT_EQ(class_of("Order Completed", "cap", std::vector<std::string>{"20121", "00184"}), PropertyClass::Demographic);
  EXPECT_EQ(class_of("Order Completed", "cap", std::vector<std::string>{"baseball", "snapback"}),
            PropertyClass::Ordinary);
}

TEST(Classes, ByValue) {
  const auto seen = [](std::vector<std::string> values) { return class_of("Order Completed", "field_7", values); };
  EXPECT_EQ(seen({"jo@example.com", "al@example.com"}), PropertyClass::Contact);
  EXPECT_EQ(seen({"DE89 3704 0044 0532 0130 00"}), PropertyClass::Contact);
  EXPECT_EQ(seen({"DE89 3704 0044 0532 0130 01"}), PropertyClass::Ordinary);
  EXPECT_EQ(seen({"4111 1111 1111 1111"}), PropertyClass::Contact);
  EXPECT_EQ(seen({"192.0.2.1", "198.51.100.7"}), PropertyClass::Device);
  EXPECT_EQ(seen({"E11.9", "F32.1"}), PropertyClass::Health);
  EXPECT_EQ(class_of("Order Completed", "products.category", std::vector<std::string>{"Cardiology", "General"}),
            PropertyClass::Health);
  EXPECT_EQ(seen({"red", "green"}), PropertyClass::Ordinary);
}

TEST(Classes, WhatStaysOutOfDiscovery) {
  using enum PropertyClass;
  for (const PropertyClass always : {Health, Belief, Contact, Device}) {
    for (const std::string_view preset : {"", "shop", "clinic"}) EXPECT_FALSE(allowed_in_discovery(always, preset));
  }
  EXPECT_TRUE(allowed_in_discovery(Demographic, "shop"));
  EXPECT_TRUE(allowed_in_discovery(Demographic, ""));
  EXPECT_FALSE(allowed_in_discovery(Demographic, "clinic"));
  EXPECT_FALSE(allowed_in_discovery(Demographic, "bank"));
  EXPECT_TRUE(allowed_in_discovery(Ordinary, "bank"));
  for (const PropertyClass each : {Ordinary, Contact, Device, Demographic, Health, Belief, Money}) {
    EXPECT_EQ(class_named(name_of(each)), each);
  }
}

TEST(Audit, IdentifiedOutputLeavesALine) {
  const FixedClock clock(*parse_instant("2026-03-01"));
  auto record = store::Record::in_memory(clock);
  ASSERT_TRUE(record);
  ASSERT_TRUE(IdentifiedOutput::log(**record, clock, "jo", "export", "segment lapsed, 412 customers"));
  EXPECT_EQ((*record)
                ->connection()
                .text("SELECT who || '|' || action || '|' || detail FROM tessera.audit WHERE who = 'jo'")
                ->value(),
            "jo|identified output: export|segment lapsed, 412 customers");
}

}  // namespace
}  // namespace tessera::privacy
