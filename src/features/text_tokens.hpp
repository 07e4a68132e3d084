// Words of texts that people typed, in German, French, Spanish and English; other tongues as far as their letters go.
//
// A text is hostile until it is words: only its first kMostTextBytes are read, invalid bytes, control characters, tags,
// entities, addresses of mail and of pages, and anything with a digit in it end a word and are gone. What comes out
// consists of letters (and of a hyphen behind a single one: "t-shirt"), so nothing that a terminal, a page or a query
// could obey survives. Nothing is stemmed: "delivery" and "deliveries" are two words.
//
// Stop words are a published list's (npm's stopwords-json: SMART, Savoy and Carrot2), read when CMake runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tessera::features {

enum class Language : uint8_t { English, German, French, Spanish, Unknown };
inline constexpr size_t kLanguages = 4;
std::string_view name_of(Language language);

inline constexpr size_t kMostTextBytes = 4096, kMostWordBytes = 40;

struct Word {
  uint16_t from = 0, size = 0;  // in the text of Words
  bool begins = false;          // something stands between it and the word before: a comma, a stop, what was left out
};

// Folded words of a text, in order. Elided and contracted forms are taken apart: "l'article" is "article", "doesn't" is
// "not".
struct TextWords {
  std::string text;  // folded, cut
  std::vector<Word> words;
  std::string_view at(size_t i) const { return std::string_view(text).substr(words[i].from, words[i].size); }
};
TextWords words_of_text(std::string_view text);

// By the stop words of each language in it: the one with most, if it has two or more and more than any other.
Language language_of(const TextWords& words);

// A word that carries no meaning of its own there; of an unknown language, in any of the four.
bool is_stop_word(std::string_view word, Language language);
// "not", "zu", "très": says nothing alone, but turns what follows.
bool is_turning_word(std::string_view word, Language language);

}  // namespace tessera::features
