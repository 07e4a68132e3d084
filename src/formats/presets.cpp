#include "formats/presets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;
constexpr auto kNumber = ValueType::Number;
constexpr auto kText = ValueType::Text;
constexpr auto kTruth = ValueType::Truth;

// UCI Online Retail, one line a product of an invoice.
constexpr Columns kOnlineRetail[] = {
    {"InvoiceNo|Invoice", Order},
    {"StockCode", Item, "product_id", kText},
    {"Description", Item, "name", kText},
    {"Quantity", Item, "quantity", kNumber},
    {"InvoiceDate", Time},
    {"UnitPrice|Price", Item, "price", kNumber},
    {"CustomerID|Customer ID", Customer},
    {"Country", Trait, "country", kText},
};
constexpr std::string_view kOnlineRetailNeeds[] = {"InvoiceNo|Invoice", "StockCode",       "Quantity",
                                                   "InvoiceDate",       "UnitPrice|Price", "CustomerID|Customer ID"};

// Shopify admin, Orders > Export: several lines an order, the order's fields on the first alone.
constexpr Columns kShopify[] = {
    {"Name", Order},
    {"Email", Email},
    {"Phone", Phone},
    {"Financial Status", Status},
    {"Created at", Time},
    {"Currency", Property, "currency", kText},
    {"Subtotal", Property, "subtotal", kNumber},
    {"Shipping", Property, "shipping", kNumber},
    {"Taxes", Property, "tax", kNumber},
    {"Total", Property, "total", kNumber},
    {"Discount Code", Property, "coupon", kText},
    {"Discount Amount", Property, "discount", kNumber},
    {"Refunded Amount", Property, "refunded", kNumber},
    {"Shipping Method", Property, "shipping_method", kText},
    {"Payment Method", Property, "payment_method", kText},
    {"Fulfillment Status", Property, "fulfillment_status", kText},
    {"Source", Property, "channel", kText},
    {"Location", Property, "location", kText},
    {"Tags", Property, "tags", kText},
    {"Risk Level", Property, "risk_level", kText},
    {"Lineitem name", Item, "name", kText},
    {"Lineitem sku", Item, "sku", kText},
    {"Lineitem quantity", Item, "quantity", kNumber},
    {"Lineitem price", Item, "price", kNumber},
    {"Lineitem discount", Item, "discount", kNumber},
    {"Vendor", Item, "brand", kText},
    {"Accepts Marketing", Trait, "accepts_marketing", kTruth},
    {"Billing Name", Trait, "name", kText},
    {"Billing City", Trait, "city", kText},
    {"Billing Zip", Trait, "postcode", kText},
    {"Billing Province", Trait, "province", kText},
    {"Billing Country", Trait, "country", kText},
};
constexpr std::string_view kShopifyNeeds[] = {
    "Name", "Email", "Financial Status", "Created at", "Total", "Lineitem quantity", "Lineitem name", "Lineitem price"};

