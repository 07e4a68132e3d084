#include "report/letter_words.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include "core/text.hpp"
#include "profiles/tables.hpp"

namespace tessera::report {

namespace {

constexpr size_t kMostNews = 8, kMostRows = 12, kMostTurns = 6;
constexpr std::ptrdiff_t kMostSplits = 4;

// A length of time in its largest unit: "9 days", "5 hours".
std::string about(Duration duration) {
  for (const auto& [unit, word] : {std::pair{kDay, "day"}, {kHour, "hour"}, {kMinute, "minute"}})
    if (duration >= unit) {
      const auto n = std::llround(static_cast<double>(duration.ms) / static_cast<double>(unit.ms));
      return fmt::format("{} {}{}", n, word, n == 1 ? "" : "s");
    }
  return "less than a minute";
}

std::string signed_text(double x) {
  return x > 0 ? "+" + grouped(x) : grouped(x);
}

class Wording {
  // Long because it is one page: a method a paragraph, over the same figures and words.
 public:
  Wording(const Letter& letter, const Zone& zone, std::string_view store)
      : letter_(letter),
        zone_(zone),
        store_(store),
        words_(letter.parts.words),
        length_(text_of(letter.until - letter.since)) {}

  Page page() {
    Page out{.title = fmt::format("From {} to {}", at(letter_.since), at(letter_.until)), .lead = {}, .sections = {}};
    if (letter_.nothing_happened() && is_still()) {
      const std::string newest =
          letter_.newest > kEver ? fmt::format("; the newest event is of {}", at(letter_.newest)) : "";
      out.lead.push_back(
          {plain(fmt::format("Nothing happened between {} and {}: no event came, and no membership "
                             "changed{}.",
                             at(letter_.since), at(letter_.until), newest))});
      return out;
    }
    if (letter_.nothing_happened())
      out.lead.push_back({plain("Nothing out of the usual happened.")});
    else
      out.lead.push_back(summary());
    if (letter_.until - letter_.newest > Duration{(letter_.until - letter_.since).ms / 4})
      out.lead.push_back(
          {plain(fmt::format("The newest event is of {}, {} before the end: what came later is not in "
                             "the record.",
                             at(letter_.newest), about(letter_.until - letter_.newest)))});
    for (Sentence& sentence : totals()) out.lead.push_back(std::move(sentence));
    add(out, look_at());
    add(out, segments());
    add(out, notables());
    add(out, silences());
    add(out, discovery());
    add(out, method());
    return out;
  }

 private:
  static void add(Page& page, PageSection section) {
    if (!section.sentences.empty() || !section.items.empty() || !section.table.rows.empty() || !section.below.empty())
      page.sections.push_back(std::move(section));
  }
  bool is_still() const {
    return letter_.events == 0 &&
           std::ranges::all_of(letter_.segments, [](const auto& each) { return each.entered + each.left == 0; });
  }
  std::string in_period() const { return fmt::format("in these {}", length_); }
  // A midnight is its day.
  std::string at(Instant instant) const {
    std::string out = spoken(instant, zone_);
    if (out.ends_with(" 00:00")) out.resize(out.size() - 6);
    return out;
  }
  std::string periods() const { return features::counted(letter_.periods, "period before", "periods before"); }

  // "more than the 12 periods before show (8,500 to 14,000)"
  std::string verdict(const LetterFigure& figure, bool is_change) const {
    const stats::Usual& usual = figure.usual;
    if (!usual.tells && usual.before >= stats::kFewestBefore)
      return figure.now == figure.before[0] ? fmt::format("as in each of the {}", periods())
                                            : fmt::format("the {} were all alike", periods());
    if (!usual.tells)
      return fmt::format("the record holds {}, too few to say what is usual",
                         letter_.periods == 0 ? "no whole period before" : periods());
    const bool is_more = figure.now > usual.range.high;
    const double low = is_change ? usual.range.low : std::max(0.0, usual.range.low);
    const std::string range =
        is_change ? fmt::format("changes of {} to {}", signed_text(std::round(low)),
                                signed_text(std::round(usual.range.high)))
                  : fmt::format("{} to {}", grouped(std::round(low)), grouped(std::round(usual.range.high)));
    if (figure.is_beyond) return fmt::format("{} than the {} show ({})", is_more ? "more" : "less", periods(), range);
    if (usual.range.contains(figure.now)) return fmt::format("within what the {} show ({})", periods(), range);
    return fmt::format("outside what the {} show ({}), but one of {} comparisons may be by chance", periods(), range,
                       letter_.comparisons);
  }
  std::string verdict(const LetterSegment& segment) const {
    if (!segment.by_chance_alone) return verdict(segment.change, true);
    return segment.change.is_beyond ? "more than chance brings about where as many come as go"
                                    : "no more than chance brings about where as many come as go";
  }
  std::string before(const LetterFigure& figure) const {
    return figure.before.empty() ? "" : fmt::format(", {} in the {} before", grouped(figure.before[0]), length_);
  }

