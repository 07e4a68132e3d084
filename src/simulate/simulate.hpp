// The front door of simulated companies.
//
//   simulate.hpp  Company, simulate, write_lines (below)
//   design.hpp    plant: which segments there are, and how they differ
//   person.hpp    born: one customer's own habits
//   life.hpp      live: who they are, when they come, what they do
//   words.hpp     words_of: what things are called in each industry
//
// A company with known truth: customers whose micro-segments were planted, and everything they did in two years.
//
// The idea: a customer's whole life is a pure function of (seed, index). A Company is planned once from the options
// (which segments there are, how large, with what habits); history(i) then lives customer i, whatever else is asked, in
// whatever order, on whatever thread. So the same options give the same bytes for ever, benches can take structured
// events without any JSON between, and files are only one reader of histories.
//
// A planted segment is a combination of levels of habits (design.hpp), never a rule on what discovery will compute.
// docs/simulate.md says what is planted, with the names of events and properties of each preset.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/number.hpp"
#include "core/progress.hpp"
#include "core/result.hpp"
#include "core/time.hpp"

namespace tessera::simulate {

enum class Preset : uint8_t { Shop, Clinic, Bank, Airline };
inline constexpr std::string_view kPresetNames[] = {"shop", "clinic", "bank", "airline"};
// Usage error names the nearest preset.
Result<Preset> preset_named(std::string_view name);

// The two years, the same in every company. All events are in [kFrom, kAsOf); kAsOf is the moment to discover at.
inline constexpr Instant kFrom{1'709'251'200'000};  // 2024-03-01T00:00:00Z
inline constexpr Instant kAsOf{1'772'323'200'000};  // 2026-03-01T00:00:00Z

struct Options {
  uint32_t customers = 10'000;  // 1 to 100,000,000
  uint32_t segments = 12;       // 1 to 100; each is at least 1 % of the customers up to 48
  Preset preset = Preset::Shop;
  uint64_t seed = 1;
  double events_per_customer = 48;  // average over all customers, 10 to 1,000; habits blur below about 30
};

// Why a customer belongs to no planted segment. In odd.csv, not in truth.csv.
enum class Oddity : uint8_t { None, Bot, Test, Wholesale, Newcomer, Onlooker };
inline constexpr std::string_view kOddityNames[] = {"none", "bot", "test", "wholesale", "newcomer", "onlooker"};

enum class Kind : uint8_t { Identify, Track, Page };

using Value = std::variant<std::string_view, Number, bool>;
struct Property {
  std::string_view name;
  Value value;
};
// One line of an order (shop alone).
struct Item {
  std::string_view product_id, name, category;  // category empty = missing
  Number price;
  int quantity = 1;
};
struct Campaign {
  std::string_view name, source, medium;
};

struct Event {
  Instant at;
  std::string_view name;             // of the track or page call; empty for identify
  std::string_view channel, device;  // context.channel, context.device.type; device empty = none or missing
  const Campaign* campaign = nullptr;
  uint32_t first_property = 0, first_item = 0;
  uint32_t ordinal = 0;  // tells events of one instant apart
  uint16_t property_count = 0, item_count = 0;
  Kind kind = Kind::Track;
  bool anonymous = false;  // carries the anonymous id alone
};

// Text made for one history, kept until the next. Views stay valid while it grows.
class TextArena {
 public:
  std::string_view keep(std::string_view text);
  void clear() { block_ = used_ = 0; }

 private:
  static constexpr size_t kBlock = 1 << 14;
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t block_ = 0, used_ = 0;
};

// All that one customer did, in time order. Reuse one object for many customers: nothing is freed between.
struct History {
  uint32_t index = 0;
  uint32_t segment = 0;  // 1 .. segments; 0 for the odd
  Oddity oddity = Oddity::None;
  std::string_view user_id;  // empty for bots
  std::string_view anonymous_id;
  std::vector<Event> events;
  std::vector<Property> properties;  // of events; of identify calls, their traits
  std::vector<Item> items;
  TextArena text;

  std::span<const Property> properties_of(const Event& event) const {
    return {properties.data() + event.first_property, event.property_count};
  }
  std::span<const Item> items_of(const Event& event) const {
    return {items.data() + event.first_item, event.item_count};
  }
  const Property* find(const Event& event, std::string_view name) const;
};

struct Plan;  // design.hpp

class Company {
 public:
  // Usage error if an option is out of range.
  static Result<Company> create(const Options& options);
  Company(Company&&) noexcept;
  Company& operator=(Company&&) noexcept;
  ~Company();

  const Options& options() const { return options_; }
  // Replaces `out` by the life of customer `index`; its views live until the next call with the same `out`, or the
  // company's end. REQUIRES: index < customers. About a quarter of a microsecond an event. Safe from any thread.
  void history(uint32_t index, History& out) const;
  // The design behind it (design.hpp).
  const Plan& plan() const { return *plan_; }
  // What was planted, for people: one line a segment with its share and habits.
  std::string describe() const;

 private:
  Company(const Options& options, std::unique_ptr<const Plan> plan);
  Options options_;
  std::unique_ptr<const Plan> plan_;
};

// Calls the sink for every customer in the order of their index, from one thread at a time; lives are made on all cores
// ahead of it. The history is the sink's until it returns.
using Sink = std::function<void(const History&)>;
Result<void> generate(const Options& options, const Sink& sink);

struct Summary {
  uint64_t customers = 0, odd = 0, events = 0, bytes = 0;
  Instant from = kFrom, as_of = kAsOf;
};

// Appends the lines of events.jsonl for one history: Segment-spec calls, one a line.
void write_lines(const Company& company, const History& history, std::string& out);

// Writes into `out` (made if missing): events.jsonl (customer by customer, each in time order), truth.csv
// (customer,segment), odd.csv (customer,kind), README.txt. Files of these names are replaced.
// World error: a file cannot be written (full disk, no permission), with its path.
Result<Summary> simulate(const Options& options, const std::filesystem::path& out, Progress& progress);

}  // namespace tessera::simulate
