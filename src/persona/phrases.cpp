#include "persona/phrases.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>

#include "core/hash.hpp"
#include "core/parallel.hpp"
#include "core/text.hpp"
#include "stats/discoveries.hpp"

namespace tessera::persona {

namespace {

using features::is_stop_word;
using features::is_turning_word;
using features::kLanguages;
using features::kMostTextBytes;
using features::language_of;
using features::TextWords;
using features::words_of_text;
using profiles::Column;
using profiles::History;
using profiles::PropertyType;
using profiles::Stream;
using profiles::TextId;

constexpr double kMistakes = 0.05;
constexpr size_t kMostBytes = 64 << 20;  // of texts read in all
constexpr size_t kFewestWhoWrote = 50;   // customers, for any phrase
constexpr size_t kMostPhrases = 20'000;  // looked at, commonest first
constexpr size_t kTestedOfGroup = 60, kShown = 6;
constexpr double kTextsAlike = 0.5;     // of one customer: their texts count for two at most
constexpr double kWorthFinding = 2;     // z of the log-odds, among those it is found on
constexpr double kFewestExpected = 10;  // users of a phrase in a group held out: fewer are tested by Poisson's tail
constexpr double kPriorOfGroup = 0.5;   // weight of the prior, in average groups
constexpr double kSaysTheSame = 0.6;    // of those who use a phrase, who use it in a longer one
constexpr uint32_t kNoWord = UINT32_MAX;

constexpr std::string_view kWritten[] = {
    "comment",       "comments",  "review",    "text",     "message",     "body",  "content",
    "subject",       "feedback",  "answer",    "reason",   "note",        "notes", "remark",
    "email_subject", "kommentar", "nachricht", "betreff",  "commentaire", "avis",  "comentario",
    "mensaje",       "asunto",    "opinion",   "question", "description"};
constexpr std::string_view kSubjects[] = {"subject", "email_subject", "betreff", "sujet", "asunto"};
// Texts, but nobody's own.
constexpr std::string_view kNotWritten[] = {"name",     "title",  "url",      "path",          "referrer",
                                            "link_url", "email",  "topic",    "campaign_name", "product",
                                            "source",   "medium", "category", "flow"};
constexpr std::string_view kOwnNames[] = {"name",     "first_name", "last_name", "firstname",
                                          "lastname", "vorname",    "nachname"};

template <size_t N>
bool is_one_of(std::string_view name, const std::string_view (&names)[N]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::string last_part(std::string_view property) {
  const size_t dot = property.rfind('.');
  return fold_case(property.substr(dot == std::string_view::npos ? 0 : dot + 1));
}

// P(X >= x) of a Poisson variable: above that of the counts it stands for, which vary less.
double poisson_tail(double x, double mean) {
  double below = 0, term = std::exp(-mean);
  for (double k = 0; k < std::floor(x); ++k) below += term, term *= mean / (k + 1);
  return std::max(0.0, 1 - below);
}

// Long and hardly two alike, judged by the first texts of it.
bool looks_written(const History& history, const Column& column, bool by_name) {
  size_t texts = 0, words = 0;
  std::set<TextId> different;
  for (const TextId text : column.texts) {
    if (text <= profiles::kClearedText) continue;
    different.insert(text);
    const std::string_view said = history.dictionary.text(text);
    words += 1 + static_cast<size_t>(std::count(
                     said.begin(), said.begin() + static_cast<long>(std::min<size_t>(said.size(), 400)), ' '));
    if (++texts == 1000) break;
  }
  if (by_name) return texts > 0;
  return texts >= 20 && words >= 3 * texts && different.size() * 2 >= texts;
}

}  // namespace

std::vector<TextSource> sources_of_text(const History& history, const features::EventRoles& parts,
                                        const std::vector<std::string>& withheld,
                                        const std::vector<std::string>& allowed) {
  std::vector<TextSource> out;
  std::set<std::string> not_written;  // events of which a text is no customer's word
  for (const features::EventRole part :
       {features::EventRole::Main, features::EventRole::Look, features::EventRole::Pick, features::EventRole::Promotion,
        features::EventRole::Login, features::EventRole::Page})
    for (const std::string& event : parts.of(part)) not_written.insert(event);
  std::set<std::string> mail;
  for (const features::EventRole part : {features::EventRole::MailOpen, features::EventRole::MailClick})
    for (const std::string& event : parts.of(part)) mail.insert(event);
  const auto among = [](const std::vector<std::string>& list, const std::string& name) {
    return std::find(list.begin(), list.end(), name) != list.end();
  };
  for (const Stream& stream : history.streams) {
    if (!stream.is_counted()) continue;
    for (const Column& column : stream.columns) {
      if (column.type != PropertyType::Text || column.is_list || among(withheld, column.property)) continue;
      if (parts.words.careful && !among(allowed, column.property)) continue;
      const std::string name = last_part(column.property);
      const bool by_name = is_one_of(name, kWritten);
      const bool is_mail = mail.contains(stream.event);
      if (is_mail && !is_one_of(name, kSubjects)) continue;
      if (is_one_of(name, kNotWritten) || name.ends_with("_id") || (not_written.contains(stream.event) && !by_name))
        continue;
      if (looks_written(history, column, by_name)) out.push_back({&stream, &column, is_mail});
    }
  }
  return out;
}

class PhraseFinder {
  // Long because its passes over the texts count into the same tables of words.
 public:
  PhraseFinder(const History& history, std::span<const TextSource> sources, Instant as_of, const Comparison& comparison,
               PhraseStudy& out)
      : history_(history), sources_(sources), as_of_(as_of), comparison_(comparison), out_(out) {}

