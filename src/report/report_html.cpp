// The report as one page. Sections in the order of a reader's questions: what groups are there, how do they hang
// together, who is each, how sure is that, what was done to the data, what do the words mean.
#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "core/time.hpp"
#include "report/report.hpp"
#include "report/report_backtest.hpp"
#include "report/report_lineage.hpp"
#include "report/report_needs.hpp"
#include "report/report_style.hpp"

namespace tessera::report {

namespace {

// Text from the data, for element content and quoted attributes alike.
std::string safe(std::string_view text) {
  std::string out;
  for (const char c : repair_utf8(text)) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

// "100 %" is said of everyone alone: 99.9 % keeps its decimal.
std::string percent(double share) {
  const double x = 100 * share;
  if (x >= 99.5 && share < 1) return fmt::format("{:.1f} %", std::min(99.9, x));
  return std::fabs(x) < 9.95 ? fmt::format("{:.1f} %", x) : fmt::format("{:.0f} %", x);
}

// Hues far apart for neighbours: the golden angle; lighter and darker by turns, for hues come round.
std::string hue(size_t segment) {
  return fmt::format("{};--d:{}%", static_cast<int>(std::fmod(158 + 137.508 * static_cast<double>(segment), 360)),
                     std::array{0, 9, -9}[segment % 3]);
}

std::string day_of(Instant at) {
  return text_of(at).substr(0, 10);
}

std::string list(const std::vector<std::string>& items) {
  std::string out = "<ul>";
  for (const std::string& item : items) out += fmt::format("<li>{}</li>", safe(item));
  return out + "</ul>";
}

class Page {
  // Long because it is one page: a method a section, over the same discovery.
 public:
  explicit Page(const discover::Discovery& d) : d_(d), words_(d.parts.words) {
    for (const discover::Segment& s : d.segments) widest_ = std::max({widest_, s.customer_share, s.value_share});
  }

  std::string all() {
    out_ +=
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
        "content=\"width=device-width,initial-scale=1\">";
    out_ +=
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; "
        "script-src 'unsafe-inline'\">";
    out_ += fmt::format("<title>{} micro-segments</title><style>{}</style></head><body><main>\n", d_.k, kStyle);
    head();
    overview();
    if (d_.foresight) out_ += html_of(*d_.foresight, safe);
    if (d_.lineage) out_ += html_of(*d_.lineage, safe, hue);
    tree();
    map();
    cards();
    choice();
    treatment();
    maturity();
    glossary();
    out_ += fmt::format("</main><script>{}</script></body></html>\n", kScript);
    return std::move(out_);
  }

 private:
  template <typename... A>
  void put(fmt::format_string<A...> text, A&&... arguments) {
    out_ += fmt::format(text, std::forward<A>(arguments)...);
  }

  void head() {
    put("<p class=\"soft small\">Discovered{}{}</p>\n", safe(when_of(d_)),
        d_.run ? fmt::format("; kept as run {}", *d_.run) : "");
    if (d_.k > 1)
      put("<h1>{} kinds of {}</h1>\n", d_.k, safe(words_.customers));
    else
      put("<h1>One group of {}</h1>\n", safe(words_.customers));
    if (d_.foresight && !d_.foresight->said.empty()) put("<p class=\"lead\">{}</p>\n", safe(d_.foresight->said[0]));
    put("<p class=\"lead\">{}</p>\n", safe(d_.chosen_by));
    out_ += "<div class=\"figures\">";
    figure(grouped(static_cast<double>(d_.customers)), fmt::format("{} in the record", words_.customers));
    figure(grouped(static_cast<double>(d_.grouped)), "were grouped");
    if (has_events()) {
      figure(grouped(static_cast<double>(d_.active)), fmt::format("active in {}", text_of(d_.active_within)));
      figure(grouped(d_.value), d_.parts.value_words());
    }
    if (d_.k > 1) figure(percent(d_.in_exactly_one), "in exactly one rule");
    out_ += "</div>\n";
    const std::string span =
        has_events() ? fmt::format("{} from {} to {}. ", capitalised(words_.mains), day_of(d_.from), day_of(d_.to))
                     : std::string();
    put("<p class=\"small soft\">Value is {}. {}{}</p>\n", safe(d_.value_definition), span, safe(goal_sentence(d_)));
  }
  bool has_events() const { return d_.parts.has(features::EventRole::Main); }
  // A figure of value, which a table without events has not.
  std::string valued(std::string text) const { return has_events() ? text : std::string("–"); }
  void figure(const std::string& number, const std::string& what) {
    put("<div><b>{}</b><span>{}</span></div>", safe(number), safe(what));
  }
  void overview() {
    out_ += "<h2>The groups</h2>\n<div class=\"key\"><span><i></i>share of " + safe(words_.customers) +
            "</span><span><i class=\"v\"></i>share of value</span></div>\n";
    put("<table class=\"groups\"><thead><tr><th>group</th><th class=\"pair\"></th><th>{}</th><th "
        "class=\"hide\">value</th></tr></thead><tbody>\n",
        safe(words_.customers));
    size_t number = 0;
    for (const auto* segments : {&d_.segments, &d_.set_apart})
      for (const discover::Segment& s : *segments) {
        const size_t at = number++;
        const auto width = [&](double share) {
          return fmt::format("{:.2f}", 100 * std::clamp(share / std::max(widest_, 1e-9), 0.0, 1.0));
        };
        put("<tr{} style=\"--h:{}\"><td><span class=\"who\"><span class=\"dot\"></span><a "
            "href=\"#s{}\">{}</a></span></td>",
            s.set_apart ? " class=\"apart\"" : "", hue(at), at + 1, safe(s.persona.name));
        put("<td class=\"pair\"><div class=\"bar\" style=\"width:{}%\"></div><div class=\"bar v\" "
            "style=\"width:{}%\"></div></td>",
            width(s.customer_share), width(s.value_share));
        put("<td>{}<br><span class=\"small soft\">{}</span></td><td class=\"hide\">{}<br><span class=\"small "
            "soft\">{}</span></td></tr>\n",
            grouped(static_cast<double>(s.size)), percent(s.customer_share), valued(grouped(std::round(s.value))),
            valued(percent(s.value_share)));
      }
    out_ += "</tbody></table>\n";
    for (const features::LeftOut& group : d_.left_out)
      put("<p class=\"small soft\">Left out: {} as {} ({}).</p>\n",
          grouped(static_cast<double>(group.customers.size())), safe(group.kind), safe(group.why));
  }

  void tree() {
    if (d_.tree.empty()) return;
    out_ +=
        "<h2>From few to many</h2>\n<p>The groups form a tree. Slide to the left for a few broad groups, to the right "
        "for the micro-segments; every coarser group is a union of finer ones.</p>\n";
    put("<div class=\"slide\"><span class=\"small soft\">broad</span><input id=\"cut\" type=\"range\" min=\"1\" "
        "max=\"{}\" value=\"{}\" aria-label=\"number of groups\"><b id=\"cutsaid\" aria-live=\"polite\">{} "
        "groups</b></div>\n",
        d_.k, d_.k, d_.k);
    out_ += "<ul class=\"tree\">";
    branch(0, 1);
    out_ += "</ul>\n";
  }
  void branch(size_t index, size_t from) {
    const discover::TreeNode& node = d_.tree[index];
    const double width = 100 * static_cast<double>(node.size) / std::max(1.0, static_cast<double>(d_.tree[0].size));
    const bool leaf = node.children.empty();
    put("<li class=\"{}\" data-from=\"{}\" data-splits=\"{}\" style=\"--h:{}\"><div class=\"row\"><span>{}</span><span "
        "class=\"num\">{} · {} of value</span><div class=\"bar\" style=\"width:{:.2f}%\"></div></div>",
        leaf ? "leaf" : "open", from, leaf ? 0 : node.splits_at, leaf ? hue(static_cast<size_t>(node.segment)) : "0",
        safe(node.name), grouped(static_cast<double>(node.size)), percent(node.value_share), width);
    if (!leaf) {
      out_ += "<ul>";
      for (const size_t child : node.children) branch(child, node.splits_at);
      out_ += "</ul>";
    }
    out_ += "</li>";
  }

  void map() {
    if (d_.map.empty()) return;
    float low_x = 1e9f, high_x = -1e9f, low_y = 1e9f, high_y = -1e9f;
    for (const discover::MapPoint& p : d_.map)
      low_x = std::min(low_x, p.x), high_x = std::max(high_x, p.x), low_y = std::min(low_y, p.y),
      high_y = std::max(high_y, p.y);
    const auto x_of = [&](double x) { return 20 + 760 * (x - low_x) / std::max(1e-9f, high_x - low_x); };
    const auto y_of = [&](double y) { return 480 - 460 * (y - low_y) / std::max(1e-9f, high_y - low_y); };
    put("<h2>A map of {}</h2>\n<p>Each dot is one of {} {}, drawn evenly from all. Near each other means alike; "
        "distances in two dimensions are a shadow of those in {}, so some groups that overlap here are far apart in "
        "truth.</p>\n",
        safe(words_.customers), d_.map.size(), safe(words_.customers), d_.treatment.size());
    out_ += "<div class=\"chips\">";
    for (size_t s = 0; s < d_.segments.size(); ++s)
      if (!d_.segments[s].set_apart)
        put("<button type=\"button\" aria-pressed=\"false\" data-s=\"{}\" style=\"--h:{}\"><span "
            "class=\"dot\"></span>{}</button>",
            s, hue(s), safe(d_.segments[s].persona.name));
    out_ +=
        "</div><figure><div class=\"panel\"><svg class=\"map\" viewBox=\"0 0 800 500\" role=\"img\" "
        "aria-label=\"customers in two dimensions\">";
    std::vector<double> sum_x(d_.segments.size(), 0), sum_y(d_.segments.size(), 0), count(d_.segments.size(), 0);
    for (const discover::MapPoint& p : d_.map) {
      put("<circle data-s=\"{}\" style=\"--h:{}\" cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"3.1\"/>", p.segment, hue(p.segment),
          x_of(p.x), y_of(p.y));
      sum_x[p.segment] += x_of(p.x), sum_y[p.segment] += y_of(p.y), count[p.segment] += 1;
    }
    for (size_t s = 0; s < count.size(); ++s)
      if (count[s] > 0)
        put("<text class=\"halo\" x=\"{0:.1f}\" y=\"{1:.1f}\">{2}</text><text x=\"{0:.1f}\" y=\"{1:.1f}\">{2}</text>",
            sum_x[s] / count[s], sum_y[s] / count[s] + 4, s + 1);
    put("</svg></div><figcaption>Numbers stand at the centre of each group. Directions: {}.</figcaption></figure>\n",
        safe(d_.map_axes));
  }

  void cards() {
    out_ +=
        "<h2>Who they are</h2>\n<p>Every claim is about the members of the group's rule and stands with its interval. "
        "What made the groups is marked <i>by construction</i>: it describes them and proves nothing. Every other "
        "claim "
        "was found on seven in ten customers and confirmed on the other three; of those confirmed, at most one in "
        "twenty "
        "is expected to be false. The dot is the group, its band the interval, the upright line everyone.</p>\n<div "
        "class=\"cards\">\n";
    size_t number = 0;
    for (const auto* segments : {&d_.segments, &d_.set_apart})
      for (const discover::Segment& s : *segments) card(s, number++);
    out_ += "</div>\n";
  }

  void card(const discover::Segment& s, size_t at) {
    put("<article class=\"card{}\" id=\"s{}\" style=\"--h:{}\"><h3><span class=\"n\">{}</span>{}</h3>",
        s.set_apart ? " apart" : "", at + 1, hue(at), at + 1, safe(s.persona.name));
    put("<div class=\"stats\"><span><b>{}</b> {}</span><span><b>{}</b> of all</span><span><b>{}</b> of "
        "value</span><span><b>{}</b> active</span></div>",
        grouped(static_cast<double>(s.size)), safe(words_.customers), percent(s.customer_share),
        valued(percent(s.value_share)), valued(grouped(static_cast<double>(s.active))));
    if (s.set_apart) put("<p>Set apart: {}.</p>", safe(s.why_apart));
    if (!s.set_apart && s.active < d_.min_size)
      put("<p class=\"small soft\">Fewer than {} of them are active: a group to win back or to leave alone.</p>",
          d_.min_size);
    if (!s.figures.empty()) {
      std::vector<std::string> lines;
      for (const persona::SegmentFigure& f : s.figures) lines.push_back(sentence_of(f));
      section("Rates and values, with 95 % intervals, pooled across the groups", lines);
    }
    for (size_t i = 0; i < std::min<size_t>(5, s.distinct.size()); ++i) claim(s.distinct[i]);
    put("<h4>Rule</h4><pre>{}</pre>", safe(s.rule));
    if (!s.set_apart && d_.k > 1)
      put("<p class=\"small soft\">On {} it was not found on: {} ({}) of those it picks belong to the cluster, and it "
          "picks {} ({}) of the cluster.</p>",
          safe(words_.customers), percent(s.precision), range(s.precision_interval), percent(s.recall),
          range(s.recall_interval));
    section("Demographics and other traits", s.persona.demographics);
    section("Interests", s.persona.interests);
    out_ += html_of(s.needs, safe);
    if (!s.persona.serve.empty()) {
      out_ += "<h4>What would probably serve them</h4><ul>";
      for (const persona::Advice& advice : s.persona.serve)
        put("<li>{} <span class=\"soft small\">Seen: {}.</span></li>", safe(advice.what), safe(advice.why));
      out_ += "</ul>";
    }
    const size_t shown = std::min<size_t>(3, s.persona.unknown.size());
    section("Not known", {s.persona.unknown.begin(), s.persona.unknown.begin() + static_cast<long>(shown)});
    if (!s.set_apart && d_.k > 1) {
      out_ += "<details><summary>Habits, preferences, pain points, typical members, what else is not known</summary>";
      section("Habits", s.persona.habits);
      section("Preferences", s.persona.preferences);
      if (s.persona.pains.empty())
        out_ += "<h4>Likely pain points</h4><p class=\"small\">Nothing in the data points to one.</p>";
      section("Likely pain points", s.persona.pains);
      section("Typical members (pseudonyms)", s.persona.typical);
      section("Also not known", {s.persona.unknown.begin() + static_cast<long>(shown), s.persona.unknown.end()});
      out_ += "</details>";
    }
    out_ += "</article>\n";
  }
  void section(std::string_view title, const std::vector<std::string>& items) {
    if (!items.empty()) put("<h4>{}</h4>{}", title, list(items));
  }
  void claim(const persona::Claim& c) {
    const auto finite = [&](double x, double otherwise) { return std::isfinite(x) ? x : otherwise; };
    const double high = finite(c.interval.high, c.value), low = finite(c.interval.low, c.value);
    const double from = std::min({0.0, low, c.everyone}), to = std::max({high, c.everyone, c.value, from + 1e-9});
    const auto at = [&](double x) { return 97 * (x - from) / (to - from) + 1.5; };
    put("<div class=\"claim\"><p>{}{}</p><div class=\"scale\" aria-hidden=\"true\"><i "
        "style=\"left:{:.2f}%;width:{:.2f}%\"></i><u style=\"left:{:.2f}%\"></u><b "
        "style=\"left:{:.2f}%\"></b></div></div>",
        safe(c.sentence), c.by_construction ? " <span class=\"soft small\">by construction</span>" : "", at(low),
        at(high) - at(low), at(c.everyone), at(c.value));
  }

  static std::string range(const stats::Interval& interval) {
    return fmt::format("{} to {}", percent(interval.low), percent(interval.high));
  }
  static std::string number(double x, int decimals = 3) {
    return std::isfinite(x) ? fmt::format("{:.{}f}", x, decimals) : "–";
  }

  void choice() {
    if (d_.k < 2) return;
    put("<h2>How sure is the number of groups</h2>\n<p>{}</p>\n", safe(d_.chosen_by));
    if (!d_.natural && d_.goal.empty())
      out_ +=
          "<p>The data shows no gaps between groups: it is a continuum, divided where the division is stable. "
          "Neighbouring groups shade into each other, and members near a border could as well be in the next.</p>\n";
    for (const std::string& sentence : d_.absorbed) put("<p class=\"small soft\">{}.</p>\n", safe(sentence));
    plot();
    const cluster::Quality& q = d_.quality;
    out_ += "<dl class=\"small\">";
    put("<dt>Stability {}</dt><dd>How far the same groups are found again in other samples of the same customers; 1 is "
        "always.</dd>",
        number(q.stability));
    put("<dt>Silhouette {}</dt><dd>How much nearer customers are to their own group than to the next; 1 is far apart, "
        "0 on the border.</dd>",
        number(q.silhouette));
    put("<dt>Davies-Bouldin {}</dt><dd>Width of groups against the distance between them; lower is better.</dd>",
        number(q.davies_bouldin));
    put("<dt>Calinski-Harabasz {}</dt><dd>Spread between groups against spread inside them; higher is better.</dd>",
        number(q.calinski_harabasz, 1));
    put("<dt>Dunn {}</dt><dd>The narrowest gap against the widest group. One pair of outliers decides it: shown, never "
        "chosen by.</dd>",
        number(q.dunn));
    put("<dt>Rules {}</dt><dd>Macro F1 of the rules against the clusters, on the 30 % of {} on whom no rule was "
        "found.</dd></dl>\n",
        number(d_.macro_f1), safe(words_.customers));
  }

  void plot() {
    if (d_.candidates.size() < 2) return;
    size_t low = d_.candidates.front().k, high = d_.candidates.back().k;
    double best = 0;
    for (const cluster::Candidate& c : d_.candidates)
      low = std::min(low, c.k), high = std::max(high, c.k),
      best = std::max(best, std::isfinite(c.quality.silhouette) ? c.quality.silhouette : 0);
    const double ceiling = std::max(1.0, best);
    const auto x_of = [&](double k) {
      return 40 + 730 * (k - static_cast<double>(low)) / std::max(1.0, static_cast<double>(high - low));
    };
    const auto y_of = [&](double v) { return 215 - 195 * std::clamp(v / ceiling, 0.0, 1.0); };
    std::string stability, silhouette;
    for (const cluster::Candidate& c : d_.candidates) {
      if (std::isfinite(c.quality.stability))
        stability += fmt::format("{:.1f},{:.1f} ", x_of(static_cast<double>(c.k)), y_of(c.quality.stability));
      if (std::isfinite(c.quality.silhouette))
        silhouette += fmt::format("{:.1f},{:.1f} ", x_of(static_cast<double>(c.k)), y_of(c.quality.silhouette));
    }
    out_ +=
        "<figure><svg viewBox=\"0 0 800 250\" role=\"img\" aria-label=\"stability and silhouette of other numbers of "
        "groups\">";
    for (const double v : {0.0, 0.5, 1.0})
      put("<line class=\"axis\" x1=\"40\" x2=\"770\" y1=\"{0:.1f}\" y2=\"{0:.1f}\"/><text class=\"label\" x=\"32\" "
          "y=\"{1:.1f}\" text-anchor=\"end\">{2}</text>",
          y_of(v), y_of(v) + 4, v);
    put("<line class=\"chosen\" x1=\"{0:.1f}\" x2=\"{0:.1f}\" y1=\"14\" y2=\"215\"/><text class=\"label\" "
        "x=\"{0:.1f}\" y=\"238\" text-anchor=\"middle\">{1} chosen</text>",
        x_of(static_cast<double>(d_.k)), d_.k);
    for (const size_t end : {low, high})
      if (std::fabs(x_of(static_cast<double>(end)) - x_of(static_cast<double>(d_.k))) > 60)
        put("<text class=\"label\" x=\"{:.1f}\" y=\"238\" text-anchor=\"middle\">{}</text>",
            x_of(static_cast<double>(end)), end);
    put("<polyline class=\"curve\" points=\"{}\"/><polyline class=\"curve b\" points=\"{}\"/></svg>", stability,
        silhouette);
    out_ +=
        "<figcaption>Number of groups from left to right. Line: stability under resampling. Dots: "
        "silhouette.</figcaption></figure>\n";
  }

  void treatment() {
    out_ += "<h2>What was done to the data</h2>\n";
    out_ += list(d_.said);
    put("<details><summary>{} features, as definitions in the segment language</summary><div class=\"scroll\"><table "
        "class=\"small\"><thead><tr><th>feature</th><th style=\"text-align:left\">definition</th><th>in "
        "groups</th></tr></thead><tbody>",
        d_.features.columns.size());
    for (const features::FeatureColumn& column : d_.features.columns)
      put("<tr><td>{}<br><span class=\"soft\">{}</span></td><td "
          "style=\"text-align:left\"><code>{}</code></td><td>{}</td></tr>",
          safe(column.feature.name), safe(column.feature.phrase), safe(column.feature.definition),
          column.feature.clusters ? "yes" : "describes");
    out_ += "</tbody></table></div></details>\n";
    if (!d_.features.dropped.empty())
      put("<details><summary>{} features the data does not support</summary>{}</details>\n", d_.features.dropped.size(),
          list(d_.features.dropped));
  }

  void maturity() {
    out_ += "<h2>What the data can tell</h2>\n<div class=\"steps\">";
    for (const std::string_view level : {"good", "better", "best"})
      put("<div{}>{}</div>", d_.maturity.level == level ? " class=\"at\"" : "", capitalised(level));
    put("</div>\n<p>It has {}.</p><p>For the next level: {}.</p>\n",
        safe(fmt::format("{}", fmt::join(d_.maturity.has, "; "))),
        safe(fmt::format("{}", fmt::join(d_.maturity.missing, "; "))));
  }

  void glossary() {
    out_ += "<h2>Words</h2>\n<dl>";
    const std::pair<std::string, std::string> rows[] = {
        {"Micro-segment",
         fmt::format("A small group of {} who behave alike, finer than age or region.", words_.customers)},
        {"Rule",
         "Conditions anyone can read that pick a group. What this page says of a group is about those its rule picks."},
        {"Value", d_.value_definition + "."},
        {"Everyone",
         fmt::format("All {} {} who were grouped.", grouped(static_cast<double>(d_.grouped)), words_.customers)},
        {"Active", fmt::format("With at least one event in the last {}.", text_of(d_.active_within))},
        {"Interval",
         "In brackets: where the true figure of customers like these lies, in 95 of 100 cases. Claims that were picked "
         "from many have wider ones, so that the same holds of those picked."},
        {"Pooled",
         "Drawn from the group's own figure towards what the groups have in common, as far as chance explains the "
         "difference: much in small groups, hardly in large ones."},
        {"Too few to tell",
         "The interval leaves open both half of everyone's figure and twice as much, so a number would say nothing."},
        {"By construction", "It made the groups, so that they differ in it is no finding."},
        {"Median", "Half are above, half below. Few very large figures do not move it."},
        {"Set apart",
         "Not compared with the others, because it would mislead: too new, or far larger than all others."},
        {"Observed", "This page reports what was seen. It never shows what causes what; an experiment does."},
    };
    for (const auto& [word, meaning] : rows) put("<dt>{}</dt><dd>{}</dd>", safe(word), safe(meaning));
    out_ += "</dl>\n";
  }

  const discover::Discovery& d_;
  const features::IndustryTerms& words_;
  double widest_ = 0;
  std::string out_;
};

}  // namespace

std::string html_of(const discover::Discovery& discovery) {
  return Page(discovery).all();
}

}  // namespace tessera::report
