// Exports of events: analytics, mail and what tools call raw data.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

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

// Google Analytics 4's BigQuery export as a flat table; nested, it has a normaliser of its own.
constexpr Columns kGa4[] = {
    {"event_name", Event},
    {"event_timestamp", Time},
    {"user_id", Customer},
    {"user_pseudo_id", Anonymous},
    {"transaction_id|ecommerce.transaction_id", Property, "order_id", kText},
    {"purchase_revenue|ecommerce.purchase_revenue|event_value_in_usd|value", Property, "total", kNumber},
    {"currency", Property, "currency", kText},
    {"device.category|device_category|category", Property, "device", kText},
    {"geo.country|geo_country|country", Trait, "country", kText},
    {"geo.city|geo_city|city", Trait, "city", kText},
};
constexpr std::string_view kGa4Needs[] = {"event_name", "event_timestamp", "user_pseudo_id"};

// Mixpanel's raw export: JSON lines whose properties are members of one object, or the table of them.
constexpr Columns kMixpanel[] = {
    {"event|event name", Event},
    {"properties.time|time", Time},
    {"properties.$user_id|$user_id|user id", Customer},
    {"properties.distinct_id|distinct_id|distinct id", Anonymous},
    {"properties.$insert_id|$insert_id|insert id", Message},
    {"properties.$email|$email", Email},
};
constexpr std::string_view kMixpanelNeeds[] = {"event|event name", "properties.time|time",
                                               "properties.distinct_id|distinct_id|distinct id"};

// Amplitude's export API and its CSV.
constexpr Columns kAmplitude[] = {
    {"event_type|event type", Event},       {"event_time|event time", Time},
    {"user_id|user id", Customer},          {"device_id|device id|amplitude_id", Anonymous},
    {"$insert_id|insert_id|uuid", Message}, {"country", Property, "country", kText},
    {"city", Property, "city", kText},      {"device_family", Property, "device", kText},
    {"os_name", Property, "os", kText},
};
constexpr std::string_view kAmplitudeNeeds[] = {"event_type|event type", "event_time|event time",
                                                "user_id|user id|device_id|device id|amplitude_id"};
constexpr std::string_view kAmplitudeShows[] = {"event_type", "event_time", "amplitude_id|$insert_id|insert_id",
                                                "user_id"};

// Heap Connect's all_events and the tables like it.
constexpr Columns kHeap[] = {
    {"event_table_name|event_name|event", Event},
    {"time", Time},
    {"identity", Customer},
    {"email", Email},
    {"user_id", Anonymous},
    {"event_id", Message},
    {"session_id", Property, "session_id", kText},
};
constexpr std::string_view kHeapNeeds[] = {"event_table_name|event_name|event", "time", "user_id"};
constexpr std::string_view kHeapShows[] = {"event_id", "time", "user_id", "session_id", "event_table_name|event_name"};

// Adobe Analytics, a data feed with the names of its columns.
constexpr Columns kAdobe[] = {
    {"hit_time_gmt|post_cust_hit_time_gmt", Time},
    {"post_cust_visid|cust_visid", Customer},
    {"mcvisid|post_mc_visid|mc_visid", Anonymous},
    {"hitid|hitid_high", Property, "hit_id", kText},
    {"post_pagename|pagename", Property, "name", kText},
    {"post_page_url|page_url", Property, "page.url", kText},
    {"post_campaign|campaign", Property, "campaign.name", kText},
    {"post_event_list|event_list", Property, "event_list", kText},
    {"post_product_list|product_list", Property, "product_list", kText},
    {"geo_country|country", Property, "country", kText},
};
constexpr std::string_view kAdobeNeeds[] = {"hit_time_gmt|post_cust_hit_time_gmt",
                                            "mcvisid|post_mc_visid|mc_visid|post_cust_visid|cust_visid"};
constexpr std::string_view kAdobeShows[] = {"hit_time_gmt", "visit_num|visit_page_num",
                                            "mcvisid|post_mc_visid|mc_visid|post_cust_visid|cust_visid"};

constexpr std::string_view kKlaviyoShows[] = {"Metric|Metric Name|attributes.metric.name",
                                              "Timestamp|Event Date|Event Time|attributes.datetime",
                                              "Klaviyo ID|Profile ID|profile.id|relationships.profile.data.id"};
constexpr std::string_view kMailchimpShows[] = {"Email Address|Email", "Action|Activity", "Campaign ID|Campaign Title",
                                                "Timestamp|Action Date"};

constexpr Preset kPresets[] = {
    {.name = "segment", .title = "Segment spec calls, JSON lines", .shape = PresetShape::SegmentJson},
    {.name = "ga4",
     .title = "Google Analytics 4, BigQuery export as JSON lines, Parquet or a flat table",
     .shape = PresetShape::Ga4Json,
     .columns = kGa4,
     .required = kGa4Needs,
     .signature = kGa4Needs,
     .rest = Rest::Property},
    {.name = "klaviyo-events",
     .title = "Klaviyo events",
     .columns = kKlaviyo,
     .required = kKlaviyoNeeds,
     .signature = kKlaviyoShows,
     .rest = Rest::Property},
    {.name = "mailchimp-activity",
     .title = "Mailchimp campaign activity",
     .shape = PresetShape::MailchimpJson,
     .columns = kMailchimp,
     .required = kMailchimpNeeds,
     .signature = kMailchimpShows},
    {.name = "mixpanel-events",
     .title = "Mixpanel raw events",
     .columns = kMixpanel,
     .required = kMixpanelNeeds,
     .signature = kMixpanelNeeds,
     .rest = Rest::Property,
     .strips = "properties."},
    {.name = "amplitude-events",
     .title = "Amplitude raw events",
     .columns = kAmplitude,
     .required = kAmplitudeNeeds,
     .signature = kAmplitudeShows,
     .rest = Rest::Property,
     .zone = "UTC",
     .strips = "event_properties."},
    {.name = "heap-events",
     .title = "Heap raw events",
     .columns = kHeap,
     .required = kHeapNeeds,
     .signature = kHeapShows,
     .rest = Rest::Property,
     .zone = "UTC"},
    {.name = "adobe-hits",
     .title = "Adobe Analytics data feed, with the names of its columns",
     .event = "Page Viewed",
     .columns = kAdobe,
     .required = kAdobeNeeds,
     .signature = kAdobeShows,
     .zone = "UTC"},
};

}  // namespace

std::span<const Preset> event_presets() {
  return kPresets;
}

}  // namespace tessera::formats
