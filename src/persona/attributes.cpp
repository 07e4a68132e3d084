#include "persona/attributes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "core/parallel.hpp"
#include "core/text.hpp"
#include "features/text_tokens.hpp"
#include "persona/name_words.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::persona {

namespace {

using features::is_stop_word;
using features::kind_of_word;
using features::Language;
using features::TextWords;
using features::words_of_text;
using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;
using profiles::TextId;
using profiles::Truth;

constexpr size_t kMostPlainTexts = 60, kMostThingTexts = 2'000, kMostLevels = 300;
constexpr double kFewestHave = 20, kLeastShare = 0.005;  // customers, for a level to be looked at
constexpr size_t kFewestPrices = 90;                     // of a category, to have thirds of its own
constexpr double kToldByCategory = 0.3;                  // of what prices vary, between categories

// What a property is about, by the last part of its name.
struct Meaning {
  AttributeKind kind;
  std::string_view names;
  std::string_view said;  // {} = the level
};
constexpr Meaning kMeanings[] = {
    {AttributeKind::Brand, "brand|vendor|manufacturer|maker|label|marke|hersteller|marque|fabricant|marca|fabricante",
     "of the brand \"{}\""},
    {AttributeKind::Category,
     "category|product_category|merchant_category|department|type|kind|specialty|service|destination|kategorie|"
     "catégorie|categorie|categoría|categoria",
     "in \"{}\""},
    {AttributeKind::Material, "material|fabric|stoff|matière|matiere|matériau|tejido", "of {}"},
    {AttributeKind::Colour, "color|colour|farbe|couleur", "in {}"},
};
// What a level of any other property is about, by what its text contains.
constexpr Meaning kValueMeanings[] = {
    {AttributeKind::FastDelivery, "express|next day|next_day|same day|same_day|overnight|24h|urgente", ""},
    {AttributeKind::Collected, "pickup|pick up|pick-up|click and collect|click & collect|abholung|retrait|recogida",
     ""},
    {AttributeKind::FreeDelivery, "free shipping|free delivery|kostenloser versand|livraison gratuite|envío gratis",
     ""},
    {AttributeKind::Instalments,
     "instalment|installment|klarna|afterpay|pay later|ratenzahlung|en plusieurs fois|plazos", ""},
};
constexpr std::string_view kNames[] = {"name", "title", "description"};
// Texts and flags that are about the record or told elsewhere, not about what was chosen.
constexpr std::string_view kNotChosen[] = {
    "currency", "channel",   "source_channel", "device",  "device_type", "status",     "id",       "sku",      "url",
    "image",    "image_url", "service",        "is_test", "tags",        "risk_level", "is_staff", "internal", "name"};
constexpr std::string_view kReductions[] = {"discount",   "discount_amount", "coupon", "offer",
                                            "promo_code", "discount_code",   "voucher"};

template <size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string with(std::string_view frame, std::string_view name) {
  std::string out(frame);
  const size_t at = out.find("{}");
  return at == std::string::npos ? out : out.replace(at, 2, name);
}

// How one attribute is read from a thing, whatever stream it is in.
enum class Reading : uint8_t { Text, Price, Positive, Nought, Known, Yes };

struct Plan {
  std::string property;
  bool is_list = false;
  PropertyType type = PropertyType::Text;
  Reading reading = Reading::Text;
  std::unordered_map<TextId, std::vector<uint32_t>> levels_of;  // of a text
  std::unordered_map<TextId, std::array<int64_t, 2>> thirds;    // of a category, in micros; of all under kAbsentText
  Attribute out;
};

// The columns of one stream that reading needs.
struct Lens {
  const Stream* stream = nullptr;
  const Column *value = nullptr, *category = nullptr;
  bool is_list = false;
  const Column *service = nullptr, *name = nullptr, *id = nullptr;
  const std::vector<bool>* rows = nullptr;  // null: all
};

class Collector {
  // Long because it is one method for each kind of column, and levels are numbered across all of them.
 public:
  explicit Collector(const AttributeBasis& basis) : b_(basis), words_(basis.parts.words) {
    for (const bool counts : basis.counts) customers_ += counts;
    for (const std::string& event : basis.parts.of(features::EventRole::Main))
      main_.push_back(basis.history.stream(event));
    for (const std::string& event : basis.parts.of(features::EventRole::Undo))
      undo_.push_back(basis.history.stream(event));
    find_service_texts();
    find_undone_rows();
  }

