// Segment's spec, calls as their libraries and HTTP API write them. What becomes of each:
//
//   track     an event of its name; names of the spec's first version are read as today's (Completed Order)
//   page      Page Viewed    with name, category and the properties
//   screen    Screen Viewed
//   identify  facts about the customer ($identify), dated by the call; without any time: true since ever
//   group     $group, with group_id and the traits of the account
//   alias     a link between previousId and userId: a device's, or a user's former id
//
// From the context come channel, device (desktop, mobile, tablet: its type, or read from the user agent), os, locale,
// timezone, ip, group_id, campaign.* and page.*; a property of the same name wins. The rest of the context, and
// integrations, are not kept. context.traits.email and traits.email tell who it is.
//
// Time, in a file: timestamp, else originalTimestamp corrected by the skew (receivedAt - sentAt), else sentAt,
// receivedAt. Of a call that we receive ourselves, timestamp is what the sender's clock said: with a sentAt it is
// corrected as originalTimestamp is (a call that says receivedAt was received by another before, and is left as it is).
#include <fmt/format.h>

#include "core/hash.hpp"
#include "core/phone.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "ingest/agents.hpp"
#include "ingest/document_normalisers.hpp"
#include "ingest/fields.hpp"
#include "ingest/flatten.hpp"
#include "ingest/segment_spec_body.hpp"
#include "profiles/history.hpp"
#include "profiles/tables.hpp"

namespace tessera::ingest {
namespace {

using profiles::IdentifierKind;

constexpr Rename kRenames[] = {
    {"orderId", "order_id"}, {"productId", "product_id"}, {"checkoutId", "checkout_id"}, {"cartId", "cart_id"}};
constexpr Rename kItemRenames[] = {{"id", "product_id"}, {"productId", "product_id"}};
// Product events of the first version call it id.
constexpr Rename kProductRenames[] = {{"id", "product_id"}, {"productId", "product_id"}, {"orderId", "order_id"}};

enum class Call : uint8_t { Track, Page, Screen, Identify, Group, Alias };
struct CallName {
  std::string_view name;
  Call call;
};
constexpr CallName kCalls[] = {{"track", Call::Track},       {"page", Call::Page},   {"screen", Call::Screen},
                               {"identify", Call::Identify}, {"group", Call::Group}, {"alias", Call::Alias}};

// Members of the context that become properties.
struct ContextMember {
  std::string_view object, member, property;  // object empty: at the top of the context
};
constexpr ContextMember kContext[] = {
    {"", "channel", "channel"},
    {"os", "name", "os"},
    {"", "locale", "locale"},
    {"", "timezone", "timezone"},
    {"", "ip", "ip"},
    {"", "groupId", "group_id"},
    {"campaign", "name", "campaign.name"},
    {"campaign", "source", "campaign.source"},
    {"campaign", "medium", "campaign.medium"},
    {"campaign", "term", "campaign.term"},
    {"campaign", "content", "campaign.content"},
    {"page", "path", "page.path"},
    {"page", "url", "page.url"},
    {"page", "referrer", "page.referrer"},
    {"page", "title", "page.title"},
};

// Traits that say what the customer consents to.
struct ConsentTrait {
  std::string_view name;
  bool is_nested, is_collection;  // inside the trait "consent"
};
constexpr ConsentTrait kConsentTraits[] = {{"collection", true, true},          {"profiling", true, false},
                                           {"consent.collection", false, true}, {"consent.profiling", false, false},
                                           {"consent_collection", false, true}, {"consent_profiling", false, false},
                                           {"consentCollection", false, true},  {"consentProfiling", false, false}};

constexpr size_t kLongestName = 200;  // of an event, in bytes
// Between an event and its sending: a phone that was off, with room to spare. Beyond it the two times are not one clock's.
constexpr Duration kLongestWait = kDay * 366;

bool contains(std::string_view text, std::string_view part) {
  return text.find(part) != std::string_view::npos;
}

// What a user agent says of the device; bots say so themselves.
std::string_view device_of(std::string_view agent) {
  if (contains(agent, "iPad") || contains(agent, "Tablet") ||
      (contains(agent, "Android") && !contains(agent, "Mobile"))) {
    return "tablet";
  }
  if (contains(agent, "Mobi") || contains(agent, "iPhone") || contains(agent, "Android")) return "mobile";
  if (contains(agent, "Windows") || contains(agent, "Macintosh") || contains(agent, "X11") || contains(agent, "CrOS")) {
    return "desktop";
  }
  return {};
}
// Of the calls that are no events.
profiles::SystemStream system_stream_of(Call type) {
  switch (type) {
    case Call::Identify:
    case Call::Alias:
      return profiles::SystemStream::Identify;
    case Call::Group:
      return profiles::SystemStream::Group;
    case Call::Track:
    case Call::Page:
    case Call::Screen:
      break;
  }
  return profiles::SystemStream::None;
}

std::optional<Instant> parse_any_time(const formats::JsonNode& node) {
  if (node.kind == formats::JsonKind::Text) {
    if (const auto time = formats::parse_time(node.text, formats::TimeForm::Iso)) return time->instant(nullptr);
  }
  if (node.kind != formats::JsonKind::Text && node.kind != formats::JsonKind::Number) return std::nullopt;
  for (const formats::TimeForm form : {formats::TimeForm::EpochMillis, formats::TimeForm::EpochSeconds}) {
    if (const auto time = formats::parse_time(node.text, form)) return time->instant(nullptr);
  }
  return std::nullopt;
}

class Calls final : public SegmentNormaliser {
  // Long because a call is read member by member into one row, whichever its kind.
 public:
  Calls(NormaliserContext& context, std::optional<Instant> received) : context_(context), received_(received) {}

