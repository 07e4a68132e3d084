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
};

constexpr std::string_view kRoleNames[] = {
    "ignored", "customer", "email",  "phone",   "anonymous",    "time",        "clock",      "zone",      "event",    "message",
    "order",   "status",   "paid_at", "cancelled_at", "refunded_at", "updated_at", "cancelled", "property", "item", "trait"};

bool is_word(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c >= 0x80;
}

std::string key_of(const Binding& binding) {
  switch (binding.role) {
    case Role::Property:
      return binding.target;
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
  if (key.starts_with("item.")) {
    return {.column = std::move(column), .role = Role::Item, .target = std::string(key.substr(5))};
  }
  return {.column = std::move(column), .role = Role::Property, .target = std::string(key)};
}

// A row means an order line where it has money or items, a customer where it has no time, else an event.
RowMeans meaning_of(const Mapping& mapping) {
  if (mapping.find(Role::Event) || !mapping.event.empty()) return RowMeans::Event;
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
  out += fmt::format("each row is {}{}\n", kMeans[static_cast<size_t>(rows)],
                     event.empty() ? "" : fmt::format(" ({})", event));
  size_t width = 0;
  for (const Binding& binding : bindings) width = std::max(width, binding.column.size());
  for (const Binding& binding : bindings) {
    out += fmt::format("  {:<{}} -> {:<20} {}\n", binding.column, width,
                       binding.role == Role::Ignore ? "(left out)" : key_of(binding), binding.why);
  }
  return out;
}

std::string Mapping::map_option() const {
  std::string out;
  const auto quoted = [](std::string_view value) {
    return value.find_first_of(",='") == std::string_view::npos ? std::string(value) : fmt::format("\"{}\"", value);
  };
  for (const Binding& binding : bindings) {
    if (binding.role == Role::Ignore) continue;
    out += fmt::format("{}{}={}", out.empty() ? "" : ",", key_of(binding), quoted(binding.column));
  }
  if (!event.empty()) out += fmt::format(",event='{}'", event);
  if (!currency.empty()) out += fmt::format(",currency='{}'", currency);
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
  return column.find_first_of(",'") == column.npos ? std::string(column) : fmt::format("\"{}\"", column);
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

Result<Mapping> parse_map(std::string_view text, const std::vector<std::string>& columns, std::string_view file) {
  Mapping mapping;
  size_t at = 0;
  while (at < text.size()) {
    const size_t equals = text.find('=', at);
    if (equals == std::string_view::npos) {
      return usage(fmt::format("--map: '{}' is not KEY=COLUMN", text.substr(at)),
                   try_again().blank_option("--map", "customer=COLUMN,time=COLUMN,amount=COLUMN"));
    }
    const std::string key(trim(text.substr(at, equals - at)));
    at = equals + 1;
    const char quote = at < text.size() && (text[at] == '\'' || text[at] == '"') ? text[at] : '\0';
    const size_t end = quote ? text.find(quote, at + 1) : std::min(text.find(',', at), text.size());
    if (key.empty() || end == std::string_view::npos) {
      return usage(fmt::format("--map: '{}' is not KEY=COLUMN", text.substr(at)));
    }
    const size_t from = at;
    const std::string value(trim(quote ? text.substr(at + 1, end - at - 1) : text.substr(at, end - at)));
    const size_t value_end = end + (quote ? 1 : 0);
    at = value_end;
    if (at < text.size() && text[at] == ',') ++at;

    if (quote == '\'') {  // a constant
      if (key == "event") {
        mapping.event = value;
      } else if (key == "currency") {
        mapping.currency = value;
      } else {
        return usage(fmt::format("--map: only event and currency can be a constant, not '{}'", key));
      }
      continue;
    }
    const auto found = std::find_if(columns.begin(), columns.end(), [&](const std::string& column) {
      return column == value || plain_name(column) == plain_name(value);
    });
    if (found == columns.end()) {
      const auto nearest = nearest_name(value, columns);
      return fail(fmt::format("has no column '{}' (--map {}={}); its columns are: {}", value, key, value,
                              join(std::span(columns).subspan(0, std::min<size_t>(columns.size(), 30)), ", ")),
                  std::string(file) + ":1",
                  nearest ? try_mapping(std::string(text).replace(from, value_end - from, column_in_map(*nearest)))
                          : look_and_say(file, fmt::format("{}=COLUMN,...", key)));
    }
    Binding binding = binding_for(key, *found);
    binding.why = "--map";
    mapping.bindings.push_back(std::move(binding));
  }
  mapping.rows = meaning_of(mapping);
  return mapping;
}

}  // namespace tessera::formats