  std::vector<Attribute> all() {
    for (const Column& column : main_[0]->columns)
      if (auto plan = plan_of(column)) plans_.push_back(std::move(*plan));
    parallel_for(plans_.size(), 1, [&](size_t from, size_t to) {
      for (size_t i = from; i < to; ++i) fill(plans_[i]);
    });
    std::vector<Attribute> out;
    for (Plan& plan : plans_)
      if (!plan.out.levels.empty()) out.push_back(std::move(plan.out));
    return out;
  }

 private:
  std::optional<Plan> plan_of(const Column& column) const {
    const size_t dot = column.property.rfind('.');
    const std::string name = fold_case(column.property.substr(dot == std::string::npos ? 0 : dot + 1));
    const bool in_list = column.is_list && dot != std::string::npos && column.property.substr(0, dot) == b_.parts.list;
    if (column.is_list != in_list || (!in_list && dot != std::string::npos)) return {};
    const auto withheld = [&](const std::string& property) {
      return std::find(b_.withheld.begin(), b_.withheld.end(), property) != b_.withheld.end();
    };
    if (withheld(column.property)) return {};
    Plan plan{.property = column.property, .is_list = in_list, .type = column.type};
    plan.out.property = column.property;
    plan.out.of = in_list || b_.parts.item_name == name ? words_.things : words_.mains;
    const bool names = is_one_of(name, kNames) && (in_list || b_.parts.item_name == name);
    if (!names && (is_one_of(name, kNotChosen) || name.ends_with("_id") || name.ends_with("_url"))) return {};
    switch (column.type) {
      case PropertyType::Number:
        if (in_list && (name == "price" || name == "unit_price"))
          plan.reading = Reading::Price;
        else if (is_one_of(name, kReductions))
          plan.reading = Reading::Positive;
        else if (name == "shipping" && !in_list)
          plan.reading = Reading::Nought;
        else
          return {};
        break;
      case PropertyType::Bool:
        plan.reading = Reading::Yes;
        break;
      case PropertyType::Text:
        if (is_one_of(name, kReductions)) plan.reading = Reading::Known;
        break;
    }
    return plan;
  }

  void fill(Plan& plan) const {
    const auto lenses = lenses_of(plan, main_, nullptr);
    if (plan.reading == Reading::Text)
      read_texts(plan, lenses);
    else if (plan.reading == Reading::Price)
      read_thirds(plan, lenses);
    else
      one_level(plan);
    if (plan.out.levels.empty()) return;
    count(plan, lenses, plan.out.total, plan.out.counts);
    // A yes-or-no of which hardly anyone differs says nothing.
    drop_rare(plan.out);
    if (undo_.empty()) return;
    const bool own_list = std::any_of(undo_.begin(), undo_.end(), [&](const Stream* stream) {
      return stream->column(plan.property, plan.type, plan.is_list) != nullptr;
    });
    plan.out.own_undone = own_list && plan.is_list;
    if (own_list)
      count(plan, lenses_of(plan, undo_, nullptr), plan.out.undone_total, plan.out.undone);
    else if (!undone_rows_.empty())
      count(plan, lenses_of(plan, main_, &undone_rows_), plan.out.undone_total, plan.out.undone);
  }

