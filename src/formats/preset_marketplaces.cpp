// What marketplaces export: Amazon, eBay, Etsy.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

// Amazon Seller Central: "All orders" (which names no buyer) and "Order report" (which does), tab separated, a line an
// item whose price is the line's.
constexpr Columns kAmazon[] = {
    {"amazon-order-id|order-id", Order},
    {"purchase-date", Time},
    {"payments-date", PaidAt},
    {"last-updated-date", UpdatedAt},
    {"order-status", Status},
    {"buyer-email", Email},
    {"buyer-phone-number", Phone},
    {"buyer-name", Trait, "name", kText},
    {"asin", Item, "product_id", kText},
    {"sku", Item, "sku", kText},
    {"product-name", Item, "name", kText},
    {"quantity|quantity-purchased", Item, "quantity", kNumber},
    {"item-price", Item, "amount", kNumber},
    {"item-tax", Item, "tax", kNumber},
    {"shipping-price", Item, "shipping", kNumber},
    {"item-promotion-discount", Item, "discount", kNumber},
    {"currency", Property, "currency", kText},
    {"sales-channel", Property, "channel", kText},
    {"fulfillment-channel", Property, "fulfillment_channel", kText},
    {"promotion-ids", Property, "coupon", kText},
    {"ship-city", Trait, "city", kText},
    {"ship-state", Trait, "state", kText},
    {"ship-postal-code", Trait, "postcode", kText},
    {"ship-country", Trait, "country", kText},
};
constexpr std::string_view kAmazonNeeds[] = {"amazon-order-id|order-id", "purchase-date", "sku",
                                             "quantity|quantity-purchased", "item-price"};
// A line that was taken off an order that went on. Of one that was cancelled whole the order's own status speaks.
constexpr NoRow kAmazonNoRows[] = {{.when = {"item-status", "cancelled|canceled"},
                                    .unless = {"order-status", "cancelled|canceled"},
                                    .why = "lines that were cancelled"}};

// eBay Seller Hub, Orders report. An order of several lines has one row more, which sums it up and names no item.
constexpr Columns kEbay[] = {
    {"Order Number", Order},
    {"Sale Date", Time},
    {"Paid On Date", PaidAt},
    {"Buyer Username", Customer},
    {"Buyer Email", Trait, "email_alias", kText},
    {"Buyer Name", Trait, "name", kText},
    {"Item Number", Item, "product_id", kText},
    {"Item Title", Item, "name", kText},
    {"Custom Label", Item, "sku", kText},
    {"Quantity of the item", Item, "quantity", kNumber},
    {"Price of the item", Item, "price", kNumber},
    {"Total Price", Property, "total", kNumber},
    {"Shipping And Handling", Property, "shipping", kNumber},
    {"Seller Collected Tax", Property, "tax", kNumber},
    {"Payment Method", Property, "payment_method", kText},
    {"Ship To City|Buyer City", Trait, "city", kText},
    {"Ship To Zip|Buyer Zip", Trait, "postcode", kText},
    {"Ship To Country|Buyer Country", Trait, "country", kText},
};
constexpr std::string_view kEbayNeeds[] = {"Order Number", "Buyer Username", "Sale Date", "Total Price", "Item Title"};
constexpr MadeCase kEbayQuantity[] = {{{"Item Title", "blank"}, "="}, {{}, "Quantity"}};
constexpr MadeCase kEbayPrice[] = {{{"Item Title", "blank"}, "="}, {{}, "Sold For"}};
constexpr MadeColumn kEbayMade[] = {{"Quantity of the item", kEbayQuantity}, {"Price of the item", kEbayPrice}};