  Sentence summary() const {
    std::vector<std::string> parts;
    const auto note = [&](size_t count, std::string_view one, std::string_view many) {
      if (count > 0) parts.push_back(features::counted(count, one, many));
    };
    const auto count = [&](auto is) { return static_cast<size_t>(std::ranges::count_if(letter_.segments, is)); };
    const auto is_beyond = [](const LetterSegment& each) { return each.change.is_beyond || each.money.is_beyond; };
    note(count(is_beyond), "segment changed more than usual", "segments changed more than usual");
    note(count([](const auto& each) { return each.applied == Applied::New; }), "segment was applied",
         "segments were applied");
    note(count([](const auto& each) { return each.applied == Applied::Changed; }), "definition was changed",
         "definitions were changed");
    note(letter_.removed.size(), "segment was removed", "segments were removed");
    note(static_cast<size_t>(std::ranges::count_if(letter_.notables, stands_out)),
         fmt::format("{} stands out", words_.customer), fmt::format("{} stand out", words_.customers));
    note(letter_.silences.size(), "source fell silent", "sources fell silent");
    note(letter_.proposals().size(), "change is proposed by discovery", "changes are proposed by discovery");
    const auto note_total = [&](const LetterFigure& figure, std::string_view more, std::string_view less) {
      if (figure.is_beyond) parts.emplace_back(figure.now > figure.usual.range.high ? more : less);
    };
    const std::string what = letter_.parts.value_words();
    note_total(letter_.money, fmt::format("{} was more than usual", what), fmt::format("{} was less than usual", what));
    note_total(letter_.buyers, fmt::format("more {} than usual", words_.customers),
               fmt::format("fewer {} than usual", words_.customers));
    note_total(letter_.first_timers, "more came for the first time than usual",
               "fewer came for the first time than usual");
    if (parts.empty()) parts.push_back("little is out of the usual");
    return {plain(capitalised(join(parts, ", ")) + ".")};
  }

  std::vector<Sentence> totals() const {
    std::vector<Sentence> out;
    out.push_back(
        {plain(fmt::format("{}: {} {}{}; {}.", capitalised(letter_.parts.value_words()), grouped(letter_.money.now),
                           in_period(), before(letter_.money), verdict(letter_.money, false)))});
    out.push_back({plain(fmt::format(
        "{} {} had {} {}{}: {}. {} of them had their first{}: {}.", grouped(letter_.buyers.now), words_.customers,
        std::string_view("aeiou").find(words_.main[0]) != std::string_view::npos ? fmt::format("an {}", words_.main)
                                                                                 : fmt::format("a {}", words_.main),
        in_period(), before(letter_.buyers), verdict(letter_.buyers, false), grouped(letter_.first_timers.now),
        before(letter_.first_timers), verdict(letter_.first_timers, false)))});
    return out;
  }

  // --- segments

