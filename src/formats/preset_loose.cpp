// Layouts that are common to many exports: taken by name alone, never recognised, for nothing tells them from others.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

constexpr std::string_view kAnyCustomer =
    "customer_id|customerid|customer|user_id|userid|client_id|id|respondent_id|respondent "
    "id|member_id|kundennummer|kunde";
constexpr std::string_view kAnyTime =
    "time|timestamp|date|datetime|created_at|submitted_at|end date|date submitted|start date|datum|fecha";

constexpr Columns kSurvey[] = {
    {kAnyCustomer, Customer},
    {"email|email address|e-mail", Email},
    {kAnyTime, Time},
    {"response_id|responseid|submission id|#", Message},
};
constexpr std::string_view kSurveyNeeds[] = {kAnyTime};

constexpr Columns kTransactions[] = {
    {"customer|customer_id|customerid|user_id|userid|client_id|member_id|account_id|card_id|kundennummer|kunde",
     Customer},
    {"email|email address|e-mail", Email},
    {"time|timestamp|date|datetime|transaction_date|created_at|purchase_date|order_date|datum|fecha", Time},
    {"order|order_id|orderid|transaction_id|invoice|invoice_no|receipt|basket_id", Order},
    {"amount|total|value|spend|price_total|sum|revenue|dollar_value|betrag|montant|importe", Item, "amount", kNumber},
    {"item|product|product_name|item_name|description", Item, "name", kText},
    {"product_id|item_id|sku|stock_code", Item, "product_id", kText},
    {"category|product_category|department", Item, "category", kText},
    {"quantity|qty|units|number_of_cds", Item, "quantity", kNumber},
    {"price|unit_price|item_price", Item, "price", kNumber},
    {"currency", Property, "currency", kText},
    {"coupon|promo_code|voucher", Property, "coupon", kText},
    {"channel|store|source", Property, "channel", kText},
    {"status", Status},
};
constexpr std::string_view kTransactionsNeeds[] = {
    "time|timestamp|date|datetime|transaction_date|created_at|purchase_date|order_date|datum|fecha"};

constexpr Columns kCustomers[] = {
    {kAnyCustomer, Customer},
    {"email|email address|e-mail", Email},
    {"phone|phone number|telephone|mobile", Phone},
    {"updated_at|as_of", Time},
};

constexpr Preset kPresets[] = {
    {.name = "survey",
     .title = "survey answers, a row a response",
     .rows = RowMeans::Event,
     .event = "Survey Answered",
     .columns = kSurvey,
     .required = kSurveyNeeds,
     .rest = Rest::Property},
    {.name = "transactions",
     .title = "customer, time, amount[, item, category]",
     .rows = RowMeans::OrderLine,
     .columns = kTransactions,
     .required = kTransactionsNeeds,
     .rest = Rest::Property},
    {.name = "customers",
     .title = "a row of traits for each customer",
     .rows = RowMeans::Customer,
     .columns = kCustomers,
     .rest = Rest::Trait},
};

}  // namespace

std::span<const Preset> loose_presets() {
  return kPresets;
}

}  // namespace tessera::formats
