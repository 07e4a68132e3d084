#include "profiles/extra.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/text.hpp"

namespace tessera::profiles {

namespace {

constexpr std::string_view kCount = "count";

PropertyType property_type_of(const Scalar& value) {
  constexpr PropertyType kTypes[] = {PropertyType::Bool, PropertyType::Number, PropertyType::Text};
  return kTypes[value.index()];
}

std::optional<Number> exact(const Json& value) {
  const Json::Literal* literal = value.as_literal();
  if (!literal) return std::nullopt;
  const ParsedNumber parsed = parse_number(literal->text);
  return parsed.flaw ? std::nullopt : std::optional(parsed.number);
}

std::optional<Scalar> scalar_of(const Json& value) {
  if (const bool* truth = value.as_bool()) return *truth;
  if (const std::string* text = value.as_text()) return std::string_view(*text);
  if (const auto number = exact(value)) return *number;
  return std::nullopt;
}

// Of one type; nullopt where this is no list of scalars, or nothing in it says which.
std::optional<ExtraForm> list_of(const Json::Array& items) {
  ExtraForm out{.is_list = true, .values = {}};
  bool is_typed = false;
  for (const Json& item : items) {
    const auto value = scalar_of(item);
    out.values.push_back(value);
    if (item.is_null()) continue;
    if (!value || (is_typed && property_type_of(*value) != out.type)) return std::nullopt;
    out.type = property_type_of(*value);
    is_typed = true;
  }
  return is_typed ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<ExtraForm> form_of(const Json& value) {
  if (const Json::Array* items = value.as_array()) return list_of(*items);
  const auto scalar = scalar_of(value);
  if (!scalar) return std::nullopt;
  return ExtraForm{.type = property_type_of(*scalar), .is_list = false, .values = {scalar}};
}

// One value, or several of different types and forms; none where any of them has no form.
std::vector<ExtraForm> forms_of(const Json& value) {
  std::vector<ExtraForm> out;
  const Json::Array* items = value.as_array();
  const bool are_several =
      items && std::ranges::any_of(*items, [](const Json& item) { return item.as_array() != nullptr; });
  if (!are_several) {
    if (auto form = form_of(value)) out.push_back(std::move(*form));
    return out;
  }
  for (const Json& item : *items) {
    auto form = form_of(item);
    const bool is_another = form && std::ranges::none_of(out, [&](const ExtraForm& other) {
                              return other.type == form->type && other.is_list == form->is_list;
                            });
    if (!is_another) return {};
    out.push_back(std::move(*form));
  }
  return out;
}

// The number of {"count": 3}.
std::optional<uint64_t> count_of(const Json& value) {
  const Json::Object* members = value.as_object();
  if (!members || members->size() != 1 || members->front().first != kCount) return std::nullopt;
  const auto number = exact(members->front().second);
  if (!number || number->micros < 0 || number->micros % Number::kOne != 0) return std::nullopt;
  const auto count = static_cast<uint64_t>(number->micros / Number::kOne);
  return count <= kMostElements ? std::optional(count) : std::nullopt;
}

}  // namespace

ExtraSaid said_by(std::string_view property, const Json& value) {
  if (property.find('.') == std::string_view::npos)
    if (const auto elements = count_of(value)) return {.elements = *elements};
  ExtraSaid out{.forms = forms_of(value)};
  out.is_cleared = out.forms.empty();
  return out;
}

std::string json_of_raw(std::string_view property, std::string_view received) {
  auto json = parse_json(received);
  if (!json) json = Json(repair_utf8(received));
  if (said_by(property, *json).is_cleared) return std::string(received);
  return Json::object().set("raw", std::move(*json)).dump();
}

std::string json_of_length(int64_t elements) {
  return fmt::format(R"({{"{}":{}}})", kCount, elements);
}

}  // namespace tessera::profiles
