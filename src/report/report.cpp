#include "report/report.hpp"

#include <cmath>

#include "core/csv.hpp"
#include "core/text.hpp"
#include "core/time.hpp"
#include "report/amounts_json.hpp"
#include "report/report_backtest.hpp"
#include "report/report_lineage.hpp"
#include "report/report_needs.hpp"

namespace tessera::report {

namespace {

Json figure(double value) {
  return std::isfinite(value) ? Json::rounded(value, 6) : Json();
}

Json texts(const std::vector<std::string>& items) {
  Json out = Json::array();
  for (const std::string& item : items) out.add(item);
  return out;
}

Json quality_json(const cluster::Quality& q) {
  return Json::object()
      .set("silhouette", figure(q.silhouette))
      .set("dunn", figure(q.dunn))
      .set("davies_bouldin", figure(q.davies_bouldin))
      .set("calinski_harabasz", figure(q.calinski_harabasz))
      .set("stability", figure(q.stability));
}

Json persona_json(const discover::Segment& s) {
  Json serve = Json::array();
  for (const persona::Advice& advice : s.persona.serve)
    serve.add(Json::object().set("what", advice.what).set("why", advice.why));
  Json known = Json::array();
  for (const persona::Claim& claim : s.distinct) known.add(claim.sentence);
  return Json::object()
      .set("summary", s.persona.summary)
      .set("known", known)
      .set("demographics", texts(s.persona.demographics))
      .set("interests", texts(s.persona.interests))
      .set("habits", texts(s.persona.habits))
      .set("preferences", texts(s.persona.preferences))
      .set("pain_points", texts(s.persona.pains))
      .set("would_serve", serve)
      .set("not_known", texts(s.persona.unknown))
      .set("typical_members", texts(s.persona.typical));
}

Json interval_json(const stats::Interval& interval) {
  return Json::array().add(figure(interval.low)).add(figure(interval.high));
}

Json figures_json(const discover::Segment& s) {
  Json out = Json::array();
  for (const persona::SegmentFigure& f : s.figures)
    out.add(Json::object()
                .set("name", f.name)
                .set("phrase", f.phrase)
                .set("members", static_cast<uint64_t>(f.members))
                .set("raw", figure(f.figure.raw))
                .set("estimate", f.figure.tells ? figure(f.figure.estimate) : Json())
                .set("interval", interval_json(f.figure.interval))
                .set("everyone", figure(f.everyone))
                .set("shrinkage", figure(f.figure.shrinkage))
                .set("too_few_to_tell", !f.figure.tells)
                .set("by_rule", f.by_rule)
                .set("sentence", sentence_of(f)));
  return out;
}

Json segment_json(const discover::Segment& s) {
  Json distinct = Json::array();
  for (const persona::Claim& claim : s.distinct)
    distinct.add(Json::object()
                     .set("trait", claim.level.empty() ? claim.trait : fmt::format("{} = {}", claim.trait, claim.level))
                     .set("value", figure(claim.value))
                     .set("everyone", figure(claim.everyone))
                     .set("lift", figure(claim.lift))
                     .set("interval", interval_json(claim.interval))
                     .set("by_construction", claim.by_construction)
                     .set("q", figure(claim.q))
                     .set("sentence", claim.sentence));
  return Json::object()
      .set("id", s.id)
      .set("parent", s.parent.empty() ? Json() : Json(s.parent))
      .set("name", s.persona.name)
      .set("set_apart", s.set_apart)
      .set("size", uint64_t{s.size})
      .set("active", uint64_t{s.active})
      .set("clustered", uint64_t{s.clustered})
      .set("customer_share", figure(s.customer_share))
      .set("value", figure(s.value))
      .set("value_share", figure(s.value_share))
      .set("rule", s.rule)
      .set("rule_conditions", uint64_t{s.conditions})
      .set("rule_precision", figure(s.precision))
      .set("rule_recall", figure(s.recall))
      .set("rule_precision_interval", interval_json(s.precision_interval))
      .set("rule_recall_interval", interval_json(s.recall_interval))
      .set("figures", figures_json(s))
      .set("distinct", distinct)
      .set("persona", persona_json(s))
      .set("needs", s.set_apart ? Json() : to_json(s.needs));
}

Json tree_json(const discover::Discovery& d, size_t index) {
  const discover::TreeNode& node = d.tree[index];
  Json out = Json::object()
                 .set("id", node.id)
                 .set("name", node.name)
                 .set("size", uint64_t{node.size})
                 .set("value_share", figure(node.value_share));
  if (node.children.empty()) return out;
  Json children = Json::array();
  for (const size_t child : node.children) children.add(tree_json(d, child));
  return out.set("splits_at", uint64_t{node.splits_at}).set("height", figure(node.height)).set("children", children);
}

std::string clipped(std::string text, size_t width) {
  size_t letters = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xC0) == 0x80) continue;
    if (++letters > width) return text.substr(0, i - (i > 0)) + "…";
  }
  return text;
}