// WooCommerce: the columns of "Advanced Order Export" and "Customer/Order CSV Export", one line an item.
constexpr Columns kWoo[] = {
    {"Order Number|order_number|Order ID|order_id", Order},
    {"Order Status|status|order_status", Status},
    {"Order Date|date|order_date|Date Created|date_created", Time},
    {"Customer User ID|customer_id|Customer ID|customer_user", Customer},
    {"Email (Billing)|billing_email|Billing Email|Billing Email Address|customer_email", Email},
    {"Phone (Billing)|billing_phone|Billing Phone", Phone},
    {"First Name (Billing)|billing_first_name|Billing First Name", Trait, "first_name", kText},
    {"Last Name (Billing)|billing_last_name|Billing Last Name", Trait, "last_name", kText},
    {"City (Billing)|billing_city|Billing City", Trait, "city", kText},
    {"Postcode (Billing)|billing_postcode|Billing Postcode", Trait, "postcode", kText},
    {"Country Code (Billing)|billing_country|Billing Country|Billing Country Code", Trait, "country", kText},
    {"Payment Method Title|payment_method_title|payment_method|Payment Method", Property, "payment_method", kText},
    {"Cart Discount Amount|discount_total|cart_discount|Discount Total|Order Discount", Property, "discount", kNumber},
    {"Order Subtotal Amount|order_subtotal|subtotal|Order Subtotal", Property, "subtotal", kNumber},
    {"Order Shipping Amount|shipping_total|order_shipping|Shipping Total", Property, "shipping", kNumber},
    {"Order Total Tax Amount|tax_total|order_tax|total_tax|Tax Total", Property, "tax", kNumber},
    {"Order Refund Amount|refunded_total|order_refund|Refunded Total", Property, "refunded", kNumber},
    {"Order Total Amount|order_total|Order Total|total", Property, "total", kNumber},
    {"Currency|order_currency|Order Currency", Property, "currency", kText},
    {"Coupon Code|coupons|coupon_code|coupon_items", Property, "coupon", kText},
    {"SKU|item_sku|Item SKU|product_sku", Item, "sku", kText},
    {"Item #|Product ID|item_product_id|product_id", Item, "product_id", kText},
    {"Item Name|item_name|Product Name|product_name", Item, "name", kText},
    {"Quantity|item_quantity|Quantity (- Refund)|qty|Item Quantity", Item, "quantity", kNumber},
    {"Item Cost|Product Price|item_price|Item Price|product_price", Item, "price", kNumber},
    {"Item Total|item_total|line_total|Order Line Total", Item, "amount", kNumber},
    {"Product Categories|Category|item_category|product_category|product_categories", Item, "category", kText},
};
constexpr std::string_view kWooNeeds[] = {
    "Order Number|order_number|Order ID|order_id", "Order Status|status|order_status",
    "Order Date|date|order_date|Date Created|date_created",
    "Email (Billing)|billing_email|Billing Email|Billing Email Address|customer_email",
    "Order Total Amount|order_total|Order Total|total"};

// Square Dashboard: Sales > Transactions > Export "Item details", a line an item.
constexpr Columns kSquare[] = {
    {"Date", Time},
    {"Time", Clock},
    {"Time Zone", ZoneName},
    {"Category", Item, "category", kText},
    {"Item", Item, "name", kText},
    {"Qty|Quantity", Item, "quantity", kNumber},
    {"Price Point Name", Item, "variant", kText},
    {"SKU", Item, "sku", kText},
    {"Modifiers Applied", Item, "modifiers", kText},
    {"Gross Sales", Item, "gross", kNumber},
    {"Discounts", Item, "discount", kNumber},
    {"Net Sales", Item, "amount", kNumber},
    {"Tax", Item, "tax", kNumber},
    {"Transaction ID|Order ID", Order},
    {"Event Type", Status},
    {"Location", Property, "location", kText},
    {"Dining Option", Property, "dining_option", kText},
    {"Channel|Source", Property, "channel", kText},
    {"Device Name", Property, "device", kText},
    {"Customer ID", Customer},
    {"Customer Name", Trait, "name", kText},
    {"Customer Email|Email", Email},
};
constexpr std::string_view kSquareNeeds[] = {
    "Date", "Time", "Item", "Qty|Quantity", "Gross Sales", "Net Sales", "Transaction ID|Order ID"};

