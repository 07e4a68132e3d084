#include "simulate/life.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "simulate/person.hpp"

namespace tessera::simulate {

namespace {

constexpr int kDays = static_cast<int>((kAsOf - kFrom).ms / kDay.ms);

// What a visit is about to pay for.
struct Purchase {
  std::string_view id, code;
  double amount = 0, discount = 0;  // euro; the amount is before the discount
  size_t things = 1, category = 0, first_item = 0;
  bool promoted = false;
};

struct Touch {
  std::string_view channel, device;
  bool in_person = false;
};
constexpr Touch kTouches[] = {
    {"web", "desktop"}, {"web", "mobile"}, {"app", "mobile"}, {"app", "tablet"}, {"", "", true}};

class Life {
 public:
  Life(const Plan& plan, const Options& options, uint32_t index, History& out)
      : plan_(plan),
        words_(*plan.words),
        options_(options),
        out_(out),
        rng_(Rng(options.seed ^ 0x7E55E7A).fork(index)) {
    out_.index = index;
    out_.segment = 0;
    out_.oddity = Oddity::None;
    out_.events.clear();
    out_.properties.clear();
    out_.items.clear();
    out_.text.clear();
  }

  void live();

 private:
  // Who they are.
  Oddity draw_oddity();
  const Profile& draw_profile();
  void name();
  void live_as_planted();
  void live_as_bot();
  void live_as_test();
  void choose_period();
  void identify(Instant at, bool later);

  // When they come.
  int draw_day(double from, double to, double quantile, size_t season) const;
  Instant moment(int day, const Person& me);
  std::vector<int>& main_days(const Person& me, size_t count);

  // What they do.
  void visit(const Person& me, int day, bool buys);
  void look_around(const Person& me, Instant& at, size_t times);
  Purchase choose(const Person& me);
  void pause(Instant& at);
  void pick(Instant& at, const Purchase& purchase);
  void promote(Instant& at, const Purchase& purchase);
  Number pay(Instant at, const Purchase& purchase);
  void buy(const Person& me, Instant& at);
  void give_up(const Person& me, Instant& at);
  void shop_lines(const Person& me, double amount, size_t things);
  std::optional<Instant> later(const Person& me, Instant than, double from, double to);
  void afterwards(const Person& me, Instant bought, std::string_view id, Number amount);
  void read_mail(const Person& me);
  void arrive(Instant& at);

