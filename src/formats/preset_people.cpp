// Exports of people: audiences and contacts, survey answers, tickets, leads; and of what nobody is in.
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

using enum Role;
using Columns = PresetColumn;

constexpr Columns kKlaviyoProfiles[] = {
    {"Klaviyo ID|Profile ID", Customer},
    {"Email|Email Address", Email},
    {"Phone Number|Phone", Phone},
    {"First Name", Trait, "first_name", kText},
    {"Last Name", Trait, "last_name", kText},
    {"City", Trait, "city", kText},
    {"Country", Trait, "country", kText},
    {"Zip Code", Trait, "postcode", kText},
    {"IP Address", Ignore},
};
constexpr std::string_view kKlaviyoProfilesShows[] = {"Email|Email Address", "Klaviyo ID|Profile ID",
                                                      "Email Marketing Consent|Email Marketing Consent Timestamp|Email "
                                                      "Marketing: Status"};

// Mailchimp, Audience > Export: its columns in large letters are Mailchimp's own.
constexpr Columns kMailchimpAudience[] = {
    {"Email Address", Email},
    {"Phone Number", Phone},
    {"First Name", Trait, "first_name", kText},
    {"Last Name", Trait, "last_name", kText},
    {"Birthday", Trait, "birthday", kText},
    {"MEMBER_RATING", Trait, "member_rating", kNumber},
    {"TAGS", Trait, "tags", kText},
    {"CC", Trait, "country", kText},
    {"REGION", Trait, "region", kText},
    {"OPTIN_TIME", Trait, "optin_time", kText},
    {"OPTIN_IP", Ignore},
    {"CONFIRM_IP", Ignore},
    {"LEID", Ignore},
    {"EUID", Ignore},
};
constexpr std::string_view kMailchimpAudienceShows[] = {"Email Address", "MEMBER_RATING", "OPTIN_TIME|CONFIRM_TIME",
                                                        "LEID"};

constexpr Columns kHubSpot[] = {
    {"Record ID|Record ID - Contact|Contact ID", Customer},
    {"Email", Email},
    {"Phone Number|Mobile Phone Number", Phone},
    {"First Name", Trait, "first_name", kText},
    {"Last Name", Trait, "last_name", kText},
};
constexpr std::string_view kHubSpotShows[] = {"Record ID|Record ID - Contact", "First Name", "Last Name", "Email",
                                              "Lead Status|Lifecycle Stage|Contact owner|Marketing contact status"};

constexpr Columns kSalesforce[] = {
    {"Contact ID|ContactId|Id", Customer},
    {"Email", Email},
    {"Phone|Mobile|MobilePhone", Phone},
    {"First Name|FirstName", Trait, "first_name", kText},
    {"Last Name|LastName", Trait, "last_name", kText},
    {"Mailing City|MailingCity", Trait, "city", kText},
    {"Mailing Country|MailingCountry", Trait, "country", kText},
    {"Mailing Zip/Postal Code|MailingPostalCode", Trait, "postcode", kText},
};
constexpr std::string_view kSalesforceShows[] = {"Contact ID|ContactId|Id", "Last Name|LastName", "Email",
                                                 "Account ID|AccountId|Account Name",
                                                 "Mailing City|MailingCity|Lead Source|LeadSource"};

constexpr Columns kTypeform[] = {
    {"#|Response ID|Token", Message},
    {"Submit Date (UTC)|Submitted At", Time},
    {"email|your email|what is your email?|what's your email?|your email address|e-mail|email address", Email},
    {"customer_id|user_id|contact_id", Customer},
    {"Network ID", Anonymous},
    {"Start Date (UTC)", Ignore},
    {"Stage Date (UTC)", Ignore},
};
constexpr std::string_view kTypeformShows[] = {"Submit Date (UTC)|Submitted At", "Network ID"};

// SurveyMonkey: below the questions stands a line of their answers' kinds, which says nobody.
constexpr Columns kSurveyMonkey[] = {
    {"Respondent ID", Customer},
    {"Email Address", Email},
    {"End Date|Date Modified|Start Date|Date Created", Time},
    {"First Name", Trait, "first_name", kText},
    {"Last Name", Trait, "last_name", kText},
    {"IP Address", Ignore},
    {"Collector ID", Property, "collector_id", kText},
};
constexpr std::string_view kSurveyMonkeyShows[] = {"Respondent ID", "Collector ID", "Start Date|Date Created",
                                                   "End Date|Date Modified"};

constexpr Columns kGoogleForms[] = {
    {"Timestamp|Zeitstempel|Horodateur|Marca temporal|Informazioni cronologiche", Time},
    {"Email Address|Username|E-Mail-Adresse|Adresse e-mail|Dirección de correo electrónico|Indirizzo email", Email},
};
constexpr std::string_view kGoogleFormsShows[] = {
    "Timestamp|Zeitstempel|Horodateur|Marca temporal|Informazioni cronologiche",
    "Email Address|Username|E-Mail-Adresse|Adresse e-mail|Dirección de correo electrónico|Indirizzo email", "?"};