std::string padded(const std::string& text, size_t width) {
  const size_t letters = length_of(repair_utf8(text));
  return fmt::format("{}{:{}}", text, "", width - std::min(width, letters));
}

// Words wrapped to the width.
std::string wrapped(std::string_view text, size_t width, std::string_view indent) {
  std::string out, line(indent);
  for (const std::string_view word : split(text, ' ')) {
    if (line.size() > indent.size() && line.size() + 1 + word.size() > width) {
      out += line + "\n";
      line = indent;
    }
    if (line.size() > indent.size()) line += ' ';
    line += word;
  }
  return out + line + "\n";
}

std::string one_line(std::string_view rule) {
  std::string out;
  for (const char c : rule) {
    if (c == '\n')
      out += ' ';
    else if (c != ' ' || (!out.empty() && out.back() != ' '))
      out += c;
  }
  return out;
}

std::string figures_text(const discover::Segment& s) {
  std::string out;
  for (const persona::SegmentFigure& f : s.figures) out += (out.empty() ? "" : "; ") + sentence_of(f);
  return out;
}

}  // namespace

std::string when_of(const discover::Discovery& d) {
  if (!d.parts.has(features::EventRole::Main)) return ", as they are: the data has no dates";
  return fmt::format(", as of {}{}", text_of(d.as_of), d.as_of_given ? "" : " (just after the newest event)");
}

std::string goal_sentence(const discover::Discovery& d) {
  return d.goal.empty() ? "No goal was given: the structure of the data alone decides."
                        : fmt::format("The goal is {}.", d.goal);
}

std::string text_of(const discover::Discovery& d, size_t width) {
  const bool has_events = d.parts.has(features::EventRole::Main);
  const features::IndustryTerms& words = d.parts.words;
  std::string out;
  if (d.foresight)
    for (const std::string& sentence : d.foresight->said) out += wrapped(sentence, width, "");
  if (d.k <= 1) {
    out += wrapped(d.chosen_by, width, "");
  } else {
    out += fmt::format("{} micro-segments of {} {}{}\n", d.k, grouped(static_cast<double>(d.grouped)), words.customers,
                       when_of(d));
    out += wrapped(d.chosen_by, width, "");
  }
  out += wrapped("Value is " + d.value_definition + ". " + goal_sentence(d), width, "");
  const size_t name_width = std::max<size_t>(24, width > 70 ? width - 54 : 24);
  out += fmt::format("\n{} {:>10} {:>7} {:>7}  {:>9} {:>9}\n", padded("segment", name_width), words.customers, "of all",
                     "value", "precision", "recall");
  for (const discover::Segment& s : d.segments) {
    out += fmt::format("{} {:>10} {:>5.1f} % {:>7}", padded(clipped(s.persona.name, name_width), name_width),
                       grouped(static_cast<double>(s.size)), 100 * s.customer_share,
                       has_events ? fmt::format("{:.1f} %", 100 * s.value_share) : std::string("-"));
    out += s.set_apart ? "  set apart\n" : fmt::format("  {:>7.0f} % {:>7.0f} %\n", 100 * s.precision, 100 * s.recall);
    if (!s.distinct.empty()) out += wrapped(s.distinct[0].sentence, width, "    ");
    if (!s.figures.empty()) out += wrapped(figures_text(s), width, "    ");
    for (const std::string& line : lines_of(s.needs)) out += wrapped(line, width, "    ");
    out += wrapped(one_line(s.rule), width, "    ");
  }
  out += '\n';
  if (d.k > 1)
    out += wrapped(fmt::format("Rules: {:.1f} % of {} are in exactly one; macro F1 against the clusters {:.3f}, on the "
                               "30 % on whom no rule was found.",
                               100 * d.in_exactly_one, words.customers, d.macro_f1),
                   width, "");
  if (d.lineage)
    for (const std::string& sentence : sentences_of(*d.lineage)) out += wrapped("- " + sentence, width, "");
  for (const std::string& sentence : d.said) out += wrapped("- " + sentence, width, "");
  if (d.foresight && !d.foresight->why_not.empty())
    out += wrapped(fmt::format("- Not tested on hidden days: {}.", d.foresight->why_not), width, "");
  for (const std::string& sentence : d.absorbed) out += wrapped("- " + sentence + ".", width, "");
  out += wrapped(fmt::format("- Data maturity: {}. For the next level: {}.", d.maturity.level,
                             fmt::join(d.maturity.missing, "; ")),
                 width, "");
  if (d.foresight) out += text_of(*d.foresight);
  return out;
}

