// Mailchimp's campaignSubscriberActivity export: a line a subscriber,
//   {"jo@example.com": [{"action": "open", "timestamp": "2024-03-01 10:15:00", "url": null, "ip": "192.0.2.1"}, ...]}
// Its times are UTC. And which exports of nested documents there are, by their look.
#include "core/hash.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/fields.hpp"
#include "ingest/flatten.hpp"

namespace tessera::ingest {
namespace {

class MailchimpNormaliser final : public DocumentNormaliser {
 public:
  explicit MailchimpNormaliser(NormaliserContext& context) : context_(context) {}

  Result<void> add(const formats::JsonDocument& d, uint64_t line, std::string_view raw) override {
    if (!d.is(0, formats::JsonKind::Object)) {
      context_.findings.reject(context_.intake, "not-an-object", context_.file, line, "", raw);
      return {};
    }
    bool is_first = true;
    for (uint32_t person = 1; person < d.at(0).next; person = d.at(person).next) {
      const auto email = formats::clean_email(d.at(person).key);
      if (!email || !d.is(person, formats::JsonKind::Array)) {
        context_.findings.reject(context_.intake, "bad-email", context_.file, line, d.at(person).key, raw);
        continue;
      }
      for (uint32_t at = person + 1; at < d.at(person).next; at = d.at(at).next) {
        if (!is_first) ++context_.findings.rows_read;
        is_first = false;
        add_action(d, at, *email, line, raw);
      }
    }
    return {};
  }

 private:
  void add_action(const formats::JsonDocument& d, uint32_t at, const std::string& email, uint64_t line,
                  std::string_view raw) {
    const uint32_t action = d.find(at, "action"), stamp = d.find(at, "timestamp");
    if (action == 0 || d.at(action).text.empty()) {
      return context_.findings.reject(context_.intake, "no-event-name", context_.file, line, "", raw);
    }
    const auto time = stamp != 0 ? formats::parse_time(d.at(stamp).text, formats::TimeForm::Iso) : std::nullopt;
    if (!time) {
      return context_.findings.reject(context_.intake, stamp != 0 ? "bad-time" : "no-time", context_.file, line,
                                      stamp != 0 ? d.at(stamp).text : "", raw);
    }
    const Instant moment = time->instant(nullptr);
    if (moment > context_.now && context_.leaves_out(formats::Odd::FutureTime, line, text_of(moment), raw)) return;
    const std::string_view event = formats::canonical_event("mailchimp-activity", d.at(action).text);
    if (profiles::is_reserved(event))
      return context_.findings.reject(context_.intake, profiles::kReservedName, context_.file, line, event, raw);
    auto& flat = flats_[std::string(event)];
    if (!flat) {
      flat = std::make_unique<Flattener>(context_.intake, context_.intake.kind(event), std::span<const Rename>(),
                                         std::span<const Rename>());
    }
    const uint64_t content = hash64(d.at(at).text, hash64(email));
    const profiles::Identifier who{profiles::IdentifierKind::Email, email};
    ++context_.findings.rows_used;
    context_.intake.start(flat->kind(), std::span(&who, 1), moment,
                          mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content)));
    flat->begin_row();
    put(d, at, "url", "link_url", *flat);
    put(d, at, "ip", "ip", *flat);
    put(d, at, "campaign_id", "campaign_id", *flat);
    put(d, at, "title", "campaign_name", *flat);
  }
  static void put(const formats::JsonDocument& d, uint32_t at, std::string_view member, std::string_view property,
                  Flattener& flat) {
    const uint32_t found = d.find(at, member);
    if (found != 0 && d.is(found, formats::JsonKind::Text) && !d.at(found).text.empty())
      flat.put(property, d.at(found).text);
  }

  NormaliserContext& context_;
  Occurrences occurrences_;
  std::map<std::string, std::unique_ptr<Flattener>> flats_;
};

}  // namespace

std::unique_ptr<DocumentNormaliser> make_mailchimp_normaliser(NormaliserContext& context) {
  return std::make_unique<MailchimpNormaliser>(context);
}

std::string_view recognise_document(const formats::JsonDocument& d) {
  if (d.nodes().empty() || !d.is(0, formats::JsonKind::Object)) return {};
  uint32_t call = 0;
  for (const std::string_view wrapper : {"payload", "batch"}) {
    const uint32_t inner = d.find(0, wrapper);
    if (inner != 0 && d.is(inner, formats::JsonKind::Object)) call = inner;
    if (inner != 0 && d.is(inner, formats::JsonKind::Array) && d.is(inner + 1, formats::JsonKind::Object))
      call = inner + 1;
  }
  if (d.find(0, "event_name") != 0 && d.find(0, "event_timestamp") != 0 &&
      (d.find(0, "event_params") != 0 || d.find(0, "user_pseudo_id") != 0)) {
    return "ga4";
  }
  const uint32_t type = d.find(call, "type") != 0 ? d.find(call, "type") : d.find(call, "action");
  const bool has_id = d.find(call, "userId") != 0 || d.find(call, "anonymousId") != 0 || d.find(call, "user_id") != 0 ||
                      d.find(call, "anonymous_id") != 0;
  if (type != 0 && has_id) {
    for (const std::string_view name : {"track", "page", "screen", "identify", "group", "alias"}) {
      if (d.at(type).text == name) return "segment";
    }
  }
  if (d.at(0).next > 1 && formats::clean_email(d.at(1).key) && d.is(1, formats::JsonKind::Array))
    return "mailchimp-activity";
  return {};
}

}  // namespace tessera::ingest