  std::vector<Lens> lenses_of(const Plan& plan, const std::vector<const Stream*>& streams,
                              const std::vector<std::vector<bool>>* rows) const {
    std::vector<Lens> out;
    const std::string inside = b_.parts.list + ".";
    for (size_t s = 0; s < streams.size(); ++s) {
      const Stream& stream = *streams[s];
      Lens lens{.stream = &stream, .value = stream.column(plan.property, plan.type, plan.is_list)};
      if (!lens.value) continue;
      lens.is_list = plan.is_list;
      const auto text = [&](std::string_view name) {
        return plan.is_list ? stream.column(inside + std::string(name), PropertyType::Text, true)
                            : stream.column(name, PropertyType::Text, false);
      };
      if (b_.parts.category_in_list == plan.is_list && !b_.parts.category.empty())
        lens.category = text(b_.parts.category);
      if (!b_.parts.item_name.empty()) lens.name = text(b_.parts.item_name);
      if (plan.is_list) {
        lens.id = text("product_id") ? text("product_id") : text("sku");
        lens.service = stream.column(inside + "service", PropertyType::Bool, true);
      }
      if (rows) lens.rows = &(*rows)[s];
      out.push_back(lens);
    }
    return out;
  }

  // Calls visit(column index) for each thing of a customer that is a product.
  template <typename Visit>
  void each_thing(const Lens& lens, size_t customer, const Visit& visit) const {
    for (uint32_t row = lens.stream->first[customer]; row < lens.stream->first[customer + 1]; ++row) {
      if (lens.stream->time[row] > b_.as_of || (lens.rows && !(*lens.rows)[row])) continue;
      const uint32_t from = lens.is_list ? lens.value->list_first[row] : row,
                     to = lens.is_list ? lens.value->list_first[row + 1] : row + 1;
      for (uint32_t i = from; i < to; ++i)
        if (is_product(lens, i)) visit(i);
    }
  }
  bool is_product(const Lens& lens, uint32_t i) const {
    if (lens.service && lens.service->truths[i] == Truth::Yes) return false;
    if (lens.name && service_text_[lens.name->texts[i]]) return false;
    return !lens.id || !service_text_[lens.id->texts[i]];
  }

  // Texts of names and ids that mean no product.
  void find_service_texts() {
    service_text_.assign(b_.history.dictionary.size(), false);
    std::vector<bool> seen(service_text_.size(), false);
    for (const auto* streams : {&main_, &undo_})
      for (const Stream* stream : *streams)
        for (const Column& column : stream->columns) {
          if (column.type != PropertyType::Text) continue;
          const size_t dot = column.property.rfind('.');
          const std::string name = column.property.substr(dot == std::string::npos ? 0 : dot + 1);
          const bool id = name == "product_id" || name == "sku";
          if (!id && name != b_.parts.item_name) continue;
          for (const TextId text : column.texts) {
            if (seen[text]) continue;
            seen[text] = true;
            const std::string_view words = b_.history.dictionary.text(text);
            service_text_[text] = id ? profiles::is_service_line(words, "") : profiles::is_service_line("", words);
          }
        }
  }

  // Main events that were undone, by an id that both carry.
  void find_undone_rows() {
    if (undo_.empty()) return;
    std::string id;
    for (const Column& column : main_[0]->columns)
      if (column.type == PropertyType::Text && !column.is_list && column.property.ends_with("_id") && id.empty() &&
          std::all_of(undo_.begin(), undo_.end(), [&](const Stream* stream) {
            return stream->column(column.property, PropertyType::Text, false) != nullptr;
          }))
        id = column.property;
    if (id.empty()) return;
    for (const Stream* stream : main_) undone_rows_.emplace_back(stream->rows(), false);
    std::set<TextId> undone;
    for (size_t c = 0; c < b_.history.customers(); ++c) {
      undone.clear();
      for (const Stream* stream : undo_)
        for (uint32_t row = stream->first[c]; row < stream->first[c + 1]; ++row)
          if (stream->time[row] <= b_.as_of) undone.insert(stream->column(id, PropertyType::Text, false)->texts[row]);
      undone.erase(profiles::kAbsentText);
      undone.erase(profiles::kClearedText);
      if (undone.empty()) continue;
      for (size_t s = 0; s < main_.size(); ++s)
        if (const Column* ids = main_[s]->column(id, PropertyType::Text, false))
          for (uint32_t row = main_[s]->first[c]; row < main_[s]->first[c + 1]; ++row)
            undone_rows_[s][row] = undone.contains(ids->texts[row]);
    }
  }