Json to_json(const discover::Discovery& d) {
  Json features = Json::array();
  for (const features::FeatureColumn& column : d.features.columns)
    features.add(Json::object()
                     .set("name", column.feature.name)
                     .set("definition", column.feature.definition)
                     .set("family", features::family_name(column.feature.family))
                     .set("phrase", column.feature.phrase)
                     .set("clusters", column.feature.clusters));
  Json candidates = Json::array();
  for (const cluster::Candidate& candidate : d.candidates) {
    Json one = Json::object().set("k", uint64_t{candidate.k});
    const Json quality = quality_json(candidate.quality);
    for (const auto& [name, value] : *quality.as_object()) one.set(name, value);
    candidates.add(one.set("weakest", figure(candidate.weakest))
                       .set("distinct", uint64_t{candidate.distinct})
                       .set("smallest", figure(candidate.smallest)));
  }
  Json segments = Json::array(), set_apart = Json::array(), left_out = Json::array();
  for (const discover::Segment& s : d.segments) segments.add(segment_json(s));
  for (const discover::Segment& s : d.set_apart) set_apart.add(segment_json(s));
  for (const features::LeftOut& group : d.left_out)
    left_out.add(Json::object()
                     .set("kind", group.kind)
                     .set("why", group.why)
                     .set("customers", uint64_t{group.customers.size()}));
  return Json::object()
      .set("as_of", text_of(d.as_of))
      .set("customers", uint64_t{d.customers})
      .set("features", features)
      .set("transform", d.transform)
      .set("k", uint64_t{d.k})
      .set("chosen_by", d.chosen_by)
      .set("quality", quality_json(d.quality))
      .set("candidates", candidates)
      .set("maturity", Json::object()
                           .set("level", d.maturity.level)
                           .set("has", texts(d.maturity.has))
                           .set("missing", texts(d.maturity.missing)))
      .set("value_definition", d.value_definition)
      .set("currency", d.parts.currency.empty() ? Json() : Json(d.parts.currency))
      .set("amounts_left_out", json_of_left_out(d.parts.left_out))
      .set("goal", d.goal.empty() ? Json() : Json(d.goal))
      .set("segments", segments)
      .set("tree", d.tree.empty() ? Json() : tree_json(d, 0))
      .set("grouped", uint64_t{d.grouped})
      .set("active", uint64_t{d.active})
      .set("natural", d.natural)
      .set("rules", Json::object()
                        .set("macro_f1", figure(d.macro_f1))
                        .set("in_exactly_one", figure(d.in_exactly_one))
                        .set("held_out_share", figure(0.3)))
      .set("set_apart", set_apart)
      .set("left_out", left_out)
      .set("run", d.run ? Json(*d.run) : Json())
      .set("lineage", d.lineage ? to_json(*d.lineage) : Json())
      .set("foresight", d.foresight ? to_json(*d.foresight) : Json())
      .set("notes", texts(d.said));
}

std::string labels_csv(const profiles::History& history, const discover::Discovery& d) {
  std::string out = "customer,segment_id\n";
  for (size_t c = 0; c < d.label.size(); ++c) {
    if (d.label[c] < 0) continue;
    const size_t at = static_cast<size_t>(d.label[c]);
    const discover::Segment& segment = at < d.segments.size() ? d.segments[at] : d.set_apart[at - d.segments.size()];
    out += csv_field(history.customer[c]) + "," + csv_field(segment.id) + "\n";
  }
  return out;
}

std::vector<ReportFile> report_files(const discover::Discovery& discovery) {
  return {{"report.html", html_of(discovery)},
          {"segments.tsl", discovery.tsl},
          {"discovery.json", to_json(discovery).dump(1) + "\n"}};
}

}  // namespace tessera::report