  void all() {
    out_.groups_ = comparison_.groups.size();
    gather();
    if (writers_.size() < kFewestWhoWrote) return;
    cut();
    find_phrases();
    stratify();
    for (size_t g = 0; g < out_.groups_; ++g) look_at(g);
  }

 private:
  struct Writer {
    uint32_t customer = 0, group = 0, stratum = 0;
    bool held_out = false;
    Language language = Language::Unknown;
    std::vector<uint32_t> texts;                      // of texts_
    std::vector<std::pair<uint32_t, float>> phrases;  // of phrases_, with what they weigh: texts that use it
    double weight = 0;                                // of all texts: one customer's count for two at most
  };
  struct Text {
    TextId id = 0;
    Language language = Language::Unknown;
    std::vector<uint32_t> words;  // kNoWord where a phrase cannot go on
  };
  using Key = uint64_t;  // up to three words, 21 bits each, plus one
  static constexpr size_t kMostWords = (1 << 21) - 2;
  static constexpr size_t kStrata = kLanguages + 1;

  // Whose texts are read: where there are too many, those of some customers, by a hash of the id.
  void gather() {
    std::vector<uint32_t> group_of(history_.customers(), static_cast<uint32_t>(out_.groups_));
    for (size_t g = out_.groups_; g-- > 0;)
      for (const uint32_t c : comparison_.groups[g]) group_of[c] = static_cast<uint32_t>(g);
    std::vector<std::pair<Instant, TextId>> found;
    std::vector<std::pair<uint32_t, std::vector<TextId>>> all;
    size_t count = 0;
    for (const uint32_t c : comparison_.everyone) {
      found.clear();
      for (const TextSource& source : sources_)
        for (uint32_t row = source.stream->first[c]; row < source.stream->first[c + 1]; ++row)
          if (source.stream->time[row] <= as_of_ && source.column->texts[row] > profiles::kClearedText)
            found.push_back({source.stream->time[row], source.column->texts[row]});
      if (found.empty()) continue;
      std::stable_sort(found.begin(), found.end(), [](const auto& a, const auto& b) { return a.first > b.first; });
      if (found.size() > kMostTextsOfOne) found.resize(kMostTextsOfOne);
      auto& texts = all.emplace_back(c, std::vector<TextId>()).second;
      for (const auto& [at, text] : found) texts.push_back(text);
      count += found.size();
    }
    if (count > kMostTexts) {
      const double share = static_cast<double>(kMostTexts) / static_cast<double>(count);
      const auto limit = static_cast<uint64_t>(share * 1e6);
      std::erase_if(all, [&](const auto& one) { return hash64(history_.customer[one.first], 7) % 1'000'000 >= limit; });
      out_.said_.push_back(
          fmt::format("Of {} texts about {} were read, those of some customers, drawn evenly.", count, kMostTexts));
    }
    std::unordered_map<TextId, uint32_t> index;
    size_t bytes = 0;
    for (auto& [customer, texts] : all) {
      Writer writer{.customer = customer, .group = group_of[customer], .held_out = comparison_.held_out[customer]};
      for (const TextId id : texts) {
        const auto [at, is_new] = index.try_emplace(id, static_cast<uint32_t>(texts_.size()));
        if (is_new) {
          bytes += std::min(history_.dictionary.text(id).size(), kMostTextBytes);
          texts_.push_back({.id = id});
        }
        writer.texts.push_back(at->second);
      }
      out_.texts_ += writer.texts.size();
      const auto n = static_cast<double>(writer.texts.size());
      writer.weight = n / (1 + (n - 1) * kTextsAlike);
      writers_.push_back(std::move(writer));
      if (bytes > kMostBytes) {
        out_.said_.push_back(fmt::format("The first {} MB of texts were read.", kMostBytes >> 20));
        break;
      }
    }
    out_.writers_ = writers_.size();
  }

