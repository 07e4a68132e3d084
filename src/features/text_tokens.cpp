#include "features/text_tokens.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <stop_words.hpp>

#include "core/text.hpp"

namespace tessera::features {

namespace {

constexpr size_t kMostTagBytes = 200, kMostEntityBytes = 10, kMostRunBytes = 300;

// Letters and the marks that belong to them, first and last of each range.
struct Letters {
  char32_t first, last;
};
constexpr Letters kLetters[] = {
    {'a', 'z'},       {'A', 'Z'},       {0xC0, 0xD6},     {0xD8, 0xF6},     {0xF8, 0x24F},    {0x300, 0x36F},
    {0x370, 0x373},   {0x376, 0x377},   {0x37B, 0x37D},   {0x386, 0x386},   {0x388, 0x3FF},   {0x400, 0x481},
    {0x48A, 0x52F},   {0x531, 0x556},   {0x561, 0x587},   {0x5D0, 0x5EA},   {0x620, 0x65F},   {0x66E, 0x6D3},
    {0x900, 0x963},   {0x971, 0x97F},   {0xE01, 0xE3A},   {0xE40, 0xE4E},   {0x10A0, 0x10FF}, {0x1E00, 0x1FBC},
    {0x3041, 0x3096}, {0x30A1, 0x30FA}, {0x30FC, 0x30FC}, {0x3400, 0x4DBF}, {0x4E00, 0x9FFF}, {0xAC00, 0xD7A3},
};

bool is_letter(char32_t c) {
  return std::any_of(std::begin(kLetters), std::end(kLetters),
                     [c](const Letters& range) { return c >= range.first && c <= range.last; });
}

bool is_apostrophe(char32_t c) {
  return c == '\'' || c == 0x2019 || c == 0x2BC;
}

// One code point of valid UTF-8 and its bytes.
struct Point {
  char32_t value;
  size_t bytes;
};
Point point_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[at + i]); };
  const uint8_t lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xE0) return {char32_t((lead & 0x1F) << 6 | (byte(1) & 0x3F)), 2};
  if (lead < 0xF0) return {char32_t((lead & 0x0F) << 12 | (byte(1) & 0x3F) << 6 | (byte(2) & 0x3F)), 3};
  return {char32_t((lead & 0x07) << 18 | (byte(1) & 0x3F) << 12 | (byte(2) & 0x3F) << 6 | (byte(3) & 0x3F)), 4};
}

bool is_blank(char c) {
  return static_cast<uint8_t>(c) <= ' ' || c == 0x7F;
}

// What stands at `at` and is no word: a tag, an entity, an address. 0 = nothing of the kind.
size_t left_out_at(std::string_view text, size_t at) {
  const std::string_view rest = text.substr(at);
  if (rest[0] == '<' && rest.size() > 1 && (rest[1] == '/' || rest[1] == '!' || (rest[1] >= 'a' && rest[1] <= 'z'))) {
    const size_t end = rest.substr(0, kMostTagBytes).find('>');
    if (end != std::string_view::npos) return end + 1;
  }
  if (rest[0] == '&') {
    const size_t end = rest.substr(0, kMostEntityBytes).find(';');
    if (end != std::string_view::npos && end > 1) return end + 1;
  }
  if (at > 0 && !is_blank(text[at - 1])) return 0;
  const auto end =
      std::find_if(rest.begin(), rest.begin() + static_cast<long>(std::min(rest.size(), kMostRunBytes)), is_blank);
  const std::string_view run = rest.substr(0, static_cast<size_t>(end - rest.begin()));
  const bool address =
      run.find('@') != std::string_view::npos || run.find("://") != std::string_view::npos || run.starts_with("www.");
  return address ? run.size() : 0;
}

constexpr std::string_view kEnglishEndings[] = {"s", "re", "ve", "ll", "d", "m"};

class Cutter {
 public:
  explicit Cutter(std::string_view text) {
    std::string_view first = text.substr(0, kMostTextBytes);
    // Not in the middle of a letter.
    while (first.size() < text.size() && !first.empty() && (static_cast<uint8_t>(text[first.size()]) & 0xC0) == 0x80)
      first.remove_suffix(1);
    out_.text = fold_case(repair_utf8(first));
  }

  TextWords all() {
    const std::string_view text = out_.text;
    for (size_t at = 0; at < text.size();) {
      if (const size_t skipped = left_out_at(text, at)) {
        end_run(at);
        begins_ = true;
        at += skipped;
        continue;
      }
      const Point point = point_at(text, at);
      if (is_letter(point.value) || (point.value >= '0' && point.value <= '9')) {
        if (start_ == kNone) start_ = at;
        digits_ |= point.value <= '9';
      } else if (!joins(at, point)) {
        end_run(at);
        if (point.value != ' ') begins_ = true;
      }
      at += point.bytes;
    }
    end_run(text.size());
    return std::move(out_);
  }