  void receive(Instant at, std::string_view type) override {
    received_ = at;
    type_ = type;
    is_live_ = true;
    context_.now = at;
    occurrences_ = {};
  }

  Result<void> add(const formats::JsonDocument& document, uint64_t line, std::string_view raw) override {
    document_ = &document;
    line_ = line;
    raw_ = raw;
    batch_.reset();
    event_ = 0;
    if (!document.is(0, formats::JsonKind::Object)) {
      reject("not-an-object", "");
      return {};
    }
    return add_call_or_batch(0);
  }

 private:
  struct KindPlan {
    std::unique_ptr<Flattener> flat;
  };

  Result<void> add_call_or_batch(uint32_t object) {
    const formats::JsonDocument& d = *document_;
    const uint32_t batch = d.find(object, "batch");
    if (batch != 0 && d.is(batch, formats::JsonKind::Array)) {
      batch_ = object;
      event_ = 0;
      for (uint32_t at = batch + 1; at < d.at(batch).next; at = d.at(at).next) {
        if (event_++ > 0) ++context_.findings.rows_read;
        if (is_live_) {
          line_ = event_;
          raw_ = d.at(at).text;
        }
        if (is_too_large(at)) continue;
        if (d.is(at, formats::JsonKind::Object)) {
          add_call(at);
        } else if (const std::string_view flaw = d.flaw_of(at); !flaw.empty()) {
          reject(formats::reason_of_problem(flaw), flaw);
        } else {
          reject("not-an-object", d.at(at).text);
        }
      }
      return {};
    }
    if (is_too_large(object)) return {};
    // Some exports wrap the call.
    if (!is_live_ && find(object, "type", "action") == 0) {
      for (const std::string_view wrapper : {"payload", "message", "data"}) {
        const uint32_t inner = d.find(object, wrapper);
        if (inner != 0 && d.is(inner, formats::JsonKind::Object)) {
          add_call(inner);
          return {};
        }
      }
    }
    add_call(object);
    return {};
  }

  bool is_too_large(uint32_t call) {
    const size_t size = document_->at(call).text.size();
    if (!is_live_ || size <= kLongestCall) return false;
    reject("too-large", fmt::format("{} bytes", size));
    return true;
  }

