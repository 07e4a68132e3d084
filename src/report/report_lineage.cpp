#include "report/report_lineage.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/text.hpp"
#include "features/industry.hpp"

namespace tessera::report {

namespace {

constexpr size_t kMovementsSaid = 5, kMovementsListed = 500;

std::string number(uint64_t count) {
  return grouped(static_cast<double>(count));
}

std::string end_name(const lineage::Lineage& lineage, int index, bool is_before) {
  if (index >= 0) return (is_before ? lineage.before : lineage.now)[static_cast<size_t>(index)].name;
  return index == lineage::kInNone ? "in no group" : is_before ? "newcomers" : "gone or left out";
}

bool stays(const lineage::Lineage& lineage, const lineage::Movement& each) {
  return each.to >= 0 ? lineage.now[static_cast<size_t>(each.to)].continues == each.from && each.from >= 0
                      : each.to == each.from;
}

std::string head(const lineage::Lineage& lineage) {
  std::array<size_t, 5> count{};
  for (const lineage::Turn& turn : lineage.turns) ++count[static_cast<size_t>(turn.kind)];
  std::string kinds;
  for (size_t kind = 0; kind < count.size(); ++kind)
    kinds += fmt::format("{}{}{} {}", kind == 0 ? "" : ", ", count[kind],
                         kind == 0 ? count[0] == 1 ? " group" : " groups" : "",
                         name_of(static_cast<lineage::TurnKind>(kind)));
  uint64_t known = 0, newcomers = 0, gone = 0;
  for (const lineage::Movement& each : lineage.movements) {
    newcomers += each.from == lineage::kNotThere ? each.customers : 0;
    gone += each.to == lineage::kNotThere ? each.customers : 0;
    known += each.from == lineage::kNotThere || each.to == lineage::kNotThere ? 0 : each.customers;
  }
  const std::string by_old_rules = lineage.moved_by_old_rules ? fmt::format("; by the rules of that run it would be {}",
                                                                            number(*lineage.moved_by_old_rules))
                                                              : "";
  return fmt::format(
      "Held against run {} (as of {}): {}. Of {} {} known to both, {} are in another group now{}. {} are newcomers, {} "
      "gone or left out.",
      lineage.run, text_of(lineage.as_of).substr(0, 10), kinds, number(known), lineage.people, number(lineage.moved),
      by_old_rules, number(newcomers), number(gone));
}

std::string movements_said(const lineage::Lineage& lineage) {
  std::vector<lineage::Movement> all;
  for (const lineage::Movement& each : lineage.movements)
    if (each.from != lineage::kNotThere && each.to != lineage::kNotThere && !stays(lineage, each)) all.push_back(each);
  std::ranges::stable_sort(all, std::greater(), &lineage::Movement::customers);
  if (all.size() > kMovementsSaid) all.resize(kMovementsSaid);
  std::string out;
  for (const lineage::Movement& each : all)
    out += fmt::format("{}{} from \"{}\" to \"{}\"", out.empty() ? "Most moved: " : "; ", number(each.customers),
                       end_name(lineage, each.from, true), end_name(lineage, each.to, false));
  return out.empty() ? out : out + ".";
}

// --- the picture: bars of the groups before on the left, of those now on the right, bands between

constexpr double kWide = 360, kBar = 9, kGap = 5, kLeast = 15, kTall = 460, kLabel = 11;
constexpr size_t kLabelLetters = 25;  // in half the width
constexpr double kDrawn = 0.004;      // bands of a smaller share of everyone are left to the table

// The middle goes: names that begin alike differ at their end.
std::string clipped(const std::string& text) {
  std::vector<size_t> letter;  // where each begins
  for (size_t i = 0; i < text.size(); ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) letter.push_back(i);
  if (letter.size() <= kLabelLetters) return text;
  constexpr size_t kHalf = kLabelLetters / 2;
  return text.substr(0, letter[kHalf]) + "…" + text.substr(letter[letter.size() - kHalf]);
}

struct Bar {
  int index = 0;  // of its side
  uint64_t customers = 0;
  double top = 0, height = 0, filled = 0;  // filled: how far bands reach from the top
};

class Flow {
 public:
  Flow(const lineage::Lineage& lineage, std::string (*safe)(std::string_view), std::string (*hue)(size_t))
      : lineage_(lineage), safe_(safe), hue_(hue) {
    for (const lineage::Movement& each : lineage.movements) {
      all_ += each.customers;
      add(left_, each.from, each.customers);
      add(right_, each.to, each.customers);
    }
    arrange();
    scale_ = kTall / static_cast<double>(std::max<uint64_t>(1, all_));
    tall_ = std::max(stack(left_), stack(right_));
  }