  Event& open(Kind kind, Instant at, std::string_view name);
  void put(std::string_view name, Value value) {
    out_.properties.push_back({name, value});
    ++out_.events.back().property_count;
  }
  void put_category(size_t category) {
    if (!rng_.chance(0.01)) put("category", words_.categories[category]);  // some are missing, as everywhere
  }
  void put_thing(size_t category, double price);
  const Thing& thing_for(size_t category, double price);
  std::string_view number_text(std::string_view prefix, uint64_t number);
  static Number euro(double amount) { return {std::max<int64_t>(1, std::llround(amount * 100)) * 10'000}; }
  // The profile of one visit: mixtures have two.
  const Person& today() { return mixed_ && rng_.chance(0.25) ? other_ : me_; }

  const Plan& plan_;
  const Words& words_;
  const Options& options_;
  History& out_;
  Rng rng_;
  Person me_, other_;
  bool mixed_ = false;
  int join_ = 0, stop_ = kDays;  // days; active in [join, stop)
  uint32_t mains_ = 0;
  Touch touch_;
  const Campaign* campaign_ = nullptr;
  std::vector<int> days_;
};

Oddity Life::draw_oddity() {
  static constexpr double kUpTo[] = {0.002, 0.003, 0.006, 0.021, 0.031};  // 3.1 % of all
  const double draw = rng_.uniform();
  for (size_t i = 0; i < std::size(kUpTo); ++i)
    if (draw < kUpTo[i]) return static_cast<Oddity>(i + 1);
  return Oddity::None;
}

const Profile& Life::draw_profile() {
  double draw = rng_.uniform();
  for (const Profile& profile : plan_.profiles) {
    draw -= profile.share;
    if (draw < 0) return profile;
  }
  return plan_.profiles.back();
}

std::string_view Life::number_text(std::string_view prefix, uint64_t number) {
  char buffer[48], digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  const size_t count = static_cast<size_t>(end - digits), zeros = count < 7 ? 7 - count : 0;
  char* to = std::copy(prefix.begin(), prefix.end(), buffer);
  to = std::fill_n(to, zeros, '0');
  to = std::copy(digits, end, to);
  return out_.text.keep({buffer, static_cast<size_t>(to - buffer)});
}

void Life::name() {
  out_.user_id = out_.oddity == Oddity::Bot    ? std::string_view{}
                 : out_.oddity == Oddity::Test ? number_text("test-", out_.index)
                                               : number_text("c", out_.index);
  out_.anonymous_id = number_text("anon-", out_.index);
}

Event& Life::open(Kind kind, Instant at, std::string_view name) {
  return out_.events.emplace_back(Event{.at = at,
                                        .name = name,
                                        .channel = touch_.channel,
                                        .device = rng_.chance(0.02) ? std::string_view{} : touch_.device,
                                        .campaign = campaign_,
                                        .first_property = static_cast<uint32_t>(out_.properties.size()),
                                        .first_item = static_cast<uint32_t>(out_.items.size()),
                                        .ordinal = static_cast<uint32_t>(out_.events.size()),
                                        .kind = kind});
}

int Life::draw_day(double from, double to, double quantile, size_t season) const {
  const auto& cumulative = plan_.season[season];
  const double mass = from + (to - from) * quantile;
  const auto found = std::upper_bound(cumulative.begin(), cumulative.end(), mass) - cumulative.begin();
  return std::clamp(static_cast<int>(found), join_, stop_ - 1);
}

// The week's habit moves the day inside its week, the day's habit gives the hour.
Instant Life::moment(int day, const Person& me) {
  const int weekday = (day + 4) % 7, monday = day - weekday;  // kFrom is a Friday
  int on = monday + (rng_.chance(me.weekend) ? 5 + static_cast<int>(rng_.below(2)) : static_cast<int>(rng_.below(5)));
  if (on < join_) on += 7;
  if (on >= stop_) on -= 7;
  on = std::clamp(on, join_, stop_ - 1);
  const double hour =
      rng_.chance(me.hour) ? kHours[me.profile->level[Hour]] + kHourSigma * rng_.normal() : 6.5 + 15.5 * rng_.uniform();
  return kFrom + kDay * on +
         Duration{static_cast<int64_t>(std::clamp(hour, 0.2, 22.4) * static_cast<double>(kHour.ms))};
}

// The days of the main events, in order. Spread evenly over the weight of the season with a jitter; in bursts, three
// come together.
std::vector<int>& Life::main_days(const Person& me, size_t count) {
  static constexpr size_t kSeason[] = {0, 0, 0, 1, 2};  // by PeriodLevel
  const size_t season = kSeason[me.profile->level[Period]];
  const auto& cumulative = plan_.season[season];
  const double from = join_ > 0 ? cumulative[join_ - 1] : 0, to = cumulative[stop_ - 1];
  const bool bursts = me.profile->level[Rhythm] != 0;
  const size_t anchors = bursts ? std::min(count, std::max<size_t>(2, (count + 2) / 3)) : count;
  const size_t together = (count + anchors - 1) / anchors;
  days_.clear();
  for (size_t anchor = 0; anchor < anchors; ++anchor) {
    const double jitter = 0.5 + (bursts ? 0.8 : 0.6) * (rng_.uniform() - 0.5);
    int day = draw_day(from, to, (static_cast<double>(anchor) + jitter) / static_cast<double>(anchors), season);
    for (size_t i = 0; i < together && days_.size() < count; ++i) {
      days_.push_back(std::min(day, stop_ - 1));
      day += 1 + static_cast<int>(rng_.below(3));
    }
  }
  return days_;
}

const Thing& Life::thing_for(size_t category, double price) {
  // The catalogue's prices rise evenly in their logarithm.
  const double step =
      std::log(std::max(price, 0.01) / kCheapest) / std::log(kDearest / kCheapest) * (kItemsPerCategory - 1);
  const double index = std::clamp(step + 1.2 * rng_.normal(), 0.0, kItemsPerCategory - 1.0);
  return plan_.things[category * kItemsPerCategory + static_cast<size_t>(std::lround(index))];
}

void Life::put_thing(size_t category, double price) {
  const Thing& thing = thing_for(category, price);
  put(words_.thing, std::string_view(thing.id));
  put("name", std::string_view(thing.name));
  put_category(category);
  if (words_.lines) put("price", euro(thing.price * words_.typical_amount));
}

void Life::arrive(Instant& at) {
  if (touch_.in_person) return;
  if (words_.arrive.empty()) {
    open(Kind::Page, at, "Home");
    put("path", std::string_view("/"));
  } else {
    open(Kind::Track, at, words_.arrive);
  }
  at = at + Duration{rng_.between(8'000, 60'000)};
}

void Life::look_around(const Person& me, Instant& at, size_t times) {
  for (size_t i = 0; i < times; ++i) {
    open(Kind::Track, at, touch_.in_person ? words_.look_in_person : words_.look);
    const size_t category = rng_.pick(me.category);
    if (touch_.in_person)
      put_category(category);
    else
      put_thing(category, me.spend / (1 + me.breadth) * lognormal(rng_, 0.3));
    at = at + Duration{rng_.between(15'000, 120'000)};
  }
}

void Life::visit(const Person& me, int day, bool buys) {
  touch_ = kTouches[rng_.pick(me.touch)];
  if (touch_.in_person) touch_.channel = words_.in_person;
  campaign_ = !touch_.in_person && rng_.chance(0.08) ? &advertisements()[rng_.below(advertisements().size())] : nullptr;
  Instant at = moment(day, me);
  if (rng_.chance(0.3)) arrive(at);
  // Few people walk in as often as they click.
  const double in_person = touch_.in_person ? 0.6 : 1;
  look_around(me, at, buys ? rng_.poisson(0.5 * me.look * in_person) : 1 + rng_.poisson(1.5 * in_person));
  if (buys)
    buy(me, at);
  else if (!touch_.in_person && rng_.chance(0.2))
    give_up(me, at);
  campaign_ = nullptr;
}

void Life::shop_lines(const Person& me, double amount, size_t things) {
  for (size_t i = 0; i < things; ++i) {
    const size_t category = rng_.pick(me.category);
    const Thing& thing = thing_for(category, amount / static_cast<double>(things));
    out_.items.push_back({.product_id = thing.id,
                          .name = thing.name,
                          .category = rng_.chance(0.01) ? std::string_view{} : words_.categories[category],
                          .price = euro(thing.price * words_.typical_amount),
                          .quantity = out_.oddity == Oddity::Wholesale ? 12 : 1 + rng_.chance(0.08)});
  }
}

Purchase Life::choose(const Person& me) {
  Purchase purchase{.id = number_text(words_.id_prefix, out_.index * 10'000ull + mains_++),
                    .amount = me.spend * lognormal(rng_, kScatter.purchase),
                    .things = 1 + rng_.poisson(me.breadth),
                    .category = rng_.pick(me.category),
                    .first_item = out_.items.size(),
                    .promoted = rng_.chance(me.promotion)};
  if (words_.lines) {
    shop_lines(me, purchase.amount, purchase.things);
    purchase.amount = 0;
    for (size_t i = purchase.first_item; i < out_.items.size(); ++i)
      purchase.amount += out_.items[i].price.as_double() * out_.items[i].quantity;
  } else {
    purchase.amount *= words_.typical_amount * (out_.oddity == Oddity::Wholesale ? 12 : 1);
  }
  if (purchase.promoted) {
    static constexpr std::string_view kCodes[] = {"SAVE10", "SAVE15", "SAVE20"};
    const size_t rate = rng_.below(3);
    purchase.code = kCodes[rate];
    purchase.discount = purchase.amount * (0.1 + 0.05 * static_cast<double>(rate));
  }
  return purchase;
}

void Life::pause(Instant& at) {
  at = at + Duration{rng_.between(10'000, 90'000)};
}

void Life::pick(Instant& at, const Purchase& purchase) {
  const size_t most = words_.lines ? std::min<size_t>(purchase.things, 3) : 1;
  for (size_t i = 0; i < most; ++i) {
    if (!rng_.chance(0.65)) continue;
    open(Kind::Track, at, words_.pick);
    if (words_.lines) {
      const Item& item = out_.items[purchase.first_item + i];
      put(words_.thing, item.product_id);
      if (!item.category.empty()) put("category", item.category);
      put("price", item.price);
      put("quantity", Number::of(item.quantity));
    } else {
      put_category(purchase.category);
    }
    pause(at);
  }
  if (!rng_.chance(0.5)) return;
  open(Kind::Track, at, words_.commit);
  if (words_.lines) put("value", euro(purchase.amount));
  pause(at);
}

void Life::promote(Instant& at, const Purchase& purchase) {
  open(Kind::Track, at, words_.promotion);
  put(words_.id, purchase.id);
  if (words_.lines) {
    put("coupon", purchase.code);
    put("discount", euro(purchase.discount));
  }
  pause(at);
}

Number Life::pay(Instant at, const Purchase& purchase) {
  Event& main = open(Kind::Track, at, words_.main);
  const Number paid = euro(purchase.amount - (words_.lines ? purchase.discount : 0));
  put(words_.id, purchase.id);
  put(words_.amount, paid);
  put("currency", std::string_view("EUR"));
  if (words_.lines) {
    main.first_item = static_cast<uint32_t>(purchase.first_item);
    main.item_count = static_cast<uint16_t>(out_.items.size() - purchase.first_item);
    const Number shipping = touch_.in_person || purchase.amount > 60 ? Number{} : euro(4.9);
    put("shipping", shipping);
    put("total", Number{paid.micros + shipping.micros});
    if (purchase.promoted) {
      put("coupon", purchase.code);
      put("discount", euro(purchase.discount));
    }
  } else {
    put(words_.count, Number::of(static_cast<int64_t>(purchase.things)));
    put_category(purchase.category);
    if (purchase.promoted) put("offer", purchase.code);
  }
  if (out_.oddity == Oddity::Test) put("is_test", true);
  return paid;
}

void Life::buy(const Person& me, Instant& at) {
  const Purchase purchase = choose(me);
  if (!touch_.in_person) pick(at, purchase);
  if (purchase.promoted) promote(at, purchase);
  const Number paid = pay(at, purchase);
  afterwards(me, at, purchase.id, paid);
}

// Everything but the main event: a cart left behind, a form not sent.
void Life::give_up(const Person& me, Instant& at) {
  Purchase purchase = choose(me);
  pick(at, purchase);
}

// What follows a main event comes after it and keeps the customer's habits; what would come too late is left out.
std::optional<Instant> Life::later(const Person& me, Instant than, double from, double to) {
  const int day =
      static_cast<int>((than - kFrom).ms / kDay.ms + static_cast<int64_t>(from + (to - from) * rng_.uniform()));
  if (day >= stop_) return std::nullopt;
  Instant at = moment(day, me);
  while (at <= than) at = at + kWeek;
  if (at >= kFrom + kDay * stop_) return std::nullopt;
  return at;
}

void Life::afterwards(const Person& me, Instant bought, std::string_view id, Number amount) {
  if (rng_.chance(me.undo)) {
    const bool other = rng_.chance(0.3), whole = rng_.chance(0.8);
    if (const auto at = later(me, bought, 2, 12)) {
      open(Kind::Track, *at, other ? words_.undo_other : words_.undo);
      put(words_.id, id);
      if (words_.money_back && (!other || words_.undo_other == words_.undo)) {
        put(words_.lines ? "total" : words_.amount, whole ? amount : euro(amount.as_double() / 2));
        put("currency", std::string_view("EUR"));
      }
    }
  } else {
    for (const Follow& follow : words_.follows) {
      if (follow.event.empty() || !rng_.chance(follow.chance)) continue;
      if (const auto at = later(me, bought, follow.after_from, follow.after_to)) {
        open(Kind::Track, *at, follow.event);
        put(words_.id, id);
      }
    }
  }
  for (uint64_t i = rng_.poisson(me.service); i > 0; --i) {
    if (const auto at = later(me, bought, 0, 8)) {
      open(Kind::Track, *at, words_.service);
      put("topic", std::string_view(rng_.chance(0.5) ? "question" : "complaint"));
    }
  }
}

void Life::read_mail(const Person& me) {
  static constexpr std::string_view kDevices[] = {"desktop", "mobile", "mobile", "tablet", "mobile"};
  touch_ = {"email", kDevices[me.profile->level[Touchpoint]]};
  const double from = join_ > 0 ? plan_.season[0][join_ - 1] : 0, to = plan_.season[0][stop_ - 1];
  const uint64_t opened = rng_.poisson(kMailings * plan_.scale * me.mail);
  Instant last = kFrom;
  for (uint64_t i = 0; i < opened; ++i) {
    Instant at = moment(draw_day(from, to, rng_.uniform(), 0), me);
    campaign_ = &mailings()[rng_.below(mailings().size())];
    open(Kind::Track, at, "Email Opened");
    put("campaign_name", campaign_->name);
    last = std::max(last, at);
    if (!rng_.chance(0.4)) continue;
    open(Kind::Track, at + Duration{rng_.between(3'000, 60'000)}, "Email Link Clicked");
    put("campaign_name", campaign_->name);
  }
  if (opened > 0 && rng_.chance(me.profile->level[Mail] ? 0.01 : 0.15)) {
    open(Kind::Track, last + Duration{rng_.between(61'000, 300'000)}, "Unsubscribed");
    put("campaign_name", campaign_->name);
  }
  campaign_ = nullptr;
}

void Life::identify(Instant at, bool later) {
  const auto& level = me_.profile->level;
  const size_t country = rng_.chance(0.9) ? level[Country] : rng_.below(3);
  const Place& place = places()[country];
  const int age = static_cast<int>(std::clamp(kAges[level[Age]] + 5 * rng_.normal(), 18.0, 96.0));
  const size_t plan = rng_.chance(0.88) ? level[PlanTrait] : rng_.below(3);
  Rng fixed = Rng(options_.seed).fork(out_.index);  // what never changes between two calls
  open(Kind::Identify, at, {});
  put("email", out_.text.keep(
                   fmt::format("{}@{}", out_.user_id, out_.oddity == Oddity::Test ? "test.example" : "mail.example")));
  put("name", out_.text.keep(fmt::format("{} {}", first_names()[fixed.below(first_names().size())],
                                         last_names()[fixed.below(last_names().size())])));
  if (!later) {
    if (!rng_.chance(0.08)) put("age", Number::of(age));
    if (!rng_.chance(0.05)) put("country", place.country);
    if (!rng_.chance(0.05)) put("city", place.cities[std::min(rng_.below(6), rng_.below(6))]);
    put("created_at", out_.text.keep(text_of(Instant{at.ms / 1000 * 1000})));
  }
  if (!rng_.chance(0.03)) put("plan", words_.plans[plan]);
  if (out_.oddity == Oddity::Test) put("is_test", true);
}

void Life::choose_period() {
  const auto within = [&](int from, int to) { return static_cast<int>(rng_.between(from, to)); };
  // The base grows: more of the old customers joined later.
  join_ = static_cast<int>(230 * std::sqrt(rng_.uniform()));
  stop_ = kDays;
  switch (me_.profile->level[Period]) {
    case Recent:
      join_ = kDays - within(210, 330);
      break;
    case Lapsed:
      stop_ = kDays - within(120, 230);
      break;
    default:
      break;
  }
  if (out_.oddity == Oddity::Newcomer) {
    join_ = kDays - within(3, 45);
    stop_ = kDays;
  }
}

void Life::live_as_planted() {
  const Profile& profile = draw_profile();
  me_ = born(rng_, profile);
  if (out_.oddity == Oddity::None) {
    out_.segment = static_cast<uint32_t>(&profile - plan_.profiles.data()) + 1;
    mixed_ = rng_.chance(kMixtures);
    if (mixed_) other_ = born(rng_, draw_profile());
  }
  if (out_.oddity == Oddity::Wholesale) me_.breadth += 8;
  choose_period();
  const double wanted = kMains[profile.level[Frequency]] * plan_.scale * me_.activity;
  size_t mains = std::max<size_t>(1, static_cast<size_t>(wanted + rng_.uniform()));
  if (out_.oddity == Oddity::Newcomer) mains = 1 + rng_.below(2);
  if (out_.oddity == Oddity::Onlooker) mains = 0;

  touch_ = {"web", "desktop"};
  Instant joined = moment(join_, me_);
  if (rng_.chance(0.03)) {  // a first look before they said who they were
    open(Kind::Page, joined - Duration{600'000}, "Home").anonymous = true;
    put("path", std::string_view("/"));
  }
  identify(joined, false);
  join_ = static_cast<int>((joined - kFrom).ms / kDay.ms) + 1;
  if (rng_.chance(0.3) && stop_ - join_ > 60) identify(moment(join_ + (stop_ - join_) / 2, me_), true);
  if (mains > 0)
    for (const int day : main_days(me_, mains)) visit(today(), day, true);
  const uint64_t looks = mains ? rng_.poisson(0.18 * me_.look * static_cast<double>(mains)) : 1 + rng_.below(3);
  for (uint64_t i = 0; i < looks; ++i) {
    // Looking around happens near the times of buying.
    const int near = days_.empty() ? join_ + static_cast<int>(rng_.below(static_cast<uint64_t>(stop_ - join_)))
                                   : days_[rng_.below(days_.size())] - static_cast<int>(rng_.below(15));
    visit(today(), std::clamp(near, join_, stop_ - 1), false);
  }
  if (mains > 0) read_mail(me_);
}

// Visits pages in a steady beat at night, by the hundred.
void Life::live_as_bot() {
  const auto pages = static_cast<uint64_t>(std::min(5 * options_.events_per_customer, 3'000.0) * lognormal(rng_, 0.3));
  touch_ = {"web", ""};
  Instant at = kFrom + kDay * rng_.between(0, kDays - 30) + kHour * 2;
  for (uint64_t i = 0; i < pages && at < kAsOf; ++i) {
    open(Kind::Page, at, "Listing").anonymous = true;
    put("path", out_.text.keep(fmt::format("/listing/{}", i)));
    at = at + Duration{2'000};
  }
}

// Staff trying the checkout.
void Life::live_as_test() {
  me_ = born(rng_, draw_profile());
  me_.spend = 0.02;
  touch_ = {"web", "desktop"};
  join_ = static_cast<int>(rng_.between(0, kDays - 40));
  identify(moment(join_, me_), false);
  for (uint64_t i = 1 + rng_.below(4); i > 0; --i) visit(me_, join_ + static_cast<int>(rng_.below(30)), true);
}

void Life::live() {
  out_.oddity = draw_oddity();
  name();
  switch (out_.oddity) {
    case Oddity::Bot:
      live_as_bot();
      break;
    case Oddity::Test:
      live_as_test();
      break;
    default:
      live_as_planted();
      break;
  }
  std::sort(out_.events.begin(), out_.events.end(),
            [](const Event& a, const Event& b) { return std::tie(a.at, a.ordinal) < std::tie(b.at, b.ordinal); });
}

}  // namespace

void live(const Plan& plan, const Options& options, uint32_t index, History& out) {
  Life(plan, options, index, out).live();
}

}  // namespace tessera::simulate