  void add_call(uint32_t call) {
    const std::optional<Call> type = type_of(call);
    const profiles::ConsentSaid said = consent_of(call, type == Call::Identify);
    is_left_out_ = false;
    is_silent_ = said.collection == false;
    Who who = who_of(call, type.value_or(Call::Track));
    // Of a customer who refused to be recorded nothing is kept, not even what is wrong with the call.
    const uint64_t fingerprint = identity(call);
    std::array<profiles::Identifier, 4> ids;
    const auto named = identifiers_of(who, ids);
    if (!context_.intake.admits(named, said, fingerprint)) return;
    if (!type) return reject("unknown-type", said_type(call), "type");
    if (is_left_out_) return;
    if (who.empty()) return reject("no-user", text_of_member(call, "userId"), "userId");
    bool is_bad = false;
    const std::optional<Instant> time = time_of(call, is_bad);
    if (is_bad) return;
    const bool is_fact = *type == Call::Identify || *type == Call::Group || *type == Call::Alias;
    if (!time && !is_fact) return reject("no-time", "", "timestamp");
    const std::string_view event = event_of(call, *type);
    if (event.empty()) return reject("no-event-name", text_of_member(call, "event"), "event");
    if (*type == Call::Track && profiles::is_reserved(event)) return reject(profiles::kReservedName, event, "event");
    if (event.size() > kLongestName) return reject("long-event-name", event, "event");
    if (profiles::flaw_of_event_name(event)) return reject("bad-event-name", event, "event");
    if (time && *time > context_.now && context_.leaves_out(formats::Odd::FutureTime, line_, text_of(*time), raw_))
      return;

    KindPlan& kind = kind_of(event, *type);
    ++context_.findings.rows_used;
    context_.intake.start(kind.flat->kind(), named, time.value_or(kEver), fingerprint);
    kind.flat->begin_row();
    if (*type == Call::Identify || *type == Call::Alias) ++context_.findings.facts_used;
    put_call(kind, call, *type);
    if (const std::string_view agent = agent_of(call); !agent.empty())
      if (const auto bot = bot_of(agent))
        context_.intake.mark(profiles::Mark::Bot, fmt::format("the agent is {}", *bot));
  }

  static std::span<const profiles::Identifier> identifiers_of(const Who& who, std::span<profiles::Identifier> into) {
    const size_t count = std::min(who.ids.size(), into.size());
    for (size_t i = 0; i < count; ++i) into[i] = {who.ids[i].first, who.ids[i].second};
    return into.first(count);
  }

  // --- consent: context.consent.categoryPreferences, and the traits of an identify

  profiles::ConsentSaid consent_of(uint32_t call, bool is_identify) const {
    const formats::JsonDocument& d = *document_;
    profiles::ConsentSaid said;
    // Member 0 is none: nobody's member is the root, which may be the call itself.
    const auto member = [&](uint32_t object, std::string_view name) -> uint32_t {
      const uint32_t found = d.find(object, name);
      return found != 0 && d.is(found, formats::JsonKind::Object) ? found : 0;
    };
    const auto object_in = [&](uint32_t object, std::string_view name) {
      return object != 0 ? member(object, name) : 0;
    };
    const uint32_t consent = object_in(context_of(call), "consent");
    if (const uint32_t preferences = object_in(consent, "categoryPreferences"); preferences != 0)
      for (uint32_t at = preferences + 1; at < d.at(preferences).next; at = d.at(at).next)
        if (const auto given = truth_of(at)) said.categories.emplace_back(d.at(at).key, *given);
    if (!is_identify) return said;
    const uint32_t traits = member(call, "traits"), own = object_in(traits, "consent");
    if (traits == 0) return said;
    for (const ConsentTrait& trait : kConsentTraits) {
      const uint32_t at = trait.is_nested ? (own != 0 ? d.find(own, trait.name) : 0) : d.find(traits, trait.name);
      const auto given = at != 0 ? truth_of(at) : std::nullopt;
      if (!given) continue;
      auto& of = trait.is_collection ? said.collection : said.profiling;
      of = of.value_or(true) && *given;
    }
    return said;
  }

  std::optional<bool> truth_of(uint32_t at) const {
    const formats::JsonNode& node = document_->at(at);
    if (node.kind == formats::JsonKind::True || node.kind == formats::JsonKind::False)
      return node.kind == formats::JsonKind::True;
    if (node.kind != formats::JsonKind::Text) return std::nullopt;
    const std::string word = fold_case(trim(node.text));
    if (word == "granted" || word == "given" || word == "accepted") return true;
    if (word == "denied" || word == "refused" || word == "withdrawn") return false;
    return formats::parse_truth(word);
  }

  std::string_view agent_of(uint32_t call) const {
    const uint32_t context = context_of(call);
    const uint32_t agent = context != 0 ? find(context, "userAgent", "user_agent") : 0;
    return agent != 0 && document_->is(agent, formats::JsonKind::Text) ? document_->at(agent).text : std::string_view();
  }