 private:
  // Apostrophes and hyphens between letters stay in the run; they are dealt with at its end.
  bool joins(size_t at, Point point) {
    if (start_ == kNone || at + point.bytes >= out_.text.size()) return false;
    if (!is_letter(point_at(out_.text, at + point.bytes).value)) return false;
    if (point.value == '-') return at - start_ == 1;
    if (!is_apostrophe(point.value)) return false;
    if (apostrophe_ != kNone) return false;
    apostrophe_ = at;
    after_ = at + point.bytes;
    return true;
  }

  void end_run(size_t end) {
    if (start_ == kNone) return;
    if (digits_) {
      begins_ = true;
    } else if (apostrophe_ == kNone) {
      put(start_, end);
    } else {
      take_apart(end);
    }
    start_ = apostrophe_ = kNone;
    digits_ = false;
  }

  void take_apart(size_t end) {
    const std::string_view text = out_.text;
    const std::string_view head = text.substr(start_, apostrophe_ - start_), tail = text.substr(after_, end - after_);
    if (tail == "t" && head.ends_with('n')) {
      put_not(head);
    } else if (std::find(std::begin(kEnglishEndings), std::end(kEnglishEndings), tail) != std::end(kEnglishEndings)) {
      put(start_, apostrophe_);
    } else {
      if (head.size() > 3) put(start_, apostrophe_);
      put(after_, end);
    }
  }
  // The words point into the text, so the word "not" is written over what it stands for: there is always room ("n't").
  void put_not(std::string_view head) {
    const size_t at = static_cast<size_t>(head.data() - out_.text.data());
    out_.text.replace(at, 3, "not");
    put(at, at + 3);
  }

  void put(size_t from, size_t to) {
    const size_t size = to - from;
    if (size < 2 || size > kMostWordBytes) {
      begins_ |= size > kMostWordBytes;
      return;
    }
    out_.words.push_back({static_cast<uint16_t>(from), static_cast<uint16_t>(size), begins_});
    begins_ = false;
  }

  static constexpr size_t kNone = SIZE_MAX;
  TextWords out_;
  size_t start_ = kNone, apostrophe_ = kNone, after_ = 0;
  bool digits_ = false, begins_ = true;
};

// In the order of Language.
// They say little alone, but turn what follows, and the published lists have not all of them.
constexpr std::string_view kTurningWords[kLanguages] = {
    "too very not no never without",
    "nicht kein keine keinen nie zu sehr ohne",
    "pas trop très jamais non sans",
    "no muy demasiado nunca sin",
};

struct Mark {
  uint8_t stops = 0, turns = 0;  // a bit a language
};

static_assert(std::size(bought::kStopWords) == kLanguages);

const std::unordered_map<std::string_view, Mark>& marks() {
  static const auto kMarks = [] {
    std::unordered_map<std::string_view, Mark> out;
    for (size_t language = 0; language < kLanguages; ++language) {
      const auto bit = static_cast<uint8_t>(1 << language);
      for (const std::string_view word : split(bought::kStopWords[language], ' ')) out[word].stops |= bit;
      for (const std::string_view word : split(kTurningWords[language], ' ')) {
        Mark& mark = out[word];
        mark.stops |= bit, mark.turns |= bit;
      }
    }
    return out;
  }();
  return kMarks;
}

uint8_t bits_of(Language language) {
  return language == Language::Unknown ? uint8_t{0xFF} : static_cast<uint8_t>(1 << static_cast<int>(language));
}

}  // namespace

std::string_view name_of(Language language) {
  static constexpr std::string_view kNames[] = {"English", "German", "French", "Spanish", "another language"};
  return kNames[static_cast<size_t>(language)];
}

TextWords words_of_text(std::string_view text) {
  return Cutter(text).all();
}

Language language_of(const TextWords& words) {
  std::array<size_t, kLanguages> seen{};
  for (size_t i = 0; i < words.words.size(); ++i) {
    const auto found = marks().find(words.at(i));
    if (found == marks().end()) continue;
    for (size_t language = 0; language < kLanguages; ++language) seen[language] += found->second.stops >> language & 1;
  }
  const auto most = std::max_element(seen.begin(), seen.end());
  if (*most < 2 || std::count(seen.begin(), seen.end(), *most) > 1) return Language::Unknown;
  return static_cast<Language>(most - seen.begin());
}

bool is_stop_word(std::string_view word, Language language) {
  const auto found = marks().find(word);
  return found != marks().end() && (found->second.stops & bits_of(language)) != 0;
}

bool is_turning_word(std::string_view word, Language language) {
  const auto found = marks().find(word);
  return found != marks().end() && (found->second.turns & bits_of(language)) != 0;
}

}  // namespace tessera::features