// Klaviyo: events of metrics, as CSV or (events API, flattened) JSON lines.
constexpr Columns kKlaviyo[] = {
    {"Event ID|$event_id|id|uuid", Message},
    {"Metric|Event|Event Name|Metric Name|metric.name|attributes.metric.name", Event},
    {"Timestamp|Event Date|Event Time|Date|Time|datetime|attributes.datetime|attributes.timestamp", Time},
    {"Klaviyo ID|Profile ID|Person ID|$id|profile.id|relationships.profile.data.id", Customer},
    {"Email|Profile Email|Email Address|person.email|profile.email", Email},
    {"Phone|Phone Number|profile.phone_number", Phone},
    {"Value|$value|Event Value|attributes.event_properties.$value", Property, "total", kNumber},
    {"Currency|$value_currency|Currency Code", Property, "currency", kText},
    {"Campaign Name|attributes.event_properties.Campaign Name", Property, "campaign_name", kText},
    {"Message Name", Property, "message_name", kText},
    {"Subject|attributes.event_properties.Subject", Property, "email_subject", kText},
    {"$flow|Flow|Flow Name", Property, "flow", kText},
    {"$message|Message ID", Property, "email_id", kText},
    {"URL|attributes.event_properties.URL", Property, "link_url", kText},
    {"OrderId|Order ID|$order_id", Property, "order_id", kText},
    {"ProductName|Product Name|Name", Property, "name", kText},
    {"ProductID|Product ID", Property, "product_id", kText},
    {"First Name", Trait, "first_name", kText},
    {"Last Name", Trait, "last_name", kText},
    {"City", Trait, "city", kText},
    {"Country", Trait, "country", kText},
    {"Email Marketing Consent", Trait, "email_marketing_consent", kText},
};
constexpr std::string_view kKlaviyoNeeds[] = {
    "Metric|Event|Event Name|Metric Name|metric.name|attributes.metric.name",
    "Timestamp|Event Date|Event Time|Date|Time|datetime|attributes.datetime|attributes.timestamp"};

// Mailchimp: campaign activity as CSV; its JSON (a line a subscriber) has a normaliser of its own.
constexpr Columns kMailchimp[] = {
    {"Email Address|Email", Email},
    {"Action|Activity|Event", Event},
    {"Timestamp|Date|Time|Action Date", Time},
    {"Campaign Title|Campaign|Title", Property, "campaign_name", kText},
    {"Campaign ID|campaign_id", Property, "campaign_id", kText},
    {"Subject", Property, "email_subject", kText},
    {"URL|Link", Property, "link_url", kText},
    {"IP|IP Address", Property, "ip", kText},
    {"First Name|FNAME", Trait, "first_name", kText},
    {"Last Name|LNAME", Trait, "last_name", kText},
    {"LEID", Property, "leid", kText},
    {"Member Rating|MEMBER_RATING", Trait, "member_rating", kNumber},
};
constexpr std::string_view kMailchimpNeeds[] = {"Email Address|Email", "Action|Activity|Event",
                                                "Timestamp|Date|Time|Action Date"};

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

// Odd values that are part of a vendor's exports: gifts and lines of adjustment without a price, money given back
// written below zero, guests' orders.
constexpr Odd kFreeLines[] = {Odd::ZeroPrice};
constexpr Odd kReturns[] = {Odd::NegativePrice, Odd::ZeroPrice};
constexpr Odd kReturnsAndGuests[] = {Odd::NegativePrice, Odd::ZeroPrice, Odd::BlockedId};