constexpr Columns kZendesk[] = {
    {"Id|Ticket ID", Property, "ticket_id", kText},
    {"Requester email", Email},
    {"Requester external id|Requester id", Customer},
    {"Created at", Time},
    {"Requester", Trait, "name", kText},
    {"Subject", Property, "subject", kText},
    {"Status", Property, "status", kText},
    {"Priority", Property, "priority", kText},
    {"Via", Property, "channel", kText},
    {"Ticket type", Property, "type", kText},
    {"Group", Property, "group", kText},
    {"Tags", Property, "tags", kText},
    {"Satisfaction Score", Property, "satisfaction", kText},
    {"Reopens", Property, "reopens", kNumber},
    {"Replies", Property, "replies", kNumber},
    {"First reply time in minutes", Property, "first_reply_minutes", kNumber},
    {"Full resolution time in minutes", Property, "resolution_minutes", kNumber},
};
constexpr std::string_view kZendeskNeeds[] = {"Id|Ticket ID", "Created at",
                                              "Requester email|Requester id|Requester external id"};
constexpr std::string_view kZendeskShows[] = {"Id", "Requester", "Requester email|Requester id", "Subject",
                                              "Created at"};

// Lead forms of Meta and LinkedIn.
constexpr Columns kLeads[] = {
    {"id|lead_id|lead id", Message},
    {"created_time|created at|submitted at|lead created at", Time},
    {"email|email address|work email", Email},
    {"phone_number|phone number|phone", Phone},
    {"full_name|full name", Trait, "name", kText},
    {"first_name|first name", Trait, "first_name", kText},
    {"last_name|last name", Trait, "last_name", kText},
    {"city", Trait, "city", kText},
    {"company_name|company name|company", Trait, "company", kText},
    {"campaign_name|campaign name", Property, "campaign_name", kText},
    {"ad_name|ad name|creative name", Property, "ad_name", kText},
    {"form_name|form name", Property, "form_name", kText},
    {"platform", Property, "channel", kText},
};
constexpr std::string_view kLeadsNeeds[] = {"created_time|created at|submitted at|lead created at",
                                            "email|email address|work email|phone_number|phone number|phone"};
constexpr std::string_view kLeadsShows[] = {"created_time|created at|submitted at|lead created at",
                                            "campaign_name|campaign name", "form_name|form name|form_id",
                                            "email|email address|work email|phone_number"};

constexpr std::string_view kGoogleSpendShows[] = {"Campaign|Kampagne|Campagne|Campaña|Campagna",
                                                  "Impr.|Impressions|Impressionen|Impr", "Clicks|Klicks|Clics|Clic",
                                                  "Cost|Kosten|Coût|Coste|Costo"};
constexpr std::string_view kMetaSpendShows[] = {
    "Campaign name|Campaign|Ad set name|Kampagnenname", "Reach|Impressions|Impressionen|Reichweite",
    "Amount spent (USD)|Amount spent (EUR)|Amount spent (GBP)|Amount spent|Ausgegebener Betrag (EUR)|Spend"};
constexpr std::string_view kNobodyInIt =
    "this is what campaigns cost: money by campaign and day, with no customer in it, so nothing of it can be anybody's "
    "history";

constexpr Preset kPresets[] = {
    {.name = "klaviyo-profiles",
     .title = "Klaviyo profiles",
     .rows = RowMeans::Customer,
     .columns = kKlaviyoProfiles,
     .signature = kKlaviyoProfilesShows,
     .rest = Rest::Trait},
    {.name = "mailchimp-audience",
     .title = "Mailchimp audience",
     .rows = RowMeans::Customer,
     .columns = kMailchimpAudience,
     .signature = kMailchimpAudienceShows,
     .rest = Rest::Trait},
    {.name = "hubspot-contacts",
     .title = "HubSpot contacts",
     .rows = RowMeans::Customer,
     .columns = kHubSpot,
     .signature = kHubSpotShows,
     .rest = Rest::Trait},
    {.name = "salesforce-contacts",
     .title = "Salesforce contacts",
     .rows = RowMeans::Customer,
     .columns = kSalesforce,
     .signature = kSalesforceShows,
     .rest = Rest::Trait},
    {.name = "typeform",
     .title = "Typeform answers",
     .event = "Survey Answered",
     .columns = kTypeform,
     .required = kTypeformShows,
     .signature = kTypeformShows,
     .rest = Rest::Property,
     .zone = "UTC"},
    {.name = "surveymonkey",
     .title = "SurveyMonkey answers",
     .event = "Survey Answered",
     .columns = kSurveyMonkey,
     .required = kSurveyMonkeyShows,
     .signature = kSurveyMonkeyShows,
     .rest = Rest::Property},
    {.name = "google-forms",
     .title = "Google Forms answers",
     .event = "Survey Answered",
     .columns = kGoogleForms,
     .signature = kGoogleFormsShows,
     .rest = Rest::Property},
    {.name = "zendesk-tickets",
     .title = "Zendesk tickets",
     .event = "Ticket Created",
     .columns = kZendesk,
     .required = kZendeskNeeds,
     .signature = kZendeskShows},
    {.name = "social-leads",
     .title = "lead forms of Meta and LinkedIn",
     .event = "Lead Submitted",
     .columns = kLeads,
     .required = kLeadsNeeds,
     .signature = kLeadsShows,
     .rest = Rest::Property},
    {.name = "google-ads-spend",
     .title = "Google Ads, campaigns",
     .signature = kGoogleSpendShows,
     .refusal = kNobodyInIt},
    {.name = "meta-ads-spend", .title = "Meta Ads, campaigns", .signature = kMetaSpendShows, .refusal = kNobodyInIt},
};

}  // namespace

std::span<const Preset> people_presets() {
  return kPresets;
}

}  // namespace tessera::formats