  // Customers of each text of the column, commonest first; too rare ones and what is no product left out.
  struct Common {
    TextId text;
    size_t customers;
  };
  std::vector<Common> common_texts(const std::vector<Lens>& lenses, size_t fewest) const {
    std::vector<uint32_t> customers(b_.history.dictionary.size(), 0), last(customers.size(), UINT32_MAX);
    for (size_t c = 0; c < b_.history.customers(); ++c) {
      if (!b_.counts[c]) continue;
      for (const Lens& lens : lenses)
        each_thing(lens, c, [&](uint32_t i) {
          const TextId text = lens.value->texts[i];
          if (text > profiles::kClearedText && last[text] != c)
            last[text] = static_cast<uint32_t>(c), ++customers[text];
        });
    }
    std::vector<Common> out;
    for (TextId text = 0; text < customers.size(); ++text)
      if (customers[text] >= std::max<size_t>(1, fewest)) out.push_back({text, customers[text]});
    std::sort(out.begin(), out.end(), [&](const Common& a, const Common& b) {
      return a.customers != b.customers ? a.customers > b.customers
                                        : b_.history.dictionary.text(a.text) < b_.history.dictionary.text(b.text);
    });
    return out;
  }
  size_t fewest_have() const {
    return static_cast<size_t>(std::max(kFewestHave, kLeastShare * static_cast<double>(customers_)));
  }

  void read_texts(Plan& plan, const std::vector<Lens>& lenses) const {
    const size_t dot = plan.property.rfind('.');
    const std::string name = fold_case(plan.property.substr(dot == std::string::npos ? 0 : dot + 1));
    const auto texts = common_texts(lenses, 1);
    if (is_one_of(name, kNames) || name == b_.parts.item_name) {
      if (texts.size() >= 20) read_names(plan, texts);
      if (texts.size() >= 20) return;
    }
    const Meaning* meaning = nullptr;
    for (const Meaning& row : kMeanings)
      for (const std::string_view each : split(row.names, '|'))
        if (each == name) meaning = &row;
    const bool known = meaning && meaning->kind != AttributeKind::Category;
    if (texts.size() < 2 || texts.size() > (known ? kMostThingTexts : plan.is_list ? kMostLevels : kMostPlainTexts))
      return;
    for (const Common& text : texts) {
      if (text.customers < fewest_have() || plan.out.levels.size() == kMostLevels) break;
      const std::string_view words = b_.history.dictionary.text(text.text);
      if (profiles::is_service_line("", words)) continue;
      AttributeLevel level{.name = shown_text(words)};
      if (meaning) {
        level.kind = meaning->kind;
        level.said = with(meaning->said, level.name);
      } else {
        for (const Meaning& row : kValueMeanings)
          for (const std::string_view each : split(row.names, '|'))
            if (fold_case(words).find(each) != std::string::npos) level.kind = row.kind;
        level.said = fmt::format("with {} \"{}\"", spaced(name), level.name);
      }
      level.made = is_made(words);
      plan.levels_of[text.text] = {static_cast<uint32_t>(plan.out.levels.size())};
      plan.out.levels.push_back(std::move(level));
    }
  }

  bool is_made(std::string_view name) const { return std::find(b_.made.begin(), b_.made.end(), name) != b_.made.end(); }
  static std::string spaced(std::string name) {
    std::replace(name.begin(), name.end(), '_', ' ');
    return name;
  }
  // A level is shown: nothing in it may move a terminal, and it is no essay.
  static std::string shown_text(std::string_view text) {
    std::string out;
    for (const char c : repair_utf8(text.substr(0, 200))) out += static_cast<uint8_t>(c) < ' ' || c == 0x7F ? ' ' : c;
    if (out.size() <= 60) return out;
    out.resize(60);
    while (!out.empty() && first_invalid_utf8(out)) out.pop_back();
    return out + "…";
  }

