#include "formats/mapping.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "store/record_file.hpp"

namespace tessera::formats {
namespace {

struct Key {
  std::string_view key;
  Role role;
  std::string_view target = {};
};

// The words --map knows. What is not here is a property of that name.
constexpr Key kKeys[] = {
    {"customer", Role::Customer},
    {"email", Role::Email},
    {"phone", Role::Phone},
    {"anonymous", Role::Anonymous},
    {"time", Role::Time},
    {"clock", Role::Clock},
    {"event", Role::Event},
    {"message", Role::Message},
    {"order", Role::Order},
    {"status", Role::Status},
    {"paid_at", Role::PaidAt},
    {"cancelled_at", Role::CancelledAt},
    {"refunded_at", Role::RefundedAt},
    {"updated_at", Role::UpdatedAt},
    {"cancelled", Role::Cancelled},
    {"item", Role::Item, "name"},
    {"product_id", Role::Item, "product_id"},
    {"quantity", Role::Item, "quantity"},
    {"price", Role::Item, "price"},
    {"category", Role::Item, "category"},
    {"amount", Role::Item, "amount"},
    {"zone", Role::ZoneName},
    {"record", Role::Record},
};

constexpr std::string_view kRoleNames[] = {
    "ignored",     "customer",   "email",     "phone",    "anonymous", "time",    "clock",
    "zone",        "event",      "message",   "order",    "status",    "paid_at", "cancelled_at",
    "refunded_at", "updated_at", "cancelled", "property", "item",      "trait",   "record"};

constexpr std::string_view kEachLine = "line";

// In quotes, those inside doubled.
std::string in_quotes(std::string_view text, char quote) {
  std::string out(1, quote);
  for (const char c : text) {
    if (c == quote) out += c;
    out += c;
  }
  return out + quote;
}

bool is_word(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

// A word that --map reads as something else than a property of that name.
bool is_word_of_map(std::string_view name) {
  return name.starts_with("trait.") || name.starts_with("item.") || name.starts_with("property.") ||
         std::ranges::find(kKeys, name, &Key::key) != std::end(kKeys);
}

std::string key_of(const Binding& binding) {
  switch (binding.role) {
    case Role::Property:
      return is_word_of_map(binding.target) ? "property." + binding.target : binding.target;
    case Role::Trait:
      return "trait." + binding.target;
    case Role::Item:
      for (const Key& key : kKeys) {
        if (key.role == Role::Item && key.target == binding.target) return std::string(key.key);
      }
      return "item." + binding.target;
    default:
      return std::string(name_of(binding.role));
  }
}

Binding binding_for(std::string_view key, std::string column) {
  for (const Key& known : kKeys) {
    if (known.key == key) return {.column = std::move(column), .role = known.role, .target = std::string(known.target)};
  }
  if (key.starts_with("trait.")) {
    return {.column = std::move(column), .role = Role::Trait, .target = std::string(key.substr(6))};
  }
  if (key.starts_with("property.")) {
    return {.column = std::move(column), .role = Role::Property, .target = std::string(key.substr(9))};
  }
  if (key.starts_with("item.")) {
    return {.column = std::move(column), .role = Role::Item, .target = std::string(key.substr(5))};
  }
  return {.column = std::move(column), .role = Role::Property, .target = std::string(key)};
}

// A row means an order line where it has money or items, a customer where it has no time, else an event.
RowMeans meaning_of(const Mapping& mapping) {
  if (mapping.find(Role::Event) || !mapping.event.empty() || mapping.find(Role::Record)) return RowMeans::Event;
  const bool has_items = std::any_of(mapping.bindings.begin(), mapping.bindings.end(),
                                     [](const Binding& b) { return b.role == Role::Item; });
  if (mapping.find(Role::Order) || has_items || mapping.find(Role::Property, "total")) return RowMeans::OrderLine;
  return mapping.find(Role::Time) ? RowMeans::Event : RowMeans::Customer;
}

}  // namespace

std::string_view name_of(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

const Binding* Mapping::find(Role role, std::string_view target) const {
  for (const Binding& binding : bindings) {
    if (binding.role == role && (target.empty() || binding.target == target)) return &binding;
  }
  return nullptr;
}

std::string Mapping::text() const {
  std::string out;
  constexpr std::string_view kMeans[] = {"an event", "a line of an order", "a customer with traits"};
  out += fmt::format(
      "each row is {}{}\n", kMeans[static_cast<size_t>(rows)],
      event.empty() && thing.empty() ? "" : fmt::format(" ({})", thing.empty() ? event : thing + " and its state"));
  size_t width = 0;
  for (const Binding& binding : bindings) width = std::max(width, binding.column.size());
  if (!numbered.empty())
    out += fmt::format("  each line is a customer of its own ('{}:2' ...), for no column says who\n", numbered);
  for (const Binding& binding : bindings) {
    out += fmt::format("  {:<{}} -> {:<20} {}\n", binding.column, width,
                       binding.role == Role::Ignore ? "(left out)" : key_of(binding), binding.why);
  }
  return out;
}

std::string Mapping::map_option() const {
  std::string out;
  for (const Binding& binding : bindings) {
    if (binding.role == Role::Ignore) continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", key_of(binding), column_in_map(binding.column));
  }
  const auto constant = [&out](std::string_view key, std::string_view value) {
    if (!value.empty()) out += fmt::format("{}{}={}", out.empty() ? "" : ",", key, in_quotes(value, '\''));
  };
  constant("event", event);
  constant("currency", currency);
  constant("thing", thing);
  if (!numbered.empty()) constant("customer", kEachLine);
  return out;
}

Json Mapping::json() const {
  Json out = Json::object();
  constexpr std::string_view kMeans[] = {"event", "order-line", "customer"};
  out.set("preset", preset.empty() ? Json() : Json(preset)).set("rows", kMeans[static_cast<size_t>(rows)]);
  if (!event.empty()) out.set("event", event);
  Json columns = Json::object();
  for (const Binding& binding : bindings) {
    if (binding.role != Role::Ignore) columns.set(binding.column, key_of(binding));
  }
  out.set("columns", std::move(columns));
  return out;
}

std::string column_in_map(std::string_view column) {
  const bool is_plain = column.find_first_of(",'\"=") == column.npos && trim(column) == column;
  return is_plain ? std::string(column) : in_quotes(column, '"');
}

Remedy try_mapping(std::string map) {
  return try_again().without("--preset").option("--map", std::move(map));
}

Remedy look_and_say(std::string_view file, std::string_view map) {
  return try_shell("zcat -f")
      .argument(std::string(file))
      .raw("| head -3")
      .note(fmt::format("then import it with --map {}", map));
}

std::string plain_name(std::string_view column) {
  std::string out;
  for (const char c : fold_case(column)) {
    if (is_word(static_cast<unsigned char>(c))) out += c;
  }
  return out;
}

std::string property_name(std::string_view column) {
  std::string spaced;
  for (size_t i = 0; i < column.size(); ++i) {
    const auto is_big = [&](size_t at) { return at < column.size() && column[at] >= 'A' && column[at] <= 'Z'; };
    const auto is_small = [&](size_t at) {
      return at < column.size() &&
             ((column[at] >= 'a' && column[at] <= 'z') || (column[at] >= '0' && column[at] <= '9'));
    };
    if (i > 0 && is_big(i) && is_small(i - 1)) spaced += ' ';
    spaced += column[i];
  }
  std::string out;
  for (const char c : fold_case(spaced)) {
    if (is_word(static_cast<unsigned char>(c)) || c == '.') {
      out += c;
    } else if (!out.empty() && out.back() != '_') {
      out += '_';
    }
  }
  while (!out.empty() && (out.back() == '_' || out.back() == '.')) out.pop_back();
  return out.empty() ? "column" : out;
}

namespace {

// One KEY=VALUE of --map, and where it stands there.
struct Piece {
  std::string key, value;
  char quote = '\0';
  size_t from = 0, end = 0;  // of the value, quotes included
};

Result<Piece> take_piece(std::string_view text, size_t& at) {
  const size_t equals = text.find('=', at);
  if (equals == std::string_view::npos) {
    return usage(fmt::format("--map: '{}' is not KEY=COLUMN", text.substr(at)),
                 try_again().blank_option("--map", "customer=COLUMN,time=COLUMN,amount=COLUMN"));
  }
  Piece piece{.key = std::string(trim(text.substr(at, equals - at))), .from = equals + 1};
  at = equals + 1;
  if (at < text.size() && (text[at] == '\'' || text[at] == '"')) piece.quote = text[at++];
  if (piece.quote) {
    for (;; ++at) {
      if (at >= text.size()) return usage(fmt::format("--map: '{}' is not KEY=COLUMN", text.substr(piece.from)));
      if (text[at] != piece.quote) {
        piece.value += text[at];
      } else if (at + 1 < text.size() && text[at + 1] == piece.quote) {
        piece.value += text[at++];
      } else {
        ++at;
        break;
      }
    }
  } else {
    const size_t end = std::min(text.find(',', at), text.size());
    piece.value = trim(text.substr(at, end - at));
    at = end;
  }
  if (piece.key.empty()) return usage(fmt::format("--map: '{}' is not KEY=COLUMN", text.substr(piece.from)));
  piece.end = at;
  if (at < text.size() && text[at] == ',') ++at;
  return piece;
}

Result<void> set_constant(Mapping& mapping, const Piece& piece, std::string_view file) {
  if (piece.key == "event") {
    mapping.event = piece.value;
  } else if (piece.key == "currency") {
    mapping.currency = piece.value;
  } else if (piece.key == "thing") {
    mapping.thing = piece.value;
  } else if (piece.key == "customer" && piece.value == kEachLine) {
    mapping.numbered = file.substr(file.rfind('/') + 1);
  } else {
    return usage(fmt::format("--map: only event, currency, thing and customer='{}' can be constants, not '{}'",
                             kEachLine, piece.key));
  }
  return {};
}

// The column of exactly this name, else one that is called alike.
const std::string* column_called(const std::string& name, const std::vector<std::string>& columns) {
  const auto same = std::ranges::find(columns, name);
  if (same != columns.end()) return &*same;
  const std::string plain = plain_name(name);
  const auto alike =
      std::ranges::find_if(columns, [&](const std::string& column) { return plain_name(column) == plain; });
  return alike == columns.end() || plain.empty() ? nullptr : &*alike;
}

}  // namespace

Result<Mapping> parse_map(std::string_view text, const std::vector<std::string>& columns, std::string_view file) {
  Mapping mapping;
  for (size_t at = 0; at < text.size();) {
    const Piece piece = TRY(take_piece(text, at));
    if (piece.quote == '\'') {
      TRY(set_constant(mapping, piece, file));
      continue;
    }
    const std::string* found = column_called(piece.value, columns);
    if (!found) {
      const auto nearest = nearest_name(piece.value, columns);
      return fail(
          fmt::format("has no column '{}' (--map {}={}); its columns are: {}", piece.value, piece.key, piece.value,
                      join(std::span(columns).subspan(0, std::min<size_t>(columns.size(), 30)), ", ")),
          std::string(file) + ":1",
          nearest ? try_mapping(std::string(text).replace(piece.from, piece.end - piece.from, column_in_map(*nearest)))
                  : look_and_say(file, fmt::format("{}=COLUMN,...", piece.key)));
    }
    Binding binding = binding_for(piece.key, *found);
    binding.why = "--map";
    mapping.bindings.push_back(std::move(binding));
  }
  mapping.rows = meaning_of(mapping);
  return mapping;
}

Result<Mapping> changed(const Mapping& mapping, std::string_view change, const std::vector<std::string>& columns,
                        std::string_view file) {
  Mapping out = mapping;
  const auto leave = [&out](const std::string& column) {
    std::erase_if(out.bindings, [&](const Binding& b) { return b.column == column; });
  };
  change = trim(change);
  if (change.starts_with('-')) {
    const std::string name(trim(change.substr(1)));
    const std::string* column = column_called(name, columns);
    if (!column) return fail(fmt::format("has no column '{}'", name), std::string(file) + ":1");
    leave(*column);
    out.bindings.push_back({*column, Role::Ignore, {}, ValueType::Auto, "as you said"});
  } else {
    const Mapping said = TRY(parse_map(change, columns, file));
    if (!said.event.empty()) out.event = said.event;
    if (!said.currency.empty()) out.currency = said.currency;
    if (!said.thing.empty()) out.thing = said.thing;
    if (!said.numbered.empty()) out.numbered = said.numbered;
    for (Binding binding : said.bindings) {
      leave(binding.column);
      // What played the part before is kept as what its name says.
      for (Binding& other : out.bindings)
        if (other.role == binding.role && other.target == binding.target && binding.role != Role::Ignore)
          other = {other.column, Role::Property,
                   property_name(other.column) == binding.target ? binding.target + "_as_exported"
                                                                 : property_name(other.column),
                   ValueType::Auto, "kept as it is"};
      binding.why = "as you said";
      out.bindings.push_back(std::move(binding));
    }
  }
  // An event's name that was only put in for want of one gives way to what is said.
  if (out.event == kNamelessEvent) out.event.clear();
  const RowMeans rows = meaning_of(out);
  for (Binding& binding : out.bindings) {
    if (rows == RowMeans::Customer && binding.role == Role::Property) binding.role = Role::Trait;
    if (rows != RowMeans::Customer && out.rows == RowMeans::Customer && binding.role == Role::Trait &&
        binding.why == "kept as it is")
      binding.role = Role::Property;
  }
  out.rows = rows;
  if (rows == RowMeans::Event && !out.find(Role::Event) && out.event.empty()) out.event = kNamelessEvent;
  if (out.find(Role::Customer)) out.numbered.clear();
  std::ranges::stable_sort(out.bindings, {}, &Binding::role);
  return out;
}

}  // namespace tessera::formats