  void put_call(KindPlan& kind, uint32_t call, Call type) {
    const formats::JsonDocument& d = *document_;
    Flattener& flat = *kind.flat;
    if (type == Call::Alias) return;
    if (type == Call::Page || type == Call::Screen) {
      for (const std::string_view member : {"name", "category"}) {
        const uint32_t at = d.find(call, member);
        if (at != 0 && d.is(at, formats::JsonKind::Text)) flat.put(member, d.at(at).text);
      }
    }
    if (type == Call::Group) {
      const uint32_t group = find(call, "groupId", "group_id");
      if (group != 0) flat.put("group_id", d.at(group).text);
    }
    const bool has_traits = type == Call::Identify || type == Call::Group;
    const uint32_t members = d.find(call, has_traits ? "traits" : "properties");
    if (members != 0) flat.put_members(d, members);
    if (!has_traits) put_context(flat, call);
  }

  void put_context(Flattener& flat, uint32_t call) {
    const formats::JsonDocument& d = *document_;
    put_text(flat, d.find(call, "channel"), "channel");
    const uint32_t context = context_of(call);
    if (context == 0) return;
    for (const ContextMember& member : kContext) {
      const uint32_t object = member.object.empty() ? context : d.find(context, member.object);
      if (object == 0) continue;
      put_text(flat, d.find(object, member.member), member.property);
    }
    const uint32_t device = d.find(context, "device");
    const uint32_t type = device != 0 ? d.find(device, "type") : 0;
    const uint32_t agent = find(context, "userAgent", "user_agent");
    if (type != 0) {
      const std::string_view value = d.at(type).text;
      const bool is_phone = value == "ios" || value == "android" || value == "iOS" || value == "Android";
      if (!flat.said("device")) flat.put("device", is_phone ? std::string_view("mobile") : value);
    } else if (agent != 0 && d.is(agent, formats::JsonKind::Text)) {
      const std::string_view value = device_of(d.at(agent).text);
      if (!value.empty() && !flat.said("device")) flat.put("device", value);
    }
    if (agent != 0 && d.is(agent, formats::JsonKind::Text) && bot_of(d.at(agent).text)) flat.put("is_bot", true);
  }

  void put_text(Flattener& flat, uint32_t at, std::string_view property) {
    if (at == 0 || !document_->is(at, formats::JsonKind::Text) || document_->at(at).text.empty()) return;
    flat.put(property, document_->at(at).text);
  }

  // --- the parts of a call

  uint32_t find(uint32_t object, std::string_view name, std::string_view alias) const {
    const uint32_t found = document_->find(object, name);
    return found != 0 ? found : document_->find(object, alias);
  }
  uint32_t context_of(uint32_t call) const {
    const uint32_t own = document_->find(call, "context");
    if (own != 0 || !batch_) return own;
    return document_->find(*batch_, "context");
  }

  std::string_view said_type(uint32_t call) const {
    const uint32_t at = find(call, "type", "action");
    return at != 0 ? document_->at(at).text : type_;
  }
  std::optional<Call> type_of(uint32_t call) const {
    for (const CallName& known : kCalls) {
      if (known.name == said_type(call)) return known.call;
    }
    return std::nullopt;
  }

  void add_id(Who& who, IdentifierKind kind, uint32_t at) {
    if (at == 0) return;
    const formats::JsonNode& node = document_->at(at);
    if (node.kind != formats::JsonKind::Text && node.kind != formats::JsonKind::Number) return;
    const std::string_view text = trim(node.text);
    if (is_silent_ && formats::flaw_of_id(text) != formats::IdFlaw::None) return;
    switch (formats::flaw_of_id(text)) {
      case formats::IdFlaw::Blank:
        return;
      case formats::IdFlaw::Blocked:
        is_left_out_ = is_left_out_ || context_.leaves_out(formats::Odd::BlockedId, line_, text, raw_);
        return;
      case formats::IdFlaw::None:
        break;
    }
    if (text.size() > 500) return context_.findings.warn("long-id", context_.file, line_, text);
    who.add(kind, std::string(text));
  }
  void add_email(Who& who, uint32_t traits) {
    const uint32_t at = traits != 0 ? document_->find(traits, "email") : 0;
    if (at == 0 || !document_->is(at, formats::JsonKind::Text)) return;
    if (auto email = formats::clean_email(document_->at(at).text)) {
      who.add(IdentifierKind::Email, std::move(*email));
    } else if (!formats::is_blank(document_->at(at).text)) {
      context_.findings.warn("bad-email", context_.file, line_, document_->at(at).text);
    }
  }

