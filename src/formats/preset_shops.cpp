// What shops' own systems export.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

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
    {"Paid at", PaidAt},
    {"Cancelled at", CancelledAt},
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
    {"Paid Date|paid_date|date_paid|Date Paid", PaidAt},
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

// WooCommerce Analytics > Orders.
constexpr Columns kWooAnalytics[] = {
    {"Order #|Order Number", Order},
    {"Date", Time},
    {"Status", Status},
    {"Customer", Customer},
    {"Customer type", Property, "customer_type", kText},
    {"Product(s)|Products", Property, "products_sold", kText},
    {"Items sold", Property, "items_sold", kNumber},
    {"Coupon(s)|Coupons", Property, "coupon", kText},
    {"Net sales|Net revenue|N. Revenue", Property, "total", kNumber},
    {"Attribution", Property, "attribution", kText},
};
constexpr std::string_view kWooAnalyticsNeeds[] = {"Order #|Order Number", "Date", "Status", "Customer",
                                                   "Net sales|Net revenue|N. Revenue"};
constexpr std::string_view kWooAnalyticsShows[] = {"Order #", "Status", "Customer", "Items sold",
                                                   "Net sales|Net revenue|N. Revenue"};

// Magento 2, Sales > Orders > Export of the grid. An order is closed once all of it was given back.
constexpr Columns kMagento[] = {
    {"ID|Increment ID|Order #", Order},
    {"Purchase Date|Created At", Time},
    {"State or status", Status},
    {"Customer Email", Email},
    {"Grand Total (Purchased)|Grand Total (Base)|Grand Total", Property, "total", kNumber},
    {"Subtotal", Property, "subtotal", kNumber},
    {"Shipping and Handling", Property, "shipping", kNumber},
    {"Total Refunded", Property, "refunded", kNumber},
    {"Purchase Point", Property, "channel", kText},
    {"Payment Method", Property, "payment_method", kText},
    {"Shipping Information", Property, "shipping_method", kText},
    {"Customer Group", Trait, "customer_group", kText},
    {"Customer Name|Bill-to Name", Trait, "name", kText},
};
constexpr std::string_view kMagentoNeeds[] = {"ID|Increment ID|Order #", "Purchase Date|Created At", "Status",
                                              "Customer Email",
                                              "Grand Total (Purchased)|Grand Total (Base)|Grand Total"};
constexpr std::string_view kMagentoShows[] = {"ID|Increment ID", "Purchase Point", "Purchase Date", "Status",
                                              "Grand Total (Purchased)|Grand Total (Base)"};
constexpr MadeCase kMagentoStatus[] = {{{"Status", "closed"}, "=refunded"}, {{}, "Status"}};
constexpr MadeColumn kMagentoMade[] = {{"State or status", kMagentoStatus}};

// BigCommerce, Orders > Export all, the default template.
constexpr Columns kBigCommerce[] = {
    {"Order ID", Order},
    {"Order Date|Date Created", Time},
    {"Order Status|Status", Status},
    {"Customer ID", Customer},
    {"Customer Email", Email},
    {"Customer Phone", Phone},
    {"Customer Name", Trait, "name", kText},
    {"Customer Group Name|Customer Group", Trait, "customer_group", kText},
    {"Order Total (inc tax)|Order Total", Property, "total", kNumber},
    {"Subtotal (ex tax)|Subtotal", Property, "subtotal", kNumber},
    {"Tax Total", Property, "tax", kNumber},
    {"Shipping Cost (ex tax)|Shipping Cost", Property, "shipping", kNumber},
    {"Refund Amount|Refunded Amount|Total Refunded", Property, "refunded", kNumber},
    {"Order Currency Code|Currency", Property, "currency", kText},
    {"Coupon Details|Coupon Code", Property, "coupon", kText},
    {"Payment Method", Property, "payment_method", kText},
    {"Ship Method", Property, "shipping_method", kText},
    {"Total Quantity", Property, "items_sold", kNumber},
    {"Channel Name", Property, "channel", kText},
    {"Billing City", Trait, "city", kText},
    {"Billing Zip", Trait, "postcode", kText},
    {"Billing Country|Billing Country Code", Trait, "country", kText},
};
constexpr std::string_view kBigCommerceNeeds[] = {"Order ID", "Order Date|Date Created", "Order Status|Status",
                                                  "Order Total (inc tax)|Order Total"};
constexpr std::string_view kBigCommerceShows[] = {"Order ID", "Order Date", "Order Status", "Customer Email",
                                                  "Order Total (inc tax)"};

// PrestaShop, Orders > Export.
constexpr Columns kPrestaShop[] = {
    {"ID", Order},
    {"Date", Time},
    {"Status", Status},
    {"Customer", Customer},
    {"Total", Property, "total", kNumber},
    {"Payment", Property, "payment_method", kText},
    {"Reference", Property, "reference", kText},
    {"New client", Property, "is_new_client", kTruth},
    {"Delivery", Property, "delivery_country", kText},
};
constexpr std::string_view kPrestaShopNeeds[] = {"ID", "Reference", "Customer", "Total", "Status", "Date"};
constexpr std::string_view kPrestaShopShows[] = {"ID",    "Reference", "New client", "Customer",
                                                 "Total", "Payment",   "Status",     "Date"};