constexpr Preset kPresets[] = {
    {.name = "online-retail",
     .title = "UCI Online Retail: a line a product of an invoice",
     .rows = RowMeans::OrderLine,
     .columns = kOnlineRetail,
     .required = kOnlineRetailNeeds,
     .currency = "GBP",
     .keeps = kReturns},
    {.name = "segment", .title = "Segment spec calls, JSON lines", .shape = PresetShape::SegmentJson},
    {.name = "shopify-orders",
     .title = "Shopify, Orders > Export",
     .rows = RowMeans::OrderLine,
     .columns = kShopify,
     .required = kShopifyNeeds,
     .keeps = kFreeLines},
    {.name = "woocommerce-orders",
     .title = "WooCommerce order export, a line an item",
     .rows = RowMeans::OrderLine,
     .columns = kWoo,
     .required = kWooNeeds,
     .keeps = kReturnsAndGuests},
    {.name = "square-sales",
     .title = "Square item sales",
     .rows = RowMeans::OrderLine,
     .columns = kSquare,
     .required = kSquareNeeds,
     .keeps = kReturns},
    {.name = "ga4",
     .title = "Google Analytics 4, BigQuery export as JSON lines or Parquet",
     .shape = PresetShape::Ga4Json},
    {.name = "klaviyo-events",
     .title = "Klaviyo events",
     .rows = RowMeans::Event,
     .columns = kKlaviyo,
     .required = kKlaviyoNeeds,
     .rest = Rest::Property},
    {.name = "mailchimp-activity",
     .title = "Mailchimp campaign activity",
     .shape = PresetShape::MailchimpJson,
     .rows = RowMeans::Event,
     .columns = kMailchimp,
     .required = kMailchimpNeeds},
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

// The first column that one of the alternatives names; alternatives earlier in the table win.
const std::string* find_column(std::string_view names, const std::vector<std::string>& columns) {
  for (const std::string_view name : split(names, '|')) {
    const std::string plain = plain_name(name);
    for (const std::string& column : columns) {
      if (column == name || (!plain.empty() && plain_name(column) == plain)) return &column;
    }
  }
  return nullptr;
}

struct StatusWord {
  std::string_view words;
  OrderFate fate;
};
constexpr StatusWord kStatuses[] = {
    {"paid|completed|complete|processing|authorized|authorised|partially_paid|shipped|delivered|fulfilled|success|"
     "succeeded|payment|sale|wc-completed|wc-processing|bezahlt|abgeschlossen|payé|terminée|pagado|completado|closed|"
     "captured|settled|ok|approved|partiallyfulfilled",
     OrderFate::Completed},
    {"partially_refunded|partiallyrefunded", OrderFate::CompletedAndRefunded},
    {"refunded|refund|wc-refunded|returned|return|rückerstattet|erstattet|remboursé|reembolsado|chargeback",
     OrderFate::Refunded},
    {"cancelled|canceled|voided|void|wc-cancelled|storniert|annulé|annulée|cancelado|abandoned", OrderFate::Cancelled},
    {"pending|on-hold|onhold|wc-pending|wc-on-hold|checkout-draft|unpaid|draft|open|expired|offen|en attente|pendiente",
     OrderFate::Pending},
    {"failed|wc-failed|declined|error|rejected|fehlgeschlagen|échoué|fallido", OrderFate::Failed},
};

struct EventName {
  std::string_view from;  // folded
  std::string_view to;
};
// Segment's own v1 names.
constexpr EventName kSegmentNames[] = {
    {"viewed product category", "Product List Viewed"},
    {"viewed product", "Product Viewed"},
    {"clicked product", "Product Clicked"},
    {"added product", "Product Added"},
    {"removed product", "Product Removed"},
    {"viewed promotion", "Promotion Viewed"},
    {"clicked promotion", "Promotion Clicked"},
    {"started order", "Checkout Started"},
    {"viewed checkout step", "Checkout Step Viewed"},
    {"completed checkout step", "Checkout Step Completed"},
    {"updated order", "Order Updated"},
    {"completed order", "Order Completed"},
    {"refunded order", "Order Refunded"},
    {"cancelled order", "Order Cancelled"},
    {"order canceled", "Order Cancelled"},
    {"searched products", "Products Searched"},
    {"viewed cart", "Cart Viewed"},
};
constexpr EventName kGa4Names[] = {
    {"purchase", "Order Completed"},
    {"ecommerce_purchase", "Order Completed"},
    {"in_app_purchase", "Order Completed"},
    {"refund", "Order Refunded"},
    {"view_item", "Product Viewed"},
    {"view_item_list", "Product List Viewed"},
    {"select_item", "Product Clicked"},
    {"add_to_cart", "Product Added"},
    {"remove_from_cart", "Product Removed"},
    {"view_cart", "Cart Viewed"},
    {"begin_checkout", "Checkout Started"},
    {"add_payment_info", "Payment Info Entered"},
    {"add_shipping_info", "Checkout Step Completed"},
    {"add_to_wishlist", "Product Added to Wishlist"},
    {"view_promotion", "Promotion Viewed"},
    {"select_promotion", "Promotion Clicked"},
    {"search", "Products Searched"},
    {"view_search_results", "Products Searched"},
    {"page_view", "Page Viewed"},
    {"screen_view", "Screen Viewed"},
    {"sign_up", "Signed Up"},
    {"login", "Signed In"},
    {"share", "Product Shared"},
    {"first_open", "Application Installed"},
};
constexpr EventName kKlaviyoNames[] = {
    {"placed order", "Order Completed"},
    {"refunded order", "Order Refunded"},
    {"cancelled order", "Order Cancelled"},
    {"viewed product", "Product Viewed"},
    {"added to cart", "Product Added"},
    {"started checkout", "Checkout Started"},
    {"checkout started", "Checkout Started"},
    {"received email", "Email Delivered"},
    {"opened email", "Email Opened"},
    {"clicked email", "Email Link Clicked"},
    {"bounced email", "Email Bounced"},
    {"marked email as spam", "Email Marked as Spam"},
    {"unsubscribed", "Unsubscribed"},
    {"unsubscribed from list", "Unsubscribed"},
    {"unsubscribed from email marketing", "Unsubscribed"},
    {"subscribed to list", "Subscribed"},
    {"subscribed to email marketing", "Subscribed"},
    {"ordered product", "Product Ordered"},
    {"fulfilled order", "Order Fulfilled"},
    {"active on site", "Page Viewed"},
};
constexpr EventName kMailchimpNames[] = {
    {"open", "Email Opened"},         {"click", "Email Link Clicked"},   {"bounce", "Email Bounced"},
    {"sent", "Email Delivered"},      {"send", "Email Delivered"},       {"unsub", "Unsubscribed"},
    {"unsubscribe", "Unsubscribed"},  {"abuse", "Email Marked as Spam"}, {"spam", "Email Marked as Spam"},
    {"delivered", "Email Delivered"}, {"opened", "Email Opened"},        {"clicked", "Email Link Clicked"},
    {"hard_bounce", "Email Bounced"}, {"soft_bounce", "Email Bounced"},
};
struct EventNames {
  std::string_view preset;
  std::span<const EventName> names;
};
constexpr EventNames kEventNames[] = {{"segment", kSegmentNames},
                                      {"ga4", kGa4Names},
                                      {"klaviyo-events", kKlaviyoNames},
                                      {"mailchimp-activity", kMailchimpNames},
                                      {"", kSegmentNames}};

struct VendorZone {
  std::string_view vendor, tz;
};
// Square and Shopify write Rails' names.
constexpr VendorZone kVendorZones[] = {
    {"Eastern Time (US & Canada)", "America/New_York"},
    {"Central Time (US & Canada)", "America/Chicago"},
    {"Mountain Time (US & Canada)", "America/Denver"},
    {"Pacific Time (US & Canada)", "America/Los_Angeles"},
    {"Arizona", "America/Phoenix"},
    {"Alaska", "America/Anchorage"},
    {"Hawaii", "Pacific/Honolulu"},
    {"Atlantic Time (Canada)", "America/Halifax"},
    {"London", "Europe/London"},
    {"Dublin", "Europe/Dublin"},
    {"Paris", "Europe/Paris"},
    {"Madrid", "Europe/Madrid"},
    {"Berlin", "Europe/Berlin"},
    {"Sydney", "Australia/Sydney"},
    {"Melbourne", "Australia/Melbourne"},
    {"Brisbane", "Australia/Brisbane"},
    {"Perth", "Australia/Perth"},
    {"Tokyo", "Asia/Tokyo"},
};

}  // namespace