  Sentence news(const LetterSegment& one) const {
    if (one.applied == Applied::New)
      return {name(one.name),
              plain(fmt::format(" was applied {}: {} {} now, {} when the period began, by the same definition.",
                                at(one.since), grouped(static_cast<double>(one.now)), words_.customers,
                                grouped(static_cast<double>(one.then))))};
    if (one.applied == Applied::Changed)
      return {name(one.name),
              plain(fmt::format(" has another definition{}: {} {} now; when the period began {} by that of now, {} by "
                                "that of then.",
                                one.since > letter_.since ? " since " + at(one.since) : std::string(),
                                grouped(static_cast<double>(one.now)), words_.customers,
                                grouped(static_cast<double>(one.then)),
                                one.then_by_old ? grouped(static_cast<double>(*one.then_by_old)) : "none"))};
    std::string text;
    if (one.change.is_beyond)
      text +=
          fmt::format(" {} from {} to {} {}: {} entered, {} left; {}.", one.change.now > 0 ? "grew" : "drained",
                      grouped(static_cast<double>(one.then)), grouped(static_cast<double>(one.now)), words_.customers,
                      grouped(static_cast<double>(one.entered)), grouped(static_cast<double>(one.left)), verdict(one));
    if (one.change.is_beyond && letter_.has_money)
      text += fmt::format(
          " Those who entered brought {} in the year up to the end, those who left {} in the year up to "
          "the beginning.",
          grouped(one.entered_money), grouped(one.left_money));
    if (one.money.is_beyond)
      text += fmt::format("{} those who were in it when the period began brought {} {}{}; {}.",
                          text.empty() ? ":" : " And", grouped(one.money.now), in_period(),
                          one.money.before.empty()
                              ? ""
                              : fmt::format(", those of the {} before {}", length_, grouped(one.money.before[0])),
                          verdict(one.money, false));
    return {name(one.name), plain(text)};
  }
  static bool is_news(const LetterSegment& one) {
    return one.applied != Applied::Before || one.change.is_beyond || one.money.is_beyond;
  }

  PageSection segments() const {
    PageSection out{.title = "Segments"};
    if (letter_.segments.empty() && letter_.removed.empty()) {
      out.sentences.push_back({plain("No segment is applied.")});
      return out;
    }
    size_t said = 0;
    for (const LetterSegment& one : letter_.segments)
      if (is_news(one) && said++ < kMostNews) out.items.push_back(news(one));
    if (said > kMostNews) out.items.push_back({plain(fmt::format("{} more, in the table.", said - kMostNews))});
    for (const auto& removed : letter_.removed) out.items.push_back({name(removed.name), plain(" was removed.")});
    for (const std::string& split : letter_.splits)
      if (&split - letter_.splits.data() < kMostSplits) out.items.push_back({plain(split + ".")});
    if (out.items.empty())
      out.sentences.push_back({plain("No segment grew or drained by more than usual, and no definition changed.")});
    table(out);
    return out;
  }
  void table(PageSection& out) const {
    out.table.head = {"segment", "then", "now", "entered", "left"};
    if (letter_.has_money)
      out.table.head.insert(out.table.head.end(),
                            {letter_.parts.value_words(), fmt::format("in the {} before", length_)});
    for (const LetterSegment& one : letter_.segments) {
      if (out.table.rows.size() == kMostRows) break;
      const auto number = [](double x) { return Sentence{plain(grouped(x))}; };
      std::vector<Sentence> row{{name(one.name)},
                                number(static_cast<double>(one.then)),
                                {plain(grouped(static_cast<double>(one.now)) + (one.change.is_beyond ? " *" : ""))},
                                number(static_cast<double>(one.entered)),
                                number(static_cast<double>(one.left))};
      if (letter_.has_money) {
        row.push_back({plain(grouped(one.money.now) + (one.money.is_beyond ? " *" : ""))});
        row.push_back({plain(one.money.before.empty() ? "-" : grouped(one.money.before[0]))});
      }
      out.table.rows.push_back(std::move(row));
    }
    if (letter_.segments.size() > kMostRows)
      out.below.push_back(
          {plain(fmt::format("And {} more segments, changed less.", letter_.segments.size() - kMostRows))});
    out.below.push_back({plain(
        fmt::format("* beyond what is usual. {}The rest is within what chance or the periods before bring about, or "
                    "cannot be told.",
                    letter_.has_money ? fmt::format("{} is of those who were in the segment when the period "
                                                    "began; before: of those who were when that one began. ",
                                                    capitalised(letter_.parts.value_words()))
                                      : ""))});
  }

  // --- who stands out

