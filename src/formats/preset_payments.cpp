// What tills and payment services export: Square, Stripe, PayPal.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

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

// Square Dashboard: Sales > Transactions > Export, a row a payment.
constexpr Columns kSquareTransactions[] = {
    {"Transaction ID", Order},
    {"Date", Time},
    {"Time", Clock},
    {"Time Zone", ZoneName},
    {"Event Type", Status},
    {"Customer ID", Customer},
    {"Customer Name", Trait, "name", kText},
    {"Customer Email|Email", Email},
    {"Total Collected", Property, "total", kNumber},
    {"Net Sales", Property, "subtotal", kNumber},
    {"Tax", Property, "tax", kNumber},
    {"Discounts", Property, "discount", kNumber},
    {"Partial Refunds", Property, "partial_refunds", kNumber},
    {"Tip", Property, "tip", kNumber},
    {"Fees", Property, "fee", kNumber},
    {"Description", Property, "description", kText},
    {"Location", Property, "location", kText},
    {"Dining Option", Property, "dining_option", kText},
    {"Source", Property, "channel", kText},
    {"Device Name", Property, "device", kText},
};
constexpr std::string_view kSquareTransactionsNeeds[] = {"Date", "Time", "Transaction ID", "Total Collected",
                                                         "Event Type"};

// Stripe, Payments > Export. What was only reserved on a card is not bought.
constexpr Columns kStripePayments[] = {
    {"id", Order},
    {"Created (UTC)|Created date (UTC)", Time},
    {"State of the payment", Status},
    {"Refunded date (UTC)|Refunded (UTC)", RefundedAt},
    {"Customer ID", Customer},
    {"Customer Email", Email},
    {"Customer Description", Trait, "name", kText},
    {"Amount", Property, "total", kNumber},
    {"Amount Refunded", Property, "refunded", kNumber},
    {"Currency", Property, "currency", kText},
    {"Fee", Property, "fee", kNumber},
    {"Description", Property, "description", kText},
    {"Card Brand", Property, "card_brand", kText},
    {"Payment Source Type", Property, "payment_method", kText},
    {"Disputed Amount", Property, "disputed", kNumber},
    {"Invoice ID", Property, "invoice_id", kText},
};
constexpr std::string_view kStripePaymentsNeeds[] = {"id", "Created (UTC)|Created date (UTC)", "Amount", "Currency",
                                                     "Status"};
constexpr std::string_view kStripePaymentsShows[] = {
    "id", "Created (UTC)|Created date (UTC)", "Amount", "Currency", "Amount Refunded", "Status"};
constexpr MadeCase kStripeState[] = {{{"Status", "failed|canceled|cancelled|blocked"}, "Status"},
                                     {{"Captured", "false"}, "=uncaptured"},
                                     {{}, "Status"}};
constexpr MadeColumn kStripeMade[] = {{"State of the payment", kStripeState}};
constexpr NoRow kStripeNoRows[] = {{.when = {"Mode", "test"}, .why = "payments of Stripe's test mode"}};

// Stripe, Billing > Invoices > Export.
constexpr Columns kStripeInvoices[] = {
    {"id|Number", Order},
    {"Created (UTC)|Date (UTC)", Time},
    {"Paid At (UTC)|Paid (UTC)", PaidAt},
    {"Status", Status},
    {"Customer|Customer ID", Customer},
    {"Customer Email", Email},
    {"Customer Name|Customer Description", Trait, "name", kText},
    {"Total", Property, "total", kNumber},
    {"Subtotal", Property, "subtotal", kNumber},
    {"Tax", Property, "tax", kNumber},
    {"Currency", Property, "currency", kText},
    {"Subscription", Property, "subscription", kText},
    {"Billing|Billing Reason", Property, "billing", kText},
    {"Description", Property, "description", kText},
};
constexpr std::string_view kStripeInvoicesNeeds[] = {"id|Number", "Created (UTC)|Date (UTC)", "Customer|Customer ID",
                                                     "Total", "Amount Due"};
constexpr std::string_view kStripeInvoicesShows[] = {
    "Created (UTC)|Date (UTC)", "Customer|Customer ID", "Amount Due", "Total", "Subtotal", "Currency"};