  // Texts to words of one vocabulary; stop words leave, what turns the next word stays.
  void cut() {
    std::vector<TextWords> words(texts_.size());
    parallel_for(texts_.size(), 256, [&](size_t from, size_t to) {
      for (size_t i = from; i < to; ++i) {
        words[i] = words_of_text(history_.dictionary.text(texts_[i].id));
        texts_[i].language = language_of(words[i]);
      }
    });
    settle_languages();
    std::vector<Language> language(texts_.size(), Language::Unknown);
    for (const Writer& writer : writers_)
      for (const uint32_t t : writer.texts)
        language[t] = texts_[t].language == Language::Unknown ? writer.language : texts_[t].language;
    for (size_t t = 0; t < texts_.size(); ++t) {
      Text& text = texts_[t];
      for (size_t w = 0; w < words[t].words.size(); ++w) {
        const std::string_view word = words[t].at(w);
        if (words[t].words[w].begins && !text.words.empty()) text.words.push_back(kNoWord);
        const bool turns = is_turning_word(word, language[t]);
        if (!turns && is_stop_word(word, language[t])) continue;
        const uint32_t id = word_of(word);
        if (id == kNoWord) continue;
        if (turns) turning_[id] = true;
        text.words.push_back(id);
      }
      words[t] = {};
    }
  }
  uint32_t word_of(std::string_view word) {
    if (const auto found = index_of_.find(word); found != index_of_.end()) return found->second;
    if (vocabulary_.size() >= kMostWords) return kNoWord;
    vocabulary_.push_back(std::make_unique<std::string>(word));
    turning_.push_back(false);
    return index_of_.emplace(*vocabulary_.back(), static_cast<uint32_t>(vocabulary_.size() - 1)).first->second;
  }

  // A customer writes in the language most of their texts are in.
  void settle_languages() {
    Attribute& out = out_.languages_;
    out.property = "language";
    out.of = "texts";
    for (size_t l = 0; l < kLanguages; ++l)
      out.levels.push_back({.name = std::string(name_of(static_cast<Language>(l))),
                            .kind = AttributeKind::Tongue,
                            .said = fmt::format("in {}", name_of(static_cast<Language>(l)))});
    out.total.assign(history_.customers(), 0);
    for (Writer& writer : writers_) {
      std::array<uint32_t, kLanguages + 1> in{};
      for (const uint32_t t : writer.texts) ++in[static_cast<size_t>(texts_[t].language)];
      const auto most = std::max_element(in.begin(), in.begin() + kLanguages);
      if (*most == 0) continue;
      writer.language = static_cast<Language>(most - in.begin());
      for (uint32_t l = 0; l < kLanguages; ++l) {
        out.total[writer.customer] += in[l];
        if (in[l] > 0) out.counts.push_back({writer.customer, l, in[l]});
      }
    }
  }

  std::set<std::string> own_names(uint32_t customer) const {
    std::set<std::string> out;
    const Stream* traits = history_.stream(profiles::SystemStream::Identify);
    if (!traits) return out;
    for (const Column& column : traits->columns)
      if (column.type == PropertyType::Text && !column.is_list && is_one_of(fold_case(column.property), kOwnNames))
        for (uint32_t row = traits->first[customer]; row < traits->first[customer + 1]; ++row)
          if (column.texts[row] > profiles::kClearedText) {
            const TextWords words = words_of_text(history_.dictionary.text(column.texts[row]));
            for (size_t i = 0; i < words.words.size(); ++i) out.emplace(words.at(i));
          }
    return out;
  }