  void read_names(Plan& plan, const std::vector<Common>& names) const {
    std::vector<Name> named;
    for (const Common& name : names) named.push_back({b_.history.dictionary.text(name.text), name.customers});
    const NameWords words(named);
    std::unordered_map<std::string, uint32_t> index;
    for (const NameWords::Level& level : words.levels()) {
      if (index.size() == kMostLevels || level.customers < fewest_have()) break;
      index[level.word] = static_cast<uint32_t>(plan.out.levels.size());
      plan.out.levels.push_back({.name = level.shown,
                                 .kind = kind_of_word(level.word),
                                 .said = fmt::format("with \"{}\" in the name", level.shown),
                                 .made = is_made(level.word),
                                 .is_word = true});
    }
    for (size_t i = 0; i < names.size(); ++i) {
      std::vector<uint32_t> levels_of_name;
      for (const std::string& word : words.of_name(i))
        if (const auto found = index.find(word); found != index.end()) levels_of_name.push_back(found->second);
      std::ranges::sort(levels_of_name);
      plan.levels_of[names[i].text] = std::move(levels_of_name);
    }
  }

  // Thirds of unit prices: of all things, or within each category where categories tell much of the price.
  void read_thirds(Plan& plan, const std::vector<Lens>& lenses) const {
    std::unordered_map<TextId, std::vector<int64_t>> prices;
    for (size_t c = 0; c < b_.history.customers(); ++c)
      if (b_.counts[c])
        for (const Lens& lens : lenses)
          each_thing(lens, c, [&](uint32_t i) {
            const int64_t price = lens.value->numbers[i];
            if (price <= 0) return;
            prices[profiles::kAbsentText].push_back(price);
            if (lens.category && lens.category->texts[i] > profiles::kClearedText)
              prices[lens.category->texts[i]].push_back(price);
          });
    if (prices[profiles::kAbsentText].size() < kFewestPrices) return;
    const bool by_category = told_by_category(prices) >= kToldByCategory;
    for (auto& [category, of] : prices) {
      if (of.size() < kFewestPrices || (!by_category && category != profiles::kAbsentText)) continue;
      std::array<int64_t, 2> cut{};
      for (size_t t = 0; t < 2; ++t) {
        const auto at = of.begin() + static_cast<long>(of.size() * (t + 1) / 3);
        std::nth_element(of.begin(), at, of.end());
        cut[t] = *at;
      }
      if (cut[0] < cut[1] || category == profiles::kAbsentText) plan.thirds[category] = cut;
    }
    const auto [low, high] = plan.thirds[profiles::kAbsentText];
    if (low >= high) return;
    const auto money = [](int64_t micros) { return grouped(Number{micros}.as_double()); };
    const std::string where = by_category ? " of their " + std::string(words_.interest) : "";
    const bool made = is_made("price");
    plan.out.levels = {
        {.name = "the cheapest third" + where,
         .kind = AttributeKind::LowPrice,
         .said = by_category ? "from the cheapest third" + where
                             : fmt::format("at under {} each, the cheapest third", money(low)),
         .made = made},
        {.name = "the dearest third" + where,
         .kind = AttributeKind::HighPrice,
         .said = by_category ? "from the dearest third" + where
                             : fmt::format("at over {} each, the dearest third", money(high)),
         .made = made},
    };
  }

  // The share of what the logarithms of prices vary that lies between categories.
  static double told_by_category(const std::unordered_map<TextId, std::vector<int64_t>>& prices) {
    double n = 0, sum = 0, squares = 0, between = 0;
    std::map<TextId, const std::vector<int64_t>*> ordered;
    for (const auto& [category, of] : prices)
      if (category != profiles::kAbsentText) ordered[category] = &of;
    for (const auto& [category, of] : ordered) {
      double here = 0;
      for (const int64_t price : *of) {
        const double x = std::log(static_cast<double>(price));
        here += x;
        squares += x * x;
      }
      sum += here;
      n += static_cast<double>(of->size());
      between += here * here / static_cast<double>(of->size());
    }
    return n > 0 && squares > sum * sum / n ? (between - sum * sum / n) / (squares - sum * sum / n) : 0;
  }

