// What customers write: phrases of one to three words that set a group apart in reviews, surveys, tickets and subjects
// of mail.
//
// The unit is the customer, not the word, so that one loud customer does not decide: a customer's texts count for two
// at most (effective counts, as those of things: tallies.hpp). A phrase stands out by the log of its odds in the group
// against the others', with an informative Dirichlet prior (Monroe, Colaresi and Quinn 2008): what everyone writes
// pulls rare phrases towards no difference. What stands out among the customers that rules were found on is tested on
// those held out, by Cochran, Mantel and Haenszel's test over strata of equal language and much the same length of
// text: long texts have more phrases, and German ones no French.
//
// No phrase is shown that fewer than kFewestWriters different customers of the group used, so that no text speaks for a
// person: ids, addresses and numbers are no words at all (text_tokens.hpp), a customer's own names are left out of
// theirs.
#pragma once

#include <string>
#include <vector>

#include "features/text_tokens.hpp"
#include "persona/attributes.hpp"
#include "persona/tallies.hpp"

namespace tessera::persona {

using features::Language;

inline constexpr size_t kFewestWriters = 10;
inline constexpr size_t kMostTexts = 200'000, kMostTextsOfOne = 20;  // of all; of one customer, the newest

struct Phrase {
  std::string words;  // stop words left out
  Language language = Language::Unknown;
  std::string sentence;
  double share = 0, everyone = 0;  // of texts, by effective counts
  stats::Interval interval;
  double log_odds = 0, z = 0;  // against the others, after the prior
  size_t customers = 0;
  double q = 0;
};

struct TextSource {
  const profiles::Stream* stream;
  const profiles::Column* column;
  bool is_mail = false;  // the subject of a mail they opened, which somebody else wrote
};
// Properties that hold what people wrote: texts of events beside the main one, of three words or more on average and
// hardly two alike, or by a name like "comment". `withheld` are not read; of a careful industry (words.careful) only
// what is `allowed` by name.
std::vector<TextSource> sources_of_text(const profiles::History& history, const features::EventRoles& parts,
                                        const std::vector<std::string>& withheld,
                                        const std::vector<std::string>& allowed);

class PhraseStudy {
 public:
  // `how`: what is said between a share and a phrase ("of what they write says").
  PhraseStudy(const profiles::History& history, std::span<const TextSource> sources, Instant as_of,
              const Comparison& comparison, std::string_view how);

  const std::vector<double>& tests() const { return tests_; }
  // Strongest first, at most a few that do not say the same; one list a group.
  std::vector<std::vector<Phrase>> judged(std::span<const double> q) const;

  size_t texts() const { return texts_; }
  size_t writers() const { return writers_; }
  const std::vector<std::string>& said() const { return said_; }  // limits that were met
  // In which language each customer writes: of their texts, so many in each.
  const Attribute& languages() const { return languages_; }

 private:
  struct Look {
    Phrase phrase;
    size_t group = 0;
    double weight = 0, of = 0;  // of the texts with it, of all the group's
    std::vector<uint32_t> words;
  };
  friend class PhraseFinder;
  std::vector<Look> looks_;
  std::vector<double> tests_;
  std::vector<std::string> said_;
  std::string how_;
  Attribute languages_;
  size_t texts_ = 0, writers_ = 0, groups_ = 0, comparisons_ = 0;
};

}  // namespace tessera::persona