  // The country that the call says its user is of, or is in. Not that of the locale: "en-US" is what nobody has set.
  std::string_view country_said(uint32_t call, uint32_t traits) const {
    const formats::JsonDocument& d = *document_;
    const uint32_t context = context_of(call);
    const uint32_t address = d.find(traits, "address"), location = context != 0 ? d.find(context, "location") : 0;
    for (const uint32_t object : {address, traits, location, context})
      for (const std::string_view name : {"country", "countryCode", "country_code"})
        if (const uint32_t at = object != 0 ? d.find(object, name) : 0; at != 0 && d.is(at, formats::JsonKind::Text))
          return d.at(at).text;
    return {};
  }
  // One whose country is not known may be two numbers, and names nobody.
  void add_phone(Who& who, uint32_t call, uint32_t traits) {
    const uint32_t at = traits != 0 ? document_->find(traits, "phone") : 0;
    if (at == 0 || !document_->is(at, formats::JsonKind::Text)) return;
    const std::string country = country_of(country_said(call, traits)).value_or("");
    if (auto number = e164_of(document_->at(at).text, country)) who.add(IdentifierKind::Phone, std::move(*number));
  }

  Who who_of(uint32_t call, Call type) {
    Who who;
    add_id(who, IdentifierKind::UserId, find(call, "userId", "user_id"));
    add_id(who, IdentifierKind::AnonymousId, find(call, "anonymousId", "anonymous_id"));
    if (type == Call::Identify) add_email(who, document_->find(call, "traits"));
    if (type == Call::Identify) add_phone(who, call, document_->find(call, "traits"));
    if (const uint32_t context = context_of(call); context != 0) {
      add_email(who, document_->find(context, "traits"));
      if (type == Call::Identify) add_phone(who, call, document_->find(context, "traits"));
    }
    if (type == Call::Alias) {
      const uint32_t previous = find(call, "previousId", "previous_id");
      if (previous == 0) return {};
      // A previous id that is an address is one; that of a user is their former name; else it was a device's.
      const auto email = formats::clean_email(document_->at(previous).text);
      if (email) {
        who.add(IdentifierKind::Email, *email);
      } else {
        std::erase_if(who.ids, [](const auto& id) { return id.first == IdentifierKind::AnonymousId; });
        const std::string former(trim(document_->at(previous).text));
        if (!who.empty() && context_.intake.knows_user(former))
          who.ids.emplace_back(IdentifierKind::UserId, former);  // behind the new one, whose row it is
        else
          add_id(who, IdentifierKind::AnonymousId, previous);
      }
    }
    return who;
  }

  // A time that cannot be read costs itself where another stands for it, and the call where it is the call's own.
  std::optional<Instant> time_of(uint32_t call, bool& is_bad) {
    uint32_t wrong = 0;
    const auto at = [&](std::string_view name, std::string_view alias) -> std::optional<Instant> {
      uint32_t found = find(call, name, alias);
      if (found == 0 && batch_ && name == "sentAt") found = document_->find(*batch_, name);
      if (found == 0 || document_->is(found, formats::JsonKind::Null)) return std::nullopt;
      const auto time = parse_any_time(document_->at(found));
      if (!time && wrong == 0 && name != "sentAt") wrong = found;
      return time;
    };
    const auto refuse = [&]() -> std::optional<Instant> {
      is_bad = true;
      reject("bad-time", document_->at(wrong).text, document_->at(wrong).key);
      return std::nullopt;
    };
    const auto timestamp = at("timestamp", "time");
    if (wrong != 0) return refuse();
    if (timestamp && !is_live_) return timestamp;
    auto original = at("originalTimestamp", "original_timestamp");
    if (wrong != 0 && !timestamp) return refuse();
    const auto sent = at("sentAt", "sent_at");
    auto arrived = at("receivedAt", "received_at");
    if (timestamp && arrived) return timestamp;
    if (!original) original = timestamp;
    if (!arrived) arrived = received_;
    if (original && sent && arrived && is_of_one_clock(*original, *sent)) {
      const Instant time = *arrived - (*sent - *original);
      if (time >= kFirstDay && time <= kLastDay) return time;
    }
    if (original) return original;
    const auto other = sent && !is_live_ ? sent : arrived;
    return !other && wrong != 0 ? refuse() : other;
  }
  // A sentAt that nobody's clock said (the zero time of a library, the year 9999), or that cannot be read, corrects
  // nothing: what the event says of its own time stands.
  static bool is_of_one_clock(Instant original, Instant sent) {
    return sent - original <= kLongestWait && original - sent <= kLongestWait;
  }

