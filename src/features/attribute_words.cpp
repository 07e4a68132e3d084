// Words that mean different things to different trades are left out on purpose: what is not in here is a Word, of which
// nothing more is said.
#include "features/attribute_words.hpp"

#include <unordered_map>

#include "core/text.hpp"

namespace tessera::features {

namespace {

struct Row {
  AttributeKind kind;
  std::string_view words;
};

constexpr Row kRows[] = {
    {AttributeKind::Colour,
     "red pink blue white black green ivory cream silver gold golden yellow purple orange brown grey gray turquoise "
     "beige multicolour multicoloured colourful colorful pastel "
     "rot rosa blau weiss weiß schwarz grün grau gelb lila braun silbern bunt türkis "
     "rouge rose bleu bleue blanc blanche noir noire vert verte jaune violet gris argent doré dorée "
     "rojo roja azul blanco blanca negro negra verde amarillo morado naranja plateado dorado"},
    {AttributeKind::Material,
     "wood wooden oak pine bamboo metal steel iron zinc tin enamel brass copper ceramic porcelain glass crystal cotton "
     "linen wool silk velvet felt leather paper plastic wicker rattan jute marble stone rubber "
     "holz eiche kiefer bambus stahl eisen messing kupfer keramik porzellan glas baumwolle leinen wolle seide samt "
     "filz "
     "leder papier kunststoff marmor stein "
     "bois chêne métal acier fer laiton cuivre céramique porcelaine verre coton lin laine soie velours feutre cuir "
     "papier "
     "plastique marbre "
     "madera roble acero hierro latón cobre cerámica porcelana vidrio cristal algodón lino lana seda terciopelo cuero "
     "papel plástico mármol"},
    {AttributeKind::Style,
     "vintage retro antique classic traditional modern minimalist rustic shabby polka striped floral paisley damask "
     "gingham elegant romantic "
     "klassisch traditionell minimalistisch rustikal gestreift geblümt elegant romantisch "
     "rétro classique traditionnel moderne rustique rayé fleuri élégant romantique "
     "clásico tradicional moderno rústico rayas flores elegante romántico"},
    {AttributeKind::Occasion,
     "christmas xmas easter halloween valentine wedding birthday party advent santa snowman reindeer bauble "
     "weihnachten ostern hochzeit geburtstag "
     "noël pâques mariage anniversaire fête "
     "navidad pascua boda cumpleaños fiesta"},
    {AttributeKind::Gift,
     "gift gifts giftwrap present presents wrap ribbon ribbons "
     "geschenk geschenke geschenkpapier "
     "cadeau cadeaux "
     "regalo regalos"},
    {AttributeKind::Nature,
     "organic eco ecological recycled fairtrade sustainable biodegradable vegan plastic-free "
     "bio öko nachhaltig recycelt fair "
     "biologique écologique recyclé durable végétal "
     "ecológico orgánico reciclado sostenible"},
    {AttributeKind::Children,
     "children childrens child kids kid baby babies toddler toy toys nursery "
     "kinder kind spielzeug "
     "enfant enfants bébé jouet jouets "
     "niño niños niña niñas bebé juguete juguetes"},
    {AttributeKind::Sets,
     "set sets pack packs kit bundle assorted pair bulk multipack "
     "packung paket bündel "
     "lot paquet ensemble coffret "
     "juego paquete conjunto"},
};

}  // namespace

AttributeKind kind_of_word(std::string_view word) {
  static const auto kKinds = [] {
    std::unordered_map<std::string_view, AttributeKind> out;
    for (const Row& row : kRows)
      for (const std::string_view each : split(row.words, ' ')) out.try_emplace(each, row.kind);
    return out;
  }();
  const auto found = kKinds.find(word);
  return found == kKinds.end() ? AttributeKind::Word : found->second;
}

std::string_view name_of(AttributeKind kind) {
  static constexpr std::string_view kNames[kAttributeKinds] = {
      "brand",         "category",      "low price", "high price",  "material", "colour", "style",
      "occasion",      "gift",          "nature",    "children",    "sets",     "word",   "reduction",
      "free delivery", "fast delivery", "collected", "instalments", "language", "other"};
  return kNames[static_cast<size_t>(kind)];
}

}  // namespace tessera::features