  std::string svg() {
    std::string out = fmt::format(
        "<svg class=\"flow\" viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"how many moved from which group "
        "to which\">",
        kWide, tall_);
    out += bands();
    for (const Bar& bar : left_) out += drawn(bar, true);
    for (const Bar& bar : right_) out += drawn(bar, false);
    return out + "</svg>";
  }
  uint64_t least_drawn() const {
    return static_cast<uint64_t>(std::ceil(kDrawn * static_cast<double>(std::max<uint64_t>(1, all_))));
  }

 private:
  static void add(std::vector<Bar>& side, int index, uint64_t customers) {
    const auto found = std::ranges::find(side, index, &Bar::index);
    if (found != side.end())
      found->customers += customers;
    else
      side.push_back({.index = index, .customers = customers});
  }

  // Groups of now in the page's order, those who are nowhere below; groups of before as high as where most of theirs
  // went, so that bands cross little.
  void arrange() {
    const auto place = [](int index) { return index >= 0 ? index : 1'000'000 - index; };
    std::ranges::sort(right_, {}, [&](const Bar& bar) { return place(bar.index); });
    std::map<int, std::pair<double, double>> weight;  // of before: sum of places, of customers
    for (const lineage::Movement& each : lineage_.movements) {
      const auto at = std::ranges::find(right_, each.to, &Bar::index) - right_.begin();
      auto& [sum, count] = weight[each.from];
      sum += static_cast<double>(at) * static_cast<double>(each.customers);
      count += static_cast<double>(each.customers);
    }
    std::ranges::stable_sort(left_, {}, [&](const Bar& bar) {
      const auto& [sum, count] = weight[bar.index];
      return bar.index >= 0 ? sum / count : 1e6 - bar.index;
    });
  }

  double stack(std::vector<Bar>& side) const {
    double at = 0;
    for (Bar& bar : side) {
      bar.top = at;
      bar.height = std::max(kLeast, scale_ * static_cast<double>(bar.customers));
      // A bar that is higher than its bands has them in its middle.
      bar.filled = (bar.height - scale_ * static_cast<double>(bar.customers)) / 2;
      at += bar.height + kGap;
    }
    return at;
  }

  // The colour of a group of now; of before: of the one that it is.
  std::string style(int index, bool is_before) const {
    int now = is_before ? -1 : index;
    for (size_t i = 0; is_before && index >= 0 && i < lineage_.now.size(); ++i)
      if (lineage_.now[i].continues == index) now = static_cast<int>(i);
    if (now < 0 || lineage_.now[static_cast<size_t>(now)].set_apart) return "class=\"none\"";
    return fmt::format("style=\"--h:{}\"", hue_(static_cast<size_t>(now)));
  }

  std::string bands() {
    std::vector<lineage::Movement> all = lineage_.movements;
    const auto at = [](const std::vector<Bar>& side, int index) {
      return std::ranges::find(side, index, &Bar::index) - side.begin();
    };
    // Along each bar from top to bottom in the order of the other side.
    std::ranges::sort(
        all, {}, [&](const lineage::Movement& each) { return std::pair(at(left_, each.from), at(right_, each.to)); });
    std::string out;
    for (const lineage::Movement& each : all) {
      Bar &from = left_[static_cast<size_t>(at(left_, each.from))],
          &to = right_[static_cast<size_t>(at(right_, each.to))];
      const double width = scale_ * static_cast<double>(each.customers);
      const double y1 = from.top + from.filled + width / 2, y2 = to.top + to.filled + width / 2;
      from.filled += width;
      to.filled += width;
      if (each.customers < least_drawn()) continue;
      const double x1 = kBar, x2 = kWide - kBar, middle = kWide / 2;
      out += fmt::format(
          "<path {} d=\"M{:.1f} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {:.1f} {:.1f}\" stroke-width=\"{:.2f}\"><title>{}: "
          "{} &rarr; {}</title></path>",
          style(each.to, false), x1, y1, middle, y1, middle, y2, x2, y2, std::max(0.6, width), number(each.customers),
          safe_(end_name(lineage_, each.from, true)), safe_(end_name(lineage_, each.to, false)));
    }
    return out;
  }