  // Words that enough customers use, then phrases of them (what is in a common phrase is common itself).
  void find_phrases() {
    std::vector<uint32_t> users(vocabulary_.size(), 0);
    std::vector<uint32_t> different;
    std::vector<std::set<uint32_t>> own(writers_.size());
    for (size_t i = 0; i < writers_.size(); ++i) {
      for (const std::string& name : own_names(writers_[i].customer))
        if (const auto found = index_of_.find(name); found != index_of_.end()) own[i].insert(found->second);
      different.clear();
      for (const uint32_t t : writers_[i].texts)
        for (const uint32_t word : texts_[t].words)
          if (word != kNoWord && !own[i].contains(word)) different.push_back(word);
      std::sort(different.begin(), different.end());
      different.erase(std::unique(different.begin(), different.end()), different.end());
      for (const uint32_t word : different) ++users[word];
    }
    std::vector<std::vector<std::pair<Key, uint32_t>>> keys(writers_.size());
    parallel_for(writers_.size(), 256, [&](size_t from, size_t to) {
      for (size_t i = from; i < to; ++i) keys[i] = keys_of(writers_[i], own[i], users);
    });
    std::unordered_map<Key, uint32_t> counts;
    for (const auto& of : keys)
      for (const auto& [key, texts] : of) ++counts[key];
    std::vector<std::pair<uint32_t, Key>> order;
    for (const auto& [key, count] : counts)
      if (count >= kFewestWriters) order.push_back({count, key});
    std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
      return a.first != b.first ? a.first > b.first : a.second < b.second;
    });
    if (order.size() > kMostPhrases) order.resize(kMostPhrases);
    std::unordered_map<Key, uint32_t> index;
    for (const auto& [count, key] : order) index[key] = static_cast<uint32_t>(phrases_.size()), phrases_.push_back(key);
    for (size_t i = 0; i < writers_.size(); ++i)
      for (const auto& [key, texts] : keys[i])
        if (const auto found = index.find(key); found != index.end())
          writers_[i].phrases.push_back(
              {found->second,
               static_cast<float>(writers_[i].weight * texts / static_cast<double>(writers_[i].texts.size()))});
  }

  // With the number of texts that each is in.
  std::vector<std::pair<Key, uint32_t>> keys_of(const Writer& writer, const std::set<uint32_t>& own,
                                                const std::vector<uint32_t>& users) const {
    std::vector<Key> all, of_text;
    for (const uint32_t t : writer.texts) {
      const auto& words = texts_[t].words;
      of_text.clear();
      const auto usable = [&](size_t i) {
        return i < words.size() && words[i] != kNoWord && users[words[i]] >= kFewestWriters && !own.contains(words[i]);
      };
      for (size_t i = 0; i < words.size(); ++i) {
        Key key = 0;
        bool means = false;
        for (size_t n = 0; n < 3 && usable(i + n); ++n) {
          key |= static_cast<Key>(words[i + n] + 1) << (21 * n);
          means |= !turning_[words[i + n]];
          if (means && !turning_[words[i + n]]) of_text.push_back(key);
        }
      }
      std::sort(of_text.begin(), of_text.end());
      all.insert(all.end(), of_text.begin(), std::unique(of_text.begin(), of_text.end()));
    }
    std::sort(all.begin(), all.end());
    std::vector<std::pair<Key, uint32_t>> out;
    for (const Key key : all)
      if (!out.empty() && out.back().first == key)
        ++out.back().second;
      else
        out.push_back({key, 1});
    return out;
  }
  static std::vector<uint32_t> words_in(Key key) {
    std::vector<uint32_t> out;
    for (; key != 0; key >>= 21) out.push_back(static_cast<uint32_t>((key & ((1 << 21) - 1)) - 1));
    return out;
  }

  void stratify() {
    for (Writer& writer : writers_) writer.stratum = static_cast<uint32_t>(writer.language);
    users_.assign(phrases_.size() * kStrata * 2, 0);
    customers_.assign(phrases_.size() * 2, 0);
    for (const Writer& writer : writers_) {
      strata_[writer.stratum * 2 + writer.held_out] += writer.weight;
      for (const auto& [phrase, weight] : writer.phrases) {
        if (writer.held_out) uses_[writer.stratum] += weight;
        users_[(phrase * kStrata + writer.stratum) * 2 + writer.held_out] += weight;
        ++customers_[phrase * 2 + writer.held_out];
      }
    }
  }

