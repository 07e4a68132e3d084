// A simulated shop with tastes laid over it: which segments over-choose which brand and price tier, and which phrase
// they write, is known. The simulator's own habits stay as they are; prices are drawn anew, so that only the planted
// tiers tell segments apart, and reviews get texts of filler words in the reviewer's language.
#pragma once

#include <array>
#include <set>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "discover/simulated_history.hpp"

namespace tessera::discover {

struct Taste {
  std::string brand;   // over-chosen; empty = none
  int tier = -1;       // 0 = the cheapest third, 2 = the dearest
  std::string phrase;  // written by many
};

inline constexpr std::array<std::string_view, 8> kBrandNames = {"Arbor",   "Bellweather", "Corvina", "Dunmore",
                                                                "Elmvale", "Fenwick",     "Garrow",  "Hollin"};

// Words that say nothing, each in its language.
inline const std::array<std::vector<std::string>, 4>& filler_words() {
  static const std::array<std::vector<std::string>, 4> kWords = {{
      {"garden", "kitchen", "table",   "window", "neighbour", "weekend", "morning", "colour",  "shelf",     "corner",
       "summer", "family",  "package", "photo",  "handle",    "bottle",  "floor",   "bedroom", "afternoon", "music"},
      {"garten", "küche",   "tisch", "fenster",      "nachbar",    "wochenende", "morgen",
       "farbe",  "regal",   "ecke",  "sommer",       "familie",    "paket",      "foto",
       "griff",  "flasche", "boden", "schlafzimmer", "nachmittag", "musik"},
      {"jardin", "cuisine", "table", "fenêtre", "voisin",  "semaine",   "matin", "couleur", "étagère",    "coin",
       "été",    "famille", "colis", "photo",   "poignée", "bouteille", "sol",   "chambre", "après-midi", "musique"},
      {"jardín", "cocina",  "mesa",    "ventana", "vecino", "semana",  "mañana", "color",      "estante", "rincón",
       "verano", "familia", "paquete", "foto",    "asa",    "botella", "suelo",  "dormitorio", "tarde",   "música"},
  }};
  return kWords;
}
inline const std::array<std::vector<std::string>, 4>& small_words() {
  static const std::array<std::vector<std::string>, 4> kWords = {{{"the", "and", "with", "was", "for", "it"},
                                                                  {"der", "und", "mit", "war", "für", "es"},
                                                                  {"le", "et", "avec", "était", "pour", "il"},
                                                                  {"el", "y", "con", "estaba", "para", "los"}}};
  return kWords;
}

// A sentence of that many filler words with small ones between.
inline std::string filler_text(Rng& rng, size_t language, size_t words) {
  std::string out;
  for (size_t i = 0; i < words; ++i) {
    out += (i ? " " : "") + small_words()[language][rng.below(6)];
    out += " " + filler_words()[language][rng.below(20)];
  }
  return out;
}

// Overlays the company. tastes[s] is of planted segment s (0: the odd, no taste).
inline void plant_needs(SimulatedHistory& company, const std::vector<Taste>& tastes, uint64_t seed) {
  using profiles::PropertyType;
  auto& dictionary = company.history.dictionary;
  for (profiles::Stream& stream : company.history.streams) {
    const bool orders = stream.event == "Order Completed", reviews = stream.event == "Product Reviewed";
    if (!orders && !reviews) continue;
    profiles::Column brand{.property = "products.brand", .type = PropertyType::Text, .is_list = true};
    profiles::Column text{.property = "text", .type = PropertyType::Text};
    profiles::Column* price = nullptr;
    for (profiles::Column& column : stream.columns)
      if (column.property == "products.price") price = &column;
    for (uint32_t c = 0; c < company.history.customers(); ++c) {
      Rng rng = Rng(seed).fork(uint64_t{c} * 2 + reviews);
      const Taste& taste = tastes[company.truth[c]];
      const size_t language = c % 4 == 3 ? 1 : 0;
      // Everyone has a brand of their own that they like a little, so that one customer's things are alike.
      const size_t own = rng.below(kBrandNames.size());
      for (uint32_t row = stream.first[c]; row < stream.first[c + 1]; ++row) {
        if (reviews) {
          std::string said = filler_text(rng, language, 4 + rng.below(8));
          if (rng.chance(!taste.phrase.empty() ? 0.4 : 0.03))
            said +=
                ". " + (taste.phrase.empty() ? tastes[1 + rng.below(tastes.size() - 1)].phrase : taste.phrase) + ".";
          text.texts.push_back(dictionary.intern(said));
          continue;
        }
        for (uint32_t i = price->list_first[row]; i < price->list_first[row + 1]; ++i) {
          std::string_view chosen = kBrandNames[rng.chance(0.2) ? own : rng.below(kBrandNames.size())];
          if (!taste.brand.empty() && rng.chance(0.25)) chosen = taste.brand;
          brand.texts.push_back(dictionary.intern(chosen));
          int tier = static_cast<int>(rng.below(3));
          if (taste.tier >= 0 && rng.chance(0.35)) tier = taste.tier;
          price->numbers[i] = Number::of(10 * (tier + 1) + static_cast<int64_t>(rng.below(10))).micros;
        }
      }
    }
    if (orders) brand.list_first = price->list_first, stream.columns.push_back(std::move(brand));
    if (reviews) stream.columns.push_back(std::move(text));
  }
}

}  // namespace tessera::discover