  void one_level(Plan& plan) const {
    const size_t dot = plan.property.rfind('.');
    const std::string name = fold_case(plan.property.substr(dot == std::string::npos ? 0 : dot + 1));
    AttributeLevel level{.name = spaced(name)};
    if (is_one_of(name, kReductions)) {
      level.kind = AttributeKind::Reduction;
      level.said = plan.is_list ? fmt::format("with a {}", spaced(name)) : std::string(words_.promoted);
      level.made = is_made("promotion");
    } else if (plan.reading == Reading::Nought) {
      level.kind = AttributeKind::FreeDelivery;
      level.name = "free delivery";
      level.said = "delivered free of charge";
    } else {
      for (const std::string_view word : split(name, '_'))
        if (level.kind == AttributeKind::Other && kind_of_word(word) != AttributeKind::Word)
          level.kind = kind_of_word(word);
      level.said = "with " + spaced(name);
    }
    plan.out.levels.push_back(std::move(level));
  }

  // The levels a thing is at; false where that is not known.
  static bool levels_at(const Plan& plan, const Lens& lens, uint32_t i, std::vector<uint32_t>& out) {
    switch (plan.reading) {
      case Reading::Text: {
        const TextId text = lens.value->texts[i];
        if (text <= profiles::kClearedText) return false;
        if (const auto found = plan.levels_of.find(text); found != plan.levels_of.end()) out = found->second;
        return true;
      }
      case Reading::Price: {
        const int64_t price = lens.value->numbers[i];
        if (price <= 0) return false;
        auto found = lens.category ? plan.thirds.find(lens.category->texts[i]) : plan.thirds.end();
        if (found == plan.thirds.end()) found = plan.thirds.find(profiles::kAbsentText);
        if (price < found->second[0] || price > found->second[1]) out = {price < found->second[0] ? 0u : 1u};
        return true;
      }
      case Reading::Positive:
        if (lens.value->numbers[i] > 0) out = {0};
        return true;
      case Reading::Nought:
        if (lens.value->numbers[i] == 0) out = {0};
        return lens.value->numbers[i] > profiles::kClearedNumber;
      case Reading::Known:
        if (lens.value->texts[i] > profiles::kClearedText) out = {0};
        return true;
      case Reading::Yes:
        if (lens.value->truths[i] == Truth::Yes) out = {0};
        return true;
    }
    return false;
  }

  void count(const Plan& plan, const std::vector<Lens>& lenses, std::vector<uint32_t>& total,
             std::vector<Occurrence>& counts) const {
    total.assign(b_.history.customers(), 0);
    std::vector<uint32_t> of(plan.out.levels.size(), 0), touched, levels;
    for (uint32_t c = 0; c < total.size(); ++c) {
      if (!b_.counts[c]) continue;
      for (const Lens& lens : lenses)
        each_thing(lens, c, [&](uint32_t i) {
          levels.clear();
          if (!levels_at(plan, lens, i, levels)) return;
          ++total[c];
          for (const uint32_t level : levels)
            if (of[level]++ == 0) touched.push_back(level);
        });
      std::sort(touched.begin(), touched.end());
      for (const uint32_t level : touched) counts.push_back({c, level, of[level]}), of[level] = 0;
      touched.clear();
    }
  }

  // A yes-or-no that fewer customers have, or have not, than are worth a look.
  void drop_rare(Attribute& attribute) const {
    if (attribute.levels.size() != 1) return;
    size_t have = 0, lack = 0;
    for (const Occurrence& each : attribute.counts) have += 1, lack += each.count < attribute.total[each.customer];
    for (const uint32_t total : attribute.total) lack += total > 0;
    lack -= std::min(lack, have);
    if (have < fewest_have() || lack < fewest_have()) attribute.levels.clear();
  }

  const AttributeBasis& b_;
  const features::IndustryTerms& words_;
  size_t customers_ = 0;
  std::vector<const Stream*> main_, undo_;
  std::vector<bool> service_text_;
  std::vector<std::vector<bool>> undone_rows_;  // of each main stream
  std::vector<Plan> plans_;
};

}  // namespace

std::vector<Attribute> attributes_of(const AttributeBasis& basis) {
  return Collector(basis).all();
}

}  // namespace tessera::persona
