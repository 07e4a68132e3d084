#include "features/interests.hpp"

#include "features/text_tokens.hpp"

namespace tessera::features {
namespace {

using testing::UnorderedElementsAre;

// A shop whose customers bought a thing of the list each, round and round.
std::vector<std::string> interests_of(const std::vector<std::string>& things) {
  constexpr size_t kCustomers = 60;
  profiles::HistoryBuilder builder;
  for (size_t c = 0; c < kCustomers; ++c) {
    const std::vector<profiles::HistoryBuilder::Value> names = {things[c % things.size()]};
    builder.add({.customer = fmt::format("c{}", c),
                 .event = "Order Completed",
                 .time = Instant{static_cast<int64_t>(c)},
                 .properties = {{"products.name", names}}});
  }
  const profiles::History history = std::move(builder).build();
  EventRoles roles;
  roles.events[static_cast<size_t>(EventRole::Main)] = {"Order Completed"};
  roles.list = "products";
  roles.item_name = "name";
  return words_of_interest(levels_of(history, {"Order Completed"}, "products.name", true), history, roles, 20);
}

TEST(Interests, AreWordsThatSayWhatAThingIs) {
  EXPECT_THAT(interests_of({"SET OF 3 RED MUGS AND SAUCERS", "SMALL MUG WITH THE HANDLE", "VINTAGE MUG FOR THE GARDEN",
                            "MUG OF GLASS", "GARDEN SPADE WITH WOODEN HANDLE", "LARGE GARDEN LANTERN", "GARDEN LANTERN",
                            "BLUE LANTERN IN A BOX", "LANTERN FOR THE TABLE", "GARDEN BENCH"}),
              UnorderedElementsAre("garden", "lantern", "mug"));
}

TEST(Interests, StopWordsAreThoseOfTheNamesLanguage) {
  EXPECT_THAT(
      interests_of({"Tasse mit Deckel und dem Henkel", "Tasse für die Suppe", "Kleine Tasse aus Porzellan",
                    "Große Tasse in Blau", "Teller mit dem Rand", "Teller für die Suppe", "Tiefer Teller",
                    "Teller in Blau und Weiß", "Kanne mit Deckel", "Schale aus dem Ofen", "Brett für die Küche"}),
      UnorderedElementsAre("tasse", "teller"));
}

TEST(StopWords, TellTheLanguageOfAText) {
  const std::pair<std::string_view, Language> texts[] = {
      {"The delivery was late and nobody told me why", Language::English},
      {"Die Lieferung kam zu spät, und niemand hat mir gesagt, warum", Language::German},
      {"La livraison est arrivée trop tard et personne ne m'a dit pourquoi", Language::French},
      {"La entrega llegó demasiado tarde y nadie me dijo por qué", Language::Spanish},
      {"xylophone 12345", Language::Unknown}};
  for (const auto& [text, language] : texts) EXPECT_EQ(language_of(words_of_text(text)), language) << text;
}

TEST(StopWords, AreNoneWithMeaningAndTurningWordsAreAmongThem) {
  for (const std::string_view word : {"the", "nevertheless", "without"})
    EXPECT_TRUE(is_stop_word(word, Language::English)) << word;
  for (const std::string_view word : {"mug", "delivery", "garden", "broken", "das"})
    EXPECT_FALSE(is_stop_word(word, Language::English)) << word;
  EXPECT_TRUE(is_stop_word("das", Language::Unknown));
  const std::pair<std::string_view, Language> turning[] = {{"without", Language::English},
                                                           {"kein", Language::German},
                                                           {"jamais", Language::French},
                                                           {"sin", Language::Spanish}};
  for (const auto& [word, language] : turning) {
    EXPECT_TRUE(is_turning_word(word, language) && is_stop_word(word, language)) << word;
    EXPECT_FALSE(is_turning_word("delivery", language));
  }
}

}  // namespace
}  // namespace tessera::features