  // The weight of texts with the phrase, of everyone.
  double weight_of(uint32_t phrase) const {
    double sum = 0;
    for (size_t s = 0; s < kStrata * 2; ++s) sum += users_[phrase * kStrata * 2 + s];
    return sum;
  }

  // The log of the odds in the group against the others', among those it is found on, and how many of its errors that
  // is.
  struct Odds {
    double log_odds, z;
  };
  static Odds odds_of(double mine, double of_mine, double all, double of_all, double prior) {
    const double a = prior * all / of_all, y = mine + a, n = of_mine + prior, others = all - mine + a,
                 of_others = of_all - of_mine + prior;
    const double log_odds = std::log(y / std::max(0.5, n - y)) - std::log(others / std::max(0.5, of_others - others));
    return {log_odds, log_odds / std::sqrt(1 / y + 1 / others)};
  }

  void look_at(size_t g) {
    std::vector<double> mine(phrases_.size(), 0), weight(phrases_.size(), 0), held(phrases_.size(), 0);
    std::vector<uint32_t> customers(phrases_.size(), 0);
    std::vector<std::array<double, 2>> writing(kStrata, {0, 0});
    std::array<double, kStrata> uses{};  // of any phrase, held out
    double writers = 0, of_group = 0, of_everyone = 0;
    for (const Writer& writer : writers_) {
      of_everyone += writer.weight;
      if (writer.group != g) continue;
      writers += 1;
      of_group += writer.weight;
      writing[writer.stratum][writer.held_out] += writer.weight;
      for (const auto& [phrase, w] : writer.phrases) {
        ++customers[phrase];
        weight[phrase] += w;
        if (writer.held_out) held[phrase] += w, uses[writer.stratum] += w;
        if (!writer.held_out) ++mine[phrase];
      }
    }
    if (writers < 2 * kFewestWriters) return;
    double of_mine = 0, of_all = 0;
    std::vector<double> all(phrases_.size());
    for (uint32_t p = 0; p < phrases_.size(); ++p) all[p] = customers_[p * 2], of_mine += mine[p], of_all += all[p];
    if (of_mine == 0) return;
    const double prior = kPriorOfGroup * of_all / static_cast<double>(out_.groups_);
    std::vector<std::pair<Odds, uint32_t>> found;
    for (uint32_t p = 0; p < phrases_.size(); ++p) {
      if (customers[p] < kFewestWriters || all[p] == 0) continue;
      ++out_.comparisons_;
      const Odds odds = odds_of(mine[p], of_mine, all[p], of_all, prior);
      if (odds.z >= kWorthFinding) found.push_back({odds, p});
    }
    std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
      return a.first.z != b.first.z ? a.first.z > b.first.z : a.second < b.second;
    });
    if (found.size() > kTestedOfGroup) found.resize(kTestedOfGroup);
    for (const auto& [odds, p] : found) {
      PhraseStudy::Look look{.group = g, .weight = weight[p], .of = of_group, .words = words_in(phrases_[p])};
      Phrase& phrase = look.phrase;
      for (const uint32_t word : look.words) phrase.words += (phrase.words.empty() ? "" : " ") + *vocabulary_[word];
      phrase.language = language_of_phrase(p);
      phrase.customers = customers[p];
      phrase.share = weight[p] / of_group;
      phrase.everyone = weight_of(p) / of_everyone;
      phrase.log_odds = odds.log_odds;
      phrase.z = odds.z;
      out_.tests_.push_back(p_of(p, writing, uses, held));
      out_.looks_.push_back(std::move(look));
    }
  }

  Language language_of_phrase(uint32_t phrase) const {
    std::array<double, kLanguages + 1> in{};
    for (size_t s = 0; s < kStrata; ++s)
      for (const size_t half : {0, 1}) in[s] += users_[(phrase * kStrata + s) * 2 + half];
    return static_cast<Language>(std::max_element(in.begin(), in.end()) - in.begin());
  }

  // Cochran, Mantel and Haenszel's test among those held out, with the correction for continuity; two-sided. Of a group
  // that writes more than others in a text, more of every phrase is expected.
  double p_of(uint32_t phrase, const std::vector<std::array<double, 2>>& writing,
              const std::array<double, kStrata>& uses, const std::vector<double>& held) const {
    double expected = 0, variance = 0;
    for (size_t s = 0; s < kStrata; ++s) {
      const double n = strata_[s * 2 + 1], group = writing[s][1], use = users_[(phrase * kStrata + s) * 2 + 1];
      if (n < 2 || group <= 0 || !(uses_[s] > 0)) continue;
      const double wordier = uses[s] / group / (uses_[s] / n), mean = std::min(group, group * use / n * wordier);
      expected += mean;
      variance += mean * (n - group) * (n - use) / (n * (n - 1));
    }
    const double more = held[phrase] - expected - 0.5;
    if (more <= 0 || !(variance > 0)) return 1;
    if (expected < kFewestExpected) return std::min(1.0, 2 * poisson_tail(held[phrase], expected));
    return std::min(1.0, 2 * stats::normal_upper_tail(more / std::sqrt(variance)));
  }

  const History& history_;
  std::span<const TextSource> sources_;
  Instant as_of_;
  const Comparison& comparison_;
  PhraseStudy& out_;
  std::vector<Writer> writers_;
  std::vector<Text> texts_;
  std::vector<std::unique_ptr<std::string>> vocabulary_;
  std::vector<bool> turning_;  // of a word
  std::unordered_map<std::string_view, uint32_t> index_of_;
  std::vector<Key> phrases_;
  std::array<double, kStrata * 2> strata_{};  // writers, by stratum and half
  std::array<double, kStrata> uses_{};        // of any phrase, held out, by stratum
  std::vector<float> users_;                  // of each phrase, weights of its users by stratum and half
  std::vector<uint32_t> customers_;           // of each phrase, its users by half
};