  Sentence sentence_of(const Notable& one) const {
    const std::string of_periods = fmt::format("of the {}", periods());
    switch (one.kind) {
      case NotableKind::Riser:
        return {name(one.pseudonym), plain(fmt::format(" brought {}, and {} in the {} before: more than in any {}{}.",
                                                       grouped(one.now), grouped(one.before), length_, of_periods,
                                                       one.is_extreme ? "; nobody rose as much in these" : ""))};
      case NotableKind::Faller:
        return {name(one.pseudonym), plain(fmt::format(" brought {}, and {} in the {} before: less than in any {}{}.",
                                                       grouped(one.now), grouped(one.before), length_, of_periods,
                                                       one.is_extreme ? "; nobody fell as much in these" : ""))};
      case NotableKind::WentSilent:
        return {name(one.pseudonym),
                plain(fmt::format(" is one of the best {} and has gone silent: the last {} is of {}, {} ago; usually "
                                  "the next comes after {}, and never was it more than {}; {} in the last year.",
                                  words_.customers, words_.main, at(one.last), about(letter_.until - one.last),
                                  about(one.usual_gap), about(one.longest_gap), grouped(one.year)))};
      case NotableKind::FirstBig:
        return {name(one.pseudonym),
                plain(fmt::format(" came with a first {} of {}; 19 of 20 first ones before were at most {}.",
                                  words_.main, grouped(one.now), grouped(one.before)))};
    }
    return {};
  }
  PageSection notables() const {
    PageSection out{.title = fmt::format("Notable {}", words_.customers)};
    for (const Notable& one : letter_.notables) out.items.push_back(sentence_of(one));
    const auto has = [&](NotableKind kind) {
      return std::ranges::find(letter_.notables, kind, &Notable::kind) != letter_.notables.end();
    };
    std::vector<std::string> usual;
    if (has(NotableKind::Riser)) note_usual("rise", letter_.largest_rises, usual);
    if (has(NotableKind::Faller)) note_usual("fall", letter_.largest_falls, usual);
    if (!usual.empty())
      out.below.push_back(
          {plain(fmt::format("Somebody moves most in every period: in those before {}.", join(usual, ", ")))});
    return out;
  }
  static void note_usual(std::string_view what, const std::vector<double>& before, std::vector<std::string>& out) {
    if (before.empty()) return;
    const auto [least, most] = std::ranges::minmax(before);
    out.push_back(
        fmt::format("the largest {} was {} to {}", what, grouped(std::round(least)), grouped(std::round(most))));
  }

  // --- sources

  Sentence sentence_of(const Silence& one) const {
    if (letter_.all_silent && !one.is_source)
      return {plain(fmt::format("No event of any kind has come since {}.", at(one.newest)))};
    if (one.is_source)
      return {plain("The source "), name(one.name),
              plain(fmt::format(" has sent nothing since {}; usually it sends every {}.", at(one.newest),
                                about(one.usual_gap)))};
    return {plain("No "), name(one.name),
            plain(fmt::format(" since {}; on average one comes every {}, and the longest gap of the year was {}.",
                              at(one.newest), about(one.usual_gap), about(one.longest_gap)))};
  }
  PageSection silences() const {
    PageSection out{.title = "What fell silent"};
    for (const Silence& one : letter_.silences) out.items.push_back(sentence_of(one));
    if (letter_.silent_before > 0)
      out.below.push_back({plain(fmt::format(
          "{} fallen silent before.",
          features::counted(letter_.silent_before, "source or kind of event had", "sources or kinds of events had")))});
    return out;
  }

  // --- discovery

  bool is_run_of_period() const { return letter_.run && letter_.run->as_of > letter_.since; }
  PageSection discovery() const {
    PageSection out{.title = "What discovery proposes"};
    if (!is_run_of_period()) {
      out.sentences.push_back(
          {plain(letter_.run ? fmt::format("It was last run as of {}; what a rerun would find is not known: ",
                                           at(letter_.run->as_of))
                             : std::string("It has not been run yet: ")),
           code(try_command("discover").option("--out", "report").text(store_))});
      return out;
    }
    const auto& lineage = letter_.run->lineage;
    if (!lineage) {
      out.sentences.push_back(
          {plain(fmt::format("Run {} is the first: there is none to hold it against.", letter_.run->number))});
      return out;
    }
    const auto found = std::ranges::count(lineage->turns, lineage::TurnKind::FoundAgain, &lineage::Turn::kind);
    out.sentences.push_back(
        {plain(fmt::format("Run {}, as of {}, found {} of the {} groups of run {} again.", letter_.run->number,
                           at(letter_.run->as_of), found, lineage->before.size(), lineage->run))});
    for (const lineage::Turn& turn : letter_.proposals())
      if (out.items.size() < kMostTurns) out.items.push_back({plain(lineage::sentence_of(*lineage, turn))});
    return out;
  }
  // --- what to look at