// PayPal, Activity > Download, in English and German. A refund is a row of its own with its money below zero, and names
// the shop first and the customer second; the payment's own row stays what it was. Transfers are no orders.
constexpr Columns kPayPal[] = {
    {"Transaction ID|Transaktionscode", Order},
    {"Date|Datum", Time},
    {"Time|Uhrzeit", Clock},
    {"TimeZone|Time Zone|Zeitzone", ZoneName},
    {"State of the payment", Status},
    {"Email of the other side", Email},
    {"Name", Trait, "name", kText},
    {"Gross|Brutto", Property, "total", kNumber},
    {"Fee|Gebühr|Fees", Property, "fee", kNumber},
    {"Currency|Währung", Property, "currency", kText},
    {"Item Title|Artikelbezeichnung", Property, "item", kText},
    {"Invoice Number|Rechnungsnummer", Property, "invoice_number", kText},
    {"Reference Txn ID|Zugehöriger Transaktionscode", Property, "reference_order_id", kText},
    {"Type|Typ", Property, "payment_type", kText},
};
constexpr std::string_view kPayPalNeeds[] = {"Transaction ID|Transaktionscode", "Date|Datum", "Type|Typ",
                                             "Gross|Brutto"};
constexpr std::string_view kPayPalShows[] = {
    "Date|Datum",   "Time|Uhrzeit", "TimeZone|Time Zone|Zeitzone",    "Type|Typ",
    "Gross|Brutto", "Net|Netto",    "Transaction ID|Transaktionscode"};
constexpr std::string_view kGivesBack = "~refund|~reversal|~chargeback|~rückzahlung|~erstattung|~rückbuchung";
constexpr MadeCase kPayPalState[] = {
    {{"Type|Typ", kGivesBack}, "="},
    {{"Status", "refunded|partiallyrefunded|completed|erstattet|teilweiseerstattet|abgeschlossen|reversed"},
     "=completed"},
    {{}, "Status"}};
constexpr MadeCase kPayPalOther[] = {
    {{"Gross|Brutto", "<0"}, "To Email Address|Empfänger E-Mail-Adresse|An E-Mail-Adresse"},
    {{}, "From Email Address|Absender E-Mail-Adresse|Von E-Mail-Adresse"}};
constexpr MadeColumn kPayPalMade[] = {{"State of the payment", kPayPalState},
                                      {"Email of the other side", kPayPalOther}};
constexpr NoRow kPayPalNoRows[] = {
    {.when = {"Type|Typ",
              "~withdrawal|~deposit|~conversion|~hold|~authorization|~authorisation|~fee|~transfer|~request|~mass pay|"
              "~loan|~adjustment|~shopping cart item|order|~auszahlung|~einzahlung|~abbuchung|~überweisung|~umrechnung|"
              "~autorisierung|~einbehalt|~gebühr|~anforderung"},
     .why = "transfers, fees and holds, which are no orders"},
    {.when = {"Gross|Brutto", "<0"}, .unless = {"Type|Typ", kGivesBack}, .why = "payments that the shop made"}};

constexpr Preset kPresets[] = {
    {.name = "square-sales",
     .title = "Square item sales",
     .rows = RowMeans::OrderLine,
     .columns = kSquare,
     .required = kSquareNeeds,
     .signature = kSquareNeeds,
     .keeps = kReturns},
    {.name = "square-transactions",
     .title = "Square transactions",
     .rows = RowMeans::OrderLine,
     .columns = kSquareTransactions,
     .required = kSquareTransactionsNeeds,
     .signature = kSquareTransactionsNeeds,
     .keeps = kReturns},
    {.name = "stripe-payments",
     .title = "Stripe payments",
     .rows = RowMeans::OrderLine,
     .columns = kStripePayments,
     .required = kStripePaymentsNeeds,
     .signature = kStripePaymentsShows,
     .keeps = kFreeLines,
     .made = kStripeMade,
     .no_rows = kStripeNoRows},
    {.name = "stripe-invoices",
     .title = "Stripe invoices",
     .rows = RowMeans::OrderLine,
     .columns = kStripeInvoices,
     .required = kStripeInvoicesNeeds,
     .signature = kStripeInvoicesShows,
     .keeps = kFreeLines},
    {.name = "paypal-activity",
     .title = "PayPal activity",
     .rows = RowMeans::OrderLine,
     .columns = kPayPal,
     .required = kPayPalNeeds,
     .signature = kPayPalShows,
     .keeps = kReturns,
     .made = kPayPalMade,
     .no_rows = kPayPalNoRows},
};

}  // namespace

std::span<const Preset> payment_presets() {
  return kPresets;
}

}  // namespace tessera::formats
