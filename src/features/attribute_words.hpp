// What words in names of things stand for, in four languages.
#pragma once

#include <cstdint>
#include <string_view>

namespace tessera::features {

enum class AttributeKind : uint8_t {
  Brand,
  Category,
  LowPrice,
  HighPrice,
  Material,
  Colour,
  Style,
  Occasion,
  Gift,
  Nature,
  Children,
  Sets,
  Word,
  Reduction,
  FreeDelivery,
  FastDelivery,
  Collected,
  Instalments,
  Tongue,
  Other,
};
inline constexpr size_t kAttributeKinds = 20;
std::string_view name_of(AttributeKind kind);  // "brand", "low price": stable, in discovery.json

// What kind of word a word of a name is: "red" -> Colour, "oak" -> Material, "children" -> Children; Word where nothing
// is known of it. English, German, French, Spanish.
AttributeKind kind_of_word(std::string_view word);

}  // namespace tessera::features