  PageSection look_at() const {
    PageSection out{.title = "What to look at", .sentences = {}, .items = {}, .is_numbered = true};
    const auto then = [&](std::string verb, std::string about) {
      return try_command(std::move(verb)).argument(std::move(about)).option("--as-of", text_of(letter_.until));
    };
    std::set<std::string> asked;
    const auto add = [&](Sentence reason, const Remedy& remedy) {
      std::string command = remedy.text(store_);
      if (out.items.size() == kMostToLookAt || !asked.insert(command).second) return;
      reason.push_back(plain(" "));
      reason.push_back(code(std::move(command)));
      out.items.push_back(std::move(reason));
    };
    for (const Silence& one : letter_.silences)
      if (letter_.all_silent && !one.is_source)
        add({plain("Nothing has come in; is anything brought into the record any more?")}, try_command("doctor"));
      else
        add({name(one.name), plain(" fell silent; what was there last:")},
            one.is_source
                ? try_command("doctor")
                : try_command("sql").argument(fmt::format("SELECT max(time) AS newest, count(*) AS events FROM {}",
                                                          profiles::table_name_of(one.name))));
    for (const LetterSegment& one : letter_.segments) {
      if (!one.change.is_beyond || one.applied != Applied::Before) continue;
      if (one.change.now < 0 && !one.leaver.empty())
        add({name(one.name), plain(" drained. Of those who left, this one had brought most; why they left:")},
            then("customer", one.leaver));
      else
        add({name(one.name), plain(one.change.now < 0 ? " drained; who is left:" : " grew; who is in it now:")},
            then("segments members", one.slug));
    }
    const auto gone = std::ranges::find(letter_.notables, NotableKind::WentSilent, &Notable::kind);
    if (const auto count = std::ranges::count(letter_.notables, NotableKind::WentSilent, &Notable::kind); count > 0)
      add({plain(fmt::format("{} of the best {} {} gone silent{}:", count, words_.customers,
                             count == 1 ? "has" : "have", count == 1 ? "" : "; the one who brought most"))},
          then("customer", gone->pseudonym));
    for (const LetterSegment& one : letter_.segments)
      if (one.money.is_beyond && !one.change.is_beyond && one.applied == Applied::Before)
        add({name(one.name), plain(one.money.now < one.money.before[0] ? " brought less than usual; who is in it:"
                                                                       : " brought more than usual; who is in it:")},
            then("segments members", one.slug));
    if (const size_t changed = letter_.proposals().size())
      add({plain(fmt::format("Discovery proposes {}; live segments stay until you take them:",
                             features::counted(changed, "change", "changes")))},
          try_command("adopt").argument(std::to_string(letter_.run->number)).flag("--dry-run"));
    return out;
  }

  // --- how

  PageSection method() const {
    PageSection out{.title = "How to read this"};
    const auto say = [&](std::string text) { out.below.push_back({plain(std::move(text))}); };
    say(fmt::format("Times are those of {}. Value is {}.", zone_.name(), letter_.parts.value_definition));
    say(letter_.as_known_then
            ? "Who was in a segment when the period began is what was known then; people are counted as who they are "
              "known to be now."
            : "Most of what the record holds of the time before was learnt later (an import of the past), so who was "
              "in "
              "a segment when the period began goes by dates.");
    say(
        fmt::format("Usual is where one more like the {}, of {} each, would lie in 19 of 20 cases. Of all that is "
                    "called more than usual here at most one in twenty should be so by chance ({}).",
                    periods(), length_, features::counted(letter_.comparisons, "comparison", "comparisons")));
    say(fmt::format("Customers are shown by pseudonyms; {} says who it is to whoever may look into the record.",
                    try_command("customer").blank("PSEUDONYM").text(store_)));
    return out;
  }

  const Letter& letter_;
  const Zone& zone_;
  const std::string_view store_;
  const features::IndustryTerms& words_;
  const std::string length_;
};

}  // namespace

Page page_of(const Letter& letter, const Zone& zone, std::string_view store) {
  return Wording(letter, zone, store).page();
}

}  // namespace tessera::report
