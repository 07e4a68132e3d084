#include "formats/presets.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"
#include "formats/preset_tables.hpp"

namespace tessera::formats {
namespace {

constexpr size_t kColumnsShown = 20;  // in messages

std::vector<Preset> all_presets() {
  std::vector<Preset> out;
  for (const auto kind :
       {shop_presets(), marketplace_presets(), payment_presets(), event_presets(), people_presets(), loose_presets()})
    out.insert(out.end(), kind.begin(), kind.end());
  return out;
}

std::string shown(const std::vector<std::string>& columns) {
  return join(std::span(columns).subspan(0, std::min(columns.size(), kColumnsShown)), ", ");
}

bool is_there(std::string_view names, const std::vector<std::string>& columns) {
  if (names != "?") return find_column(names, columns) != nullptr;
  return std::ranges::any_of(columns, [](const std::string& column) { return column.find('?') != std::string::npos; });
}

bool says_who(const Mapping& mapping) {
  return mapping.find(Role::Customer) || mapping.find(Role::Email) || mapping.find(Role::Phone) ||
         mapping.find(Role::Anonymous);
}

const Binding* binding_of(const Mapping& mapping, const std::string& column) {
  const auto found = std::ranges::find(mapping.bindings, column, &Binding::column);
  return found == mapping.bindings.end() ? nullptr : &*found;
}

// Columns that are in no table of the preset, and that nothing was made of.
void keep_rest(const Preset& preset, const std::vector<std::string>& columns, Mapping& mapping) {
  const auto is_spent = [&](const std::string& column) {
    return std::ranges::any_of(preset.made, [&](const MadeColumn& made) {
      return std::ranges::any_of(made.cases, [&](const MadeCase& each) {
        const std::string* from = each.gives.starts_with('=') ? nullptr : find_column(each.gives, columns);
        return from && *from == column;
      });
    });
  };
  const Role role = preset.rest == Rest::Trait ? Role::Trait : Role::Property;
  for (const std::string& column : columns) {
    if (binding_of(mapping, column) || is_spent(column)) continue;
    std::string_view name = column;
    if (!preset.strips.empty() && name.starts_with(preset.strips)) name.remove_prefix(preset.strips.size());
    mapping.bindings.push_back({column, role, property_name(name), ValueType::Auto, "kept as it is"});
  }
}

}  // namespace

std::span<const Preset> presets() {
  static const std::vector<Preset> kAll = all_presets();
  return kAll;
}

std::span<const Odd> odd_values_of(std::string_view preset) {
  for (const Preset& known : presets()) {
    if (known.name == preset) return known.keeps;
  }
  return {};
}

Result<const Preset*> find_preset(std::string_view name) {
  std::vector<std::string> names;
  for (const Preset& preset : presets()) {
    if (preset.name == name) return &preset;
    names.emplace_back(preset.name);
  }
  const auto nearest = nearest_name(name, names);
  return usage(fmt::format("no preset '{}'; there are {}", name, join(names, ", ")),
               nearest ? try_again().option("--preset", *nearest) : Remedy());
}

const std::string* find_column(std::string_view names, const std::vector<std::string>& columns) {
  for (const std::string_view name : split(names, '|')) {
    const std::string plain = plain_name(name);
    for (const std::string& column : columns) {
      if (column == name || (!plain.empty() && plain_name(column) == plain)) return &column;
    }
  }
  return nullptr;
}

Result<Mapping> apply_preset(const Preset& preset, const std::vector<std::string>& columns, const std::string& file) {
  if (!preset.refusal.empty())
    return fail(fmt::format("recognised as {}: {}", preset.title, preset.refusal), file + ":1",
                "leave it out of the import");
  Mapping mapping{.preset = std::string(preset.name),
                  .rows = preset.rows,
                  .event = std::string(preset.event),
                  .currency = std::string(preset.currency)};
  for (const std::string_view names : preset.required) {
    if (is_there(names, columns)) continue;
    const auto alternatives = split(names, '|');
    const Preset* other = recognise_preset(columns);
    return fail(fmt::format("has no column '{}', which preset {} needs; its columns are: {}", alternatives.front(),
                            preset.name, shown(columns)),
                file + ":1",
                other
                    ? try_again().option("--preset", std::string(other->name))
                    : try_again().without("--preset").note("without --preset: guesses what the columns mean and asks"));
  }
  for (const PresetColumn& known : preset.columns) {
    const std::string* column = find_column(known.names, columns);
    if (!column || binding_of(mapping, *column)) continue;
    mapping.bindings.push_back(
        {*column, known.role, std::string(known.target), known.type, "preset", std::string(known.known_as)});
  }
  if (preset.rest != Rest::Ignore) keep_rest(preset, columns, mapping);
  if (!says_who(mapping) && !preset.who_else.empty()) {
    if (const std::string* column = find_column(preset.who_else, columns))
      mapping.bindings.push_back({*column, Role::Customer, {}, ValueType::Auto, "no column says who"});
  }
  if (!says_who(mapping)) {
    return fail(fmt::format("has no column that says who: preset {} knows customer_id, email and the like; its columns "
                            "are: {}",
                            preset.name, shown(columns)),
                file + ":1", look_and_say(file, "customer=COLUMN,..."));
  }
  return mapping;
}

std::string columns_by_name(const std::vector<std::string>& columns) {
  const auto column_of = [&](Role role) -> const std::string* {
    for (const Preset& preset : loose_presets())
      for (const PresetColumn& known : preset.columns)
        if (const std::string* found = known.role == role ? find_column(known.names, columns) : nullptr) return found;
    return nullptr;
  };
  const std::string* customer = column_of(Role::Customer);
  const std::string* time = column_of(Role::Time);
  if (!customer) return {};
  return fmt::format("customer={}{}", column_in_map(*customer), time ? ",time=" + column_in_map(*time) : "");
}

const Preset* recognise_preset(const std::vector<std::string>& columns) {
  const Preset* best = nullptr;
  size_t most = 0;
  for (const Preset& preset : presets()) {
    if (preset.signature.empty()) continue;
    if (!std::ranges::all_of(preset.signature, [&](std::string_view names) { return is_there(names, columns); }))
      continue;
    // The one that knows most of the columns: what two vendors have in common is in both signatures.
    size_t known = preset.signature.size();
    for (const PresetColumn& column : preset.columns) known += find_column(column.names, columns) ? 1 : 0;
    if (known > most) best = &preset, most = known;
  }
  return best;
}

}  // namespace tessera::formats