// Lightspeed Retail (X-Series), Reporting > Sales history > Export: a row for the sale, its lines and its payments.
constexpr Columns kLightspeed[] = {
    {"Receipt Number|Invoice Number", Order},
    {"Date", Time},
    {"Status", Status},
    {"Customer Code", Customer},
    {"Customer Name", Trait, "name", kText},
    {"Customer Email|Email", Email},
    {"Register", Property, "register", kText},
    {"Outlet", Property, "location", kText},
    {"Details", Item, "name", kText},
    {"SKU", Item, "sku", kText},
    {"Quantity", Item, "quantity", kNumber},
    {"Discount", Item, "discount", kNumber},
    {"Sales Tax", Item, "tax", kNumber},
    {"Total", Item, "amount", kNumber},
};
constexpr std::string_view kLightspeedNeeds[] = {"Receipt Number|Invoice Number", "Date", "Line Type", "Quantity",
                                                 "Total"};
constexpr std::string_view kLightspeedShows[] = {"Date", "Receipt Number|Invoice Number", "Line Type", "Customer Code",
                                                 "Total"};
constexpr NoRow kLightspeedNoRows[] = {
    {.when = {"Line Type", "sale"}, .why = "rows that sum up a sale, whose lines are there", .repeats_money = true},
    {.when = {"Line Type", "~payment"}, .why = "payments of a sale", .repeats_money = true}};

// Olist's public set, and those laid out like it: orders, their items and customers in files of their own, which one
// import joins (ingest/joined_files.hpp).
constexpr Columns kOlist[] = {
    {"order_id", Order},
    {"order_purchase_timestamp", Time},
    {"order_status", Status},
    {"order_approved_at", PaidAt},
    {"customer_unique_id|customer_id", Customer},
    {"product_id", Item, "product_id", kText},
    {"product_category_name", Item, "category", kText},
    {"price", Item, "price", kNumber},
    {"freight_value", Item, "shipping", kNumber},
    {"customer_city", Trait, "city", kText},
    {"customer_state", Trait, "state", kText},
    {"customer_zip_code_prefix", Trait, "postcode", kText},
};
constexpr std::string_view kOlistNeeds[] = {"order_id", "order_purchase_timestamp", "order_status",
                                            "customer_unique_id|customer_id"};

constexpr Preset kPresets[] = {
    {.name = "online-retail",
     .title = "UCI Online Retail: a line a product of an invoice",
     .rows = RowMeans::OrderLine,
     .columns = kOnlineRetail,
     .required = kOnlineRetailNeeds,
     .signature = kOnlineRetailNeeds,
     .currency = "GBP",
     .keeps = kReturns},
    {.name = "shopify-orders",
     .title = "Shopify, Orders > Export",
     .rows = RowMeans::OrderLine,
     .columns = kShopify,
     .required = kShopifyNeeds,
     .signature = kShopifyNeeds,
     .keeps = kFreeLines},
    {.name = "woocommerce-orders",
     .title = "WooCommerce order export, a line an item",
     .rows = RowMeans::OrderLine,
     .columns = kWoo,
     .required = kWooNeeds,
     .signature = kWooNeeds,
     .keeps = kReturnsAndGuests},
    {.name = "woocommerce-analytics",
     .title = "WooCommerce, Analytics > Orders",
     .rows = RowMeans::OrderLine,
     .columns = kWooAnalytics,
     .required = kWooAnalyticsNeeds,
     .signature = kWooAnalyticsShows,
     .keeps = kReturns,
     .says = kNamesAlone},
    {.name = "magento-orders",
     .title = "Magento, the grid of sales orders",
     .rows = RowMeans::OrderLine,
     .columns = kMagento,
     .required = kMagentoNeeds,
     .signature = kMagentoShows,
     .keeps = kFreeLines,
     .made = kMagentoMade},
    {.name = "bigcommerce-orders",
     .title = "BigCommerce, Orders > Export",
     .rows = RowMeans::OrderLine,
     .columns = kBigCommerce,
     .required = kBigCommerceNeeds,
     .signature = kBigCommerceShows,
     .keeps = kReturnsAndGuests},
    {.name = "prestashop-orders",
     .title = "PrestaShop, Orders > Export",
     .rows = RowMeans::OrderLine,
     .columns = kPrestaShop,
     .required = kPrestaShopNeeds,
     .signature = kPrestaShopShows,
     .keeps = kFreeLines,
     .says = kNamesAlone},
    {.name = "lightspeed-sales",
     .title = "Lightspeed Retail, sales history",
     .rows = RowMeans::OrderLine,
     .columns = kLightspeed,
     .required = kLightspeedNeeds,
     .signature = kLightspeedShows,
     .keeps = kReturns,
     .no_rows = kLightspeedNoRows},
    {.name = "olist",
     .title = "Olist: orders, with their items and customers where those files are given too",
     .rows = RowMeans::OrderLine,
     .columns = kOlist,
     .required = kOlistNeeds,
     .signature = kOlistNeeds,
     .keeps = kFreeLines},
};

}  // namespace

std::span<const Preset> shop_presets() {
  return kPresets;
}

}  // namespace tessera::formats
