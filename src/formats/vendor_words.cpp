// The words of vendors in ours: names of events, and of zones.
#include "core/text.hpp"
#include "formats/presets.hpp"

namespace tessera::formats {
namespace {

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