  std::string_view event_of(uint32_t call, Call type) {
    switch (type) {
      case Call::Page:
        return "Page Viewed";
      case Call::Screen:
        return "Screen Viewed";
      case Call::Group:
      case Call::Identify:
      case Call::Alias:
        return profiles::row_of(system_stream_of(type))->name;
      case Call::Track:
        break;
    }
    const uint32_t at = document_->find(call, "event");
    if (at == 0 || !document_->is(at, formats::JsonKind::Text)) return {};
    return trim(document_->at(at).text);
  }

  uint64_t identity(uint32_t call) {
    const uint32_t message = find(call, "messageId", "message_id");
    if (message != 0 && document_->is(message, formats::JsonKind::Text)) {
      const std::string_view name = document_->at(message).text;
      if (!name.empty() && !formats::has_lost_letter(name)) return hash64(name, kMessageSeed);
    }
    // What has a place keeps it when it comes again; of a file it is the content that counts.
    const uint64_t place = is_live_ ? hash64(context_.file) : 0;
    const uint64_t content = hash64(document_->at(call).text.empty() ? trim(raw_) : document_->at(call).text, place);
    return mix64(content + 0x9E3779B97F4A7C15 * occurrences_.next(content));
  }

  KindPlan& kind_of(std::string_view event, Call type) {
    const auto found = kinds_.find(event);
    if (found != kinds_.end()) return *found->second;
    const bool is_own = type != Call::Track;
    const std::string name(is_own ? event : formats::canonical_event("segment", event));
    auto& slot = by_event_[name];
    if (!slot) {
      const bool is_product = name.starts_with("Product ");
      const profiles::SystemStream system = system_stream_of(type);
      const auto stream =
          system != profiles::SystemStream::None ? profiles::StreamName(system) : profiles::StreamName(name);
      slot = std::make_unique<KindPlan>();
      slot->flat = std::make_unique<Flattener>(
          context_.intake, context_.intake.kind(stream),
          is_product ? std::span<const Rename>(kProductRenames)
          : is_own   ? std::span<const Rename>()
                     : std::span<const Rename>(kRenames),
          kItemRenames, name.starts_with("Order ") ? Lines::OfOrder : Lines::Plain,
          system == profiles::SystemStream::Identify ? Members::OfTraits : Members::OfEvent);
    }
    return *kinds_.emplace(std::string(event), slot.get()).first->second;
  }

  std::string_view text_of_member(uint32_t call, std::string_view name) const {
    const uint32_t at = document_->find(call, name);
    return at != 0 ? document_->at(at).text : std::string_view();
  }

  // `member`: of the call. Where the line is a file's, the event's place in the batch is told too.
  void reject(std::string_view reason, std::string_view value, std::string_view member = {}) {
    std::string place(member);
    if (batch_ && !is_live_) place = fmt::format("batch[{}]{}{}", event_, member.empty() ? "" : ".", member);
    context_.findings.reject(context_.intake, reason, context_.file, line_, value, raw_, place);
  }

  struct Hash {
    using is_transparent = void;
    size_t operator()(std::string_view text) const { return hash64(text); }
  };

  NormaliserContext& context_;
  std::optional<Instant> received_;
  bool is_live_ = false;  // receive() was called
  std::string type_;      // of calls that do not say theirs
  Occurrences occurrences_;
  std::unordered_map<std::string, KindPlan*, Hash, std::equal_to<>> kinds_;  // by the name as written
  std::map<std::string, std::unique_ptr<KindPlan>> by_event_;

  // Of the document at hand:
  const formats::JsonDocument* document_ = nullptr;
  uint64_t line_ = 0;
  std::string_view raw_;
  bool is_left_out_ = false;       // the call, for an odd value
  bool is_silent_ = false;         // of a customer who refuses to be recorded
  std::optional<uint32_t> batch_;  // the batch's object, whose context its calls share
  size_t event_ = 0;               // which of the batch, from 1
};

}  // namespace

std::unique_ptr<SegmentNormaliser> make_segment_normaliser(NormaliserContext& context,
                                                           std::optional<Instant> received) {
  return std::make_unique<Calls>(context, received);
}

}  // namespace tessera::ingest