std::span<const Preset> presets() {
  return kPresets;
}

std::span<const Odd> odd_values_of(std::string_view preset) {
  for (const Preset& known : kPresets) {
    if (known.name == preset) return known.keeps;
  }
  return {};
}

Result<const Preset*> find_preset(std::string_view name) {
  std::vector<std::string> names;
  for (const Preset& preset : kPresets) {
    if (preset.name == name) return &preset;
    names.emplace_back(preset.name);
  }
  const auto nearest = nearest_name(name, names);
  return usage(fmt::format("no preset '{}'; there are {}", name, join(names, ", ")),
               nearest ? try_again().option("--preset", *nearest) : Remedy());
}

Result<Mapping> apply_preset(const Preset& preset, const std::vector<std::string>& columns, const std::string& file) {
  Mapping mapping{.preset = std::string(preset.name),
                  .rows = preset.rows,
                  .event = std::string(preset.event),
                  .currency = std::string(preset.currency)};
  for (const std::string_view names : preset.required) {
    if (find_column(names, columns)) continue;
    const auto alternatives = split(names, '|');
    const auto shown = std::span(columns).subspan(0, std::min<size_t>(columns.size(), 20));
    const Preset* other = recognise_preset(columns);
    return fail(fmt::format("has no column '{}', which preset {} needs; its columns are: {}", alternatives.front(),
                            preset.name, join(shown, ", ")),
                file + ":1",
                other
                    ? try_again().option("--preset", std::string(other->name))
                    : try_again().without("--preset").note("without --preset: guesses what the columns mean and asks"));
  }
  for (const PresetColumn& known : preset.columns) {
    const std::string* column = find_column(known.names, columns);
    const bool taken = column && std::any_of(mapping.bindings.begin(), mapping.bindings.end(),
                                             [&](const Binding& b) { return b.column == *column; });
    if (!column || taken) continue;
    mapping.bindings.push_back({*column, known.role, std::string(known.target), known.type, "preset"});
  }
  if (preset.rest != Rest::Ignore) {
    for (const std::string& column : columns) {
      const bool taken = std::any_of(mapping.bindings.begin(), mapping.bindings.end(),
                                     [&](const Binding& b) { return b.column == column; });
      if (taken) continue;
      const Role role = preset.rest == Rest::Trait ? Trait : Property;
      mapping.bindings.push_back({column, role, property_name(column), ValueType::Auto, "kept as it is"});
    }
  }
  const bool has_who = mapping.find(Customer) || mapping.find(Email) || mapping.find(Phone) || mapping.find(Anonymous);
  if (!has_who) {
    return fail(
        fmt::format("has no column that says who: preset {} knows customer_id, email and the like; its columns "
                    "are: {}",
                    preset.name, join(std::span(columns).subspan(0, std::min<size_t>(columns.size(), 20)), ", ")),
        file + ":1", look_and_say(file, "customer=COLUMN,..."));
  }
  return mapping;
}