PhraseStudy::PhraseStudy(const History& history, std::span<const TextSource> sources, Instant as_of,
                         const Comparison& comparison, std::string_view how)
    : how_(how) {
  PhraseFinder(history, sources, as_of, comparison, *this).all();
}

namespace {

// The words of one stand in the other, next to each other.
bool is_part_of(const std::vector<uint32_t>& part, const std::vector<uint32_t>& whole) {
  return std::search(whole.begin(), whole.end(), part.begin(), part.end()) != whole.end();
}

}  // namespace

std::vector<std::vector<Phrase>> PhraseStudy::judged(std::span<const double> q) const {
  double kept = 0;
  for (size_t i = 0; i < looks_.size(); ++i) kept += q[i] <= kMistakes;
  const double z =
      kept > 0 ? stats::z_of(kMistakes * kept / static_cast<double>(comparisons_)) : stats::z_of(kMistakes);
  std::vector<std::vector<Phrase>> out(groups_);
  std::vector<std::vector<const Look*>> told(groups_);
  for (size_t i = 0; i < looks_.size(); ++i) {
    const Look& look = looks_[i];
    if (q[i] > kMistakes || out[look.group].size() >= kShown) continue;
    const stats::Interval interval = stats::wilson(std::min(look.weight, look.of), look.of, z);
    if (interval.contains(look.phrase.everyone)) continue;
    // A longer phrase that most of its users use says it better; and nothing is said twice.
    const bool said = std::any_of(looks_.begin(), looks_.end(), [&](const Look& other) {
      return other.group == look.group && q[static_cast<size_t>(&other - looks_.data())] <= kMistakes &&
             other.words.size() > look.words.size() && is_part_of(look.words, other.words) &&
             static_cast<double>(other.phrase.customers) >= kSaysTheSame * static_cast<double>(look.phrase.customers);
    });
    const bool twice = std::any_of(told[look.group].begin(), told[look.group].end(), [&](const Look* other) {
      return is_part_of(look.words, other->words) || is_part_of(other->words, look.words);
    });
    if (said || twice) continue;
    Phrase phrase = look.phrase;
    phrase.q = q[i];
    phrase.interval = interval;
    phrase.sentence = fmt::format("{} {} {} \"{}\", against {} of everyone's", percent_text(phrase.share),
                                  range_text(interval), how_, phrase.words, percent_text(phrase.everyone));
    told[look.group].push_back(&look);
    out[look.group].push_back(std::move(phrase));
  }
  return out;
}

}  // namespace tessera::persona
