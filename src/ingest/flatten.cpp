#include "ingest/flatten.hpp"

#include "core/hash.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "formats/presets.hpp"
#include "formats/values.hpp"
#include "profiles/service_lines.hpp"

namespace tessera::ingest {
namespace {

std::string_view renamed(std::span<const Rename> renames, std::string_view key) {
  for (const Rename& rename : renames) {
    if (rename.from == key) return rename.to;
  }
  return key;
}

constexpr uint64_t kOwnName = 0x6F776E;  // of an object's name itself, beside the path of what is in it

uint64_t step(uint64_t path, std::string_view key) {
  return (path ^ reinterpret_cast<uintptr_t>(key.data())) * 0x9E3779B97F4A7C15 + 1;
}

}  // namespace

uint64_t Flattener::named_path(std::string_view name) {
  return hash64(name, 0x6E616D6564);
}

Flattener::Handle& Flattener::handle(uint64_t path, std::string_view name) {
  const auto known = by_path_.find(path);
  if (known != by_path_.end()) return *known->second;
  auto& slot = by_name_[std::string(name)];
  if (!slot) slot = std::make_unique<Handle>(Handle{intake_.property(kind_, name), std::string(name)});
  by_path_.emplace(path, slot.get());
  return *slot;
}

void Flattener::put_object(const formats::JsonDocument& document, uint32_t object, uint64_t path,
                           const std::string& prefix, int depth) {
  if (!document.is(object, formats::JsonKind::Object)) return;
  for (uint32_t at = object + 1; at < document.at(object).next; at = document.at(at).next) {
    const formats::JsonNode& node = document.at(at);
    if (node.key.empty()) continue;
    const uint64_t inner = step(path, node.key);
    if (node.kind == formats::JsonKind::Object && depth < kDeepestProperty) {
      const std::string name = prefix + std::string(renamed(renames_, node.key));
      if (members_ == Members::OfTraits) replace(handle(inner ^ kOwnName, name));
      put_object(document, at, inner, name + ".", depth + 1);
      continue;
    }
    const auto known = by_path_.find(inner);
    Handle& found = known != by_path_.end()
                        ? *known->second
                        : handle(inner, prefix + std::string(prefix.empty() ? renamed(renames_, node.key) : node.key));
    put_value(document, at, found, depth, found.name);
  }
}

void Flattener::put_value(const formats::JsonDocument& document, uint32_t at, Handle& handle, int depth,
                          const std::string& name) {
  const formats::JsonNode& node = document.at(at);
  if (node.kind == formats::JsonKind::Array) return put_list(document, at, handle, name, depth);
  if (!claim(handle)) return;
  switch (node.kind) {
    case formats::JsonKind::Null:
      intake_.put_null(handle.property);
      return;
    case formats::JsonKind::True:
      intake_.put(handle.property, true);
      return;
    case formats::JsonKind::False:
      intake_.put(handle.property, false);
      return;
    case formats::JsonKind::Number: {
      const ParsedNumber number = parse_number(node.text);
      if (number.flaw) {
        intake_.put_raw(handle.property, node.text);
      } else {
        intake_.put(handle.property, number.number);
      }
      return;
    }
    case formats::JsonKind::Text:
      intake_.put(handle.property, node.text);
      return;
    default:
      intake_.put_raw(handle.property, node.text);
  }
}

void Flattener::put_list(const formats::JsonDocument& document, uint32_t list, Handle& handle, const std::string& name,
                         int depth) {
  bool all_objects = true, all_scalars = true;
  const uint32_t end = document.at(list).next;
  for (uint32_t at = list + 1; at < end; at = document.at(at).next) {
    all_objects &= document.is(at, formats::JsonKind::Object);
    all_scalars &= !document.is(at, formats::JsonKind::Object) && !document.is(at, formats::JsonKind::Array);
  }
  if (list + 1 == end) return replace(handle);
  if (!claim(handle)) return;
  // A list of objects has one prefix, which only a member at the top can be.
  if (all_objects && depth == 1 && name.find('.') == std::string::npos) return put_items(document, list, name);
  if (!all_scalars) return intake_.put_raw(handle.property, document.at(list).text);
  for (uint32_t at = list + 1; at < end; at = document.at(at).next) put_element(document.at(at), handle);
}

void Flattener::put_items(const formats::JsonDocument& document, uint32_t list, const std::string& name) {
  const uint64_t path = named_path(name) + 1;
  for (uint32_t at = list + 1; at < document.at(list).next; at = document.at(at).next) {
    put_item(document, at, path, name + ".", 1);
    if (lines_ == Lines::OfOrder && name == "products") finish_line(document, at);
    intake_.next_element(kind_, name);
  }
}

void Flattener::put_item(const formats::JsonDocument& document, uint32_t object, uint64_t path,
                         const std::string& prefix, int depth) {
  for (uint32_t at = object + 1; at < document.at(object).next; at = document.at(at).next) {
    const formats::JsonNode& node = document.at(at);
    if (node.key.empty() || node.kind == formats::JsonKind::Null) continue;
    const uint64_t inner = step(path, node.key);
    if (node.kind == formats::JsonKind::Object && depth < kDeepestProperty) {
      put_item(document, at, inner, prefix + std::string(node.key) + ".", depth + 1);
      continue;
    }
    std::string_view key = node.key;
    // "id" is the product's id in the spec's first version; where both are given, product_id wins.
    if (depth == 1) {
      key = renamed(item_renames_, key);
      if (key != node.key && document.find(object, key) != 0) key = node.key;
    }
    const uint64_t place = key.data() == node.key.data() ? inner : inner ^ 0x72656E616D6564;
    const auto known = by_path_.find(place);
    put_element(node, known != by_path_.end() ? *known->second : handle(place, prefix + std::string(key)));
  }
}

void Flattener::finish_line(const formats::JsonDocument& document, uint32_t object) {
  const auto number = [&](std::string_view key) -> std::optional<Number> {
    const uint32_t at = document.find(object, key);
    if (at == 0) return std::nullopt;
    const ParsedNumber parsed = parse_number(document.at(at).text);
    return parsed.flaw ? std::nullopt : std::optional(parsed.number);
  };
  const auto price = number("price");
  if (price && document.find(object, "amount") == 0) {
    const ParsedNumber amount = formats::multiply(*price, number("quantity").value_or(Number::of(1)));
    if (!amount.flaw) element("products.amount", amount.number);
  }
  const uint32_t name = document.find(object, "name");
  if (name == 0 || !document.is(name, formats::JsonKind::Text)) return;
  const auto [known, is_new] = services_.try_emplace(std::string(document.at(name).text), false);
  if (is_new) known->second = profiles::is_service_line("", document.at(name).text);
  element("products.service", known->second);
}

void Flattener::put_element(const formats::JsonNode& node, Handle& handle) {
  switch (node.kind) {
    case formats::JsonKind::True:
      intake_.element(handle.property, true);
      return;
    case formats::JsonKind::False:
      intake_.element(handle.property, false);
      return;
    case formats::JsonKind::Number: {
      const ParsedNumber number = parse_number(node.text);
      if (number.flaw) {
        intake_.element(handle.property, node.text);
      } else {
        intake_.element(handle.property, number.number);
      }
      return;
    }
    case formats::JsonKind::Null:
      return;
    default:
      intake_.element(handle.property, node.text);
  }
}

}  // namespace tessera::ingest