// Etsy, Sold Orders: a row an order.
constexpr Columns kEtsyOrders[] = {
    {"Order ID", Order},
    {"Sale Date", Time},
    {"Status", Status},
    {"Buyer User ID|Buyer", Customer},
    {"Full Name", Trait, "name", kText},
    {"Number of Items", Property, "items_sold", kNumber},
    {"Payment Method", Property, "payment_method", kText},
    {"Order Total", Property, "total", kNumber},
    {"Order Value", Property, "subtotal", kNumber},
    {"Discount Amount", Property, "discount", kNumber},
    {"Shipping", Property, "shipping", kNumber},
    {"Sales Tax", Property, "tax", kNumber},
    {"Currency", Property, "currency", kText},
    {"Coupon Code", Property, "coupon", kText},
    {"Ship City", Trait, "city", kText},
    {"Ship State", Trait, "state", kText},
    {"Ship Zipcode", Trait, "postcode", kText},
    {"Ship Country", Trait, "country", kText},
};
constexpr std::string_view kEtsyOrdersNeeds[] = {"Sale Date", "Order ID", "Order Total|Order Value", "Currency"};
constexpr std::string_view kEtsyOrdersShows[] = {"Sale Date", "Order ID", "Number of Items", "Order Value",
                                                 "Order Net"};

// Etsy, Sold Order Items: a row a line. Its shipping and tax are the order's and no part of the lines' totals.
constexpr Columns kEtsyItems[] = {
    {"Order ID", Order},
    {"Sale Date", Time},
    {"Date Paid", PaidAt},
    {"Buyer", Customer},
    {"Ship Name", Trait, "name", kText},
    {"Listing ID", Item, "product_id", kText},
    {"SKU", Item, "sku", kText},
    {"Item Name", Item, "name", kText},
    {"Variations", Item, "variant", kText},
    {"Quantity", Item, "quantity", kNumber},
    {"Price", Item, "price", kNumber},
    {"Item Total", Item, "amount", kNumber},
    {"Discount Amount", Item, "discount", kNumber},
    {"Currency", Property, "currency", kText},
    {"Coupon Code", Property, "coupon", kText},
    {"Order Shipping", Property, "shipping_paid", kNumber},
    {"Order Sales Tax", Property, "tax_paid", kNumber},
    {"Order Type", Property, "channel", kText},
    {"Ship City", Trait, "city", kText},
    {"Ship State", Trait, "state", kText},
    {"Ship Zipcode", Trait, "postcode", kText},
    {"Ship Country", Trait, "country", kText},
};
constexpr std::string_view kEtsyItemsNeeds[] = {"Sale Date", "Item Name", "Buyer", "Quantity", "Price", "Order ID"};
constexpr std::string_view kEtsyItemsShows[] = {"Sale Date", "Item Name",      "Buyer",      "Quantity",
                                                "Price",     "Transaction ID", "Listing ID", "Order ID"};

constexpr Preset kPresets[] = {
    {.name = "amazon-orders",
     .title = "Amazon, all orders or the order report",
     .rows = RowMeans::OrderLine,
     .columns = kAmazon,
     .required = kAmazonNeeds,
     .signature = kAmazonNeeds,
     .keeps = kFreeLines,
     .no_rows = kAmazonNoRows,
     .who_else = "amazon-order-id|order-id"},
    {.name = "ebay-orders",
     .title = "eBay Seller Hub, orders",
     .rows = RowMeans::OrderLine,
     .columns = kEbay,
     .required = kEbayNeeds,
     .signature = kEbayNeeds,
     .keeps = kFreeLines,
     .made = kEbayMade},
    {.name = "etsy-orders",
     .title = "Etsy, sold orders",
     .rows = RowMeans::OrderLine,
     .columns = kEtsyOrders,
     .required = kEtsyOrdersNeeds,
     .signature = kEtsyOrdersShows,
     .keeps = kFreeLines,
     .dates = DateOrder::MonthDay},
    {.name = "etsy-items",
     .title = "Etsy, sold order items",
     .rows = RowMeans::OrderLine,
     .columns = kEtsyItems,
     .required = kEtsyItemsNeeds,
     .signature = kEtsyItemsShows,
     .keeps = kFreeLines,
     .dates = DateOrder::MonthDay},
};

}  // namespace

std::span<const Preset> marketplace_presets() {
  return kPresets;
}

}  // namespace tessera::formats