std::string columns_by_name(const std::vector<std::string>& columns) {
  const std::string* customer = find_column(kAnyCustomer, columns);
  const std::string* time = find_column(kAnyTime, columns);
  if (!customer) return {};
  return fmt::format("customer={}{}", column_in_map(*customer), time ? ",time=" + column_in_map(*time) : "");
}

const Preset* recognise_preset(const std::vector<std::string>& columns) {
  for (const Preset& preset : kPresets) {
    // The loose ones (survey, transactions, customers ...) recognise nothing: that is the guess's work.
    if (preset.required.size() < 5 || preset.shape != PresetShape::Table) continue;
    const bool all = std::all_of(preset.required.begin(), preset.required.end(),
                                 [&](std::string_view names) { return find_column(names, columns) != nullptr; });
    if (all) return &preset;
  }
  return nullptr;
}

std::optional<OrderFate> fate_of_status(std::string_view status) {
  const std::string word = plain_name(status);
  for (const StatusWord& known : kStatuses) {
    for (const std::string_view each : split(known.words, '|')) {
      if (plain_name(each) == word) return known.fate;
    }
  }
  return std::nullopt;
}

std::optional<OrderFate> fate_of_number(std::string_view preset, std::string_view order_id) {
  if (preset != "online-retail" || order_id.empty()) return std::nullopt;
  // A credit note has a number of its own and its own lines: money given back for part of some order, which is the
  // spec's Order Refunded (Order Cancelled would take an order away whole).
  if (order_id.front() == 'C' || order_id.front() == 'c') return OrderFate::Refunded;
  if (order_id.front() == 'A' || order_id.front() == 'a') return OrderFate::Adjusted;
  return OrderFate::Completed;
}

std::string_view canonical_event(std::string_view preset, std::string_view name) {
  for (const EventNames& table : kEventNames) {
    if (table.preset != preset) continue;
    const std::string folded = fold_case(name);
    for (const EventName& known : table.names) {
      if (known.from == folded || fold_case(known.to) == folded) return known.to;
    }
  }
  return name;
}

std::string_view zone_of_vendor(std::string_view name) {
  for (const VendorZone& zone : kVendorZones) {
    if (zone.vendor == name) return zone.tz;
  }
  return {};
}

}  // namespace tessera::formats
