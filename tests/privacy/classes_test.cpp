// Classes of properties by name and by value, in four languages; what they keep out of discovery.
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