  std::string drawn(const Bar& bar, bool is_before) const {
    const double x = is_before ? 0 : kWide - kBar, text = is_before ? kBar + 5 : kWide - kBar - 5;
    const std::string label = safe_(clipped(end_name(lineage_, bar.index, is_before)));
    std::string out = fmt::format("<rect {} x=\"{:.0f}\" y=\"{:.1f}\" width=\"{:.0f}\" height=\"{:.1f}\"/>",
                                  style(bar.index, is_before), x, bar.top, kBar, bar.height);
    for (const std::string_view kind : {" class=\"halo\"", ""})
      out +=
          fmt::format("<text{} x=\"{:.0f}\" y=\"{:.1f}\" text-anchor=\"{}\">{}{}</text>", kind, text,
                      bar.top + bar.height / 2 + kLabel / 3, is_before ? "start" : "end", label,
                      kind.empty() ? fmt::format("<title>{}: {}</title>",
                                                 safe_(end_name(lineage_, bar.index, is_before)), number(bar.customers))
                                   : "");
    return out;
  }

  const lineage::Lineage& lineage_;
  std::string (*safe_)(std::string_view);
  std::string (*hue_)(size_t);
  uint64_t all_ = 0;
  std::vector<Bar> left_, right_;
  double scale_ = 1, tall_ = 0;
};

}  // namespace

std::vector<std::string> sentences_of(const lineage::Lineage& lineage) {
  std::vector<std::string> out{head(lineage)};
  for (const lineage::Turn& turn : lineage.turns)
    if (turn.kind != lineage::TurnKind::FoundAgain) out.push_back(sentence_of(lineage, turn) + ".");
  out.insert(out.end(), lineage.notes.begin(), lineage.notes.end());
  if (std::string moved = movements_said(lineage); !moved.empty()) out.push_back(std::move(moved));
  return out;
}

std::string html_of(const lineage::Lineage& lineage, std::string (*safe)(std::string_view),
                    std::string (*hue)(size_t)) {
  const auto sentences = sentences_of(lineage);
  std::string out = fmt::format("<h2>Since the run before</h2>\n<p>{}</p>\n", safe(sentences[0]));
  Flow flow(lineage, safe, hue);
  out += fmt::format(
      "<figure class=\"flows\"><div class=\"panel\">{}</div><figcaption>On the left the groups of run {} ({}), "
      "on "
      "the right those of today; the thickness of a band is the number of {}. Of the same colour: found again. "
      "Movements of fewer than {} are in the table alone.</figcaption></figure>\n",
      flow.svg(), lineage.run, text_of(lineage.as_of).substr(0, 10), safe(lineage.people), number(flow.least_drawn()));
  out += "<ul class=\"small\">";
  for (size_t i = 1; i < sentences.size(); ++i) out += fmt::format("<li>{}</li>", safe(sentences[i]));
  out += "</ul>\n";
  std::vector<lineage::Movement> listed = lineage.movements;
  std::ranges::stable_sort(listed, std::greater(), &lineage::Movement::customers);
  if (listed.size() > kMovementsListed) listed.resize(kMovementsListed);
  out += fmt::format(
      "<details><summary>{} movements, the largest first{}</summary><div class=\"scroll\"><table "
      "class=\"small\"><thead>"
      "<tr><th>from</th><th style=\"text-align:left\">to</th><th>{}</th></tr></thead><tbody>",
      listed.size(), listed.size() < lineage.movements.size() ? "; the others are in discovery.json" : "",
      safe(lineage.people));
  for (const lineage::Movement& each : listed)
    out += fmt::format("<tr><td>{}</td><td style=\"text-align:left\">{}</td><td>{}</td></tr>",
                       safe(end_name(lineage, each.from, true)), safe(end_name(lineage, each.to, false)),
                       number(each.customers));
  return out +
         "</tbody></table></div></details>\n<p class=\"small soft\">Found again: of those in one of the two groups "
         "more "
         "are in both than in one alone (Jaccard above 1/2), among those known to both runs whom neither set apart. "
         "Split: two or more groups came mostly from one and hold most of it; merged: the other way round.</p>\n";
}

}  // namespace tessera::report
