#include "report/report_backtest.hpp"

#include <algorithm>
#include <cmath>

namespace tessera::report {

namespace {

using stats::Figure;

std::string percent(double share) {
  return std::isnan(share) ? "-" : fmt::format("{:.1f} %", 100 * share);
}

std::string with_interval(const Figure& figure, double times, int decimals) {
  if (std::isnan(figure.value)) return "-";
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", times * figure.value, decimals, times * figure.low, decimals,
                     times * figure.high, decimals);
}

Json json_of(const Figure& figure) {
  const auto number = [](double x) { return std::isnan(x) ? Json() : Json::rounded(x, 6); };
  return Json::object()
      .set("value", number(figure.value))
      .set("low", number(figure.low))
      .set("high", number(figure.high));
}

// A model has none.
std::string groups_of(const discover::Contender& contender) {
  return contender.groups == 0 ? "" : std::to_string(contender.groups);
}

std::string mean_of(const features::Outcome& outcome) {
  return outcome.yes_or_no ? percent(outcome.mean) + " of everyone" : fmt::format("{:.2f} on average", outcome.mean);
}

}  // namespace

std::string text_of(const discover::Backtest& foresight) {
  std::string out;
  for (size_t o = 0; o < foresight.outcomes.size(); ++o) {
    const features::Outcome& outcome = foresight.outcomes[o];
    out += fmt::format("\n{}: {}\n{:<40} {:>7} {:>22} {:>20} {:>18}\n", outcome.phrase, mean_of(outcome), "", "groups",
                       "foretold, %", outcome.yes_or_no ? "AUC" : "", "top tenth, x");
    for (const discover::Contender& each : foresight.contenders) {
      const auto& of = each.foretold[o];
      out +=
          fmt::format("{:<40} {:>7} {:>22} {:>20} {:>18}\n", each.name, groups_of(each), with_interval(of.r2, 100, 1),
                      outcome.yes_or_no ? with_interval(of.auc, 1, 3) : "", with_interval(of.lift, 1, 2));
    }
  }
  return out;
}

Json to_json(const discover::Backtest& foresight) {
  if (!foresight.why_not.empty()) return Json::object().set("why_not", foresight.why_not);
  Json outcomes = Json::array(), contenders = Json::array(), said = Json::array();
  for (const features::Outcome& each : foresight.outcomes)
    outcomes.add(
        Json::object().set("name", each.name).set("phrase", each.phrase).set("mean", Json::rounded(each.mean, 6)));
  for (const discover::Contender& each : foresight.contenders) {
    Json foretold = Json::object();
    for (size_t o = 0; o < foresight.outcomes.size(); ++o) {
      Json one = Json::object().set("r2", json_of(each.foretold[o].r2)).set("lift", json_of(each.foretold[o].lift));
      if (foresight.outcomes[o].yes_or_no) one.set("auc", json_of(each.foretold[o].auc));
      one.set("r2_less_segments", json_of(each.r2_less_segments[o]));
      foretold.set(foresight.outcomes[o].name, std::move(one));
    }
    contenders.add(Json::object()
                       .set("name", each.name)
                       .set("groups", each.groups == 0 ? Json() : Json(uint64_t{each.groups}))
                       .set("foretold", std::move(foretold)));
  }
  for (const std::string& sentence : foresight.said) said.add(sentence);
  return Json::object()
      .set("from", text_of(foresight.from))
      .set("until", text_of(foresight.until))
      .set("customers", uint64_t{foresight.customers})
      .set("outcomes", std::move(outcomes))
      .set("contenders", std::move(contenders))
      .set("said", std::move(said));
}

std::string html_of(const discover::Backtest& foresight, std::string (*safe)(std::string_view)) {
  std::string out = fmt::format("<h2>On hidden days</h2>\n");
  if (!foresight.why_not.empty()) return out + fmt::format("<p>Nothing was hidden: {}.</p>\n", safe(foresight.why_not));
  for (const std::string& sentence : foresight.said) out += fmt::format("<p>{}</p>\n", safe(sentence));
  double most = 0.01;
  for (const discover::Contender& each : foresight.contenders)
    for (const auto& of : each.foretold) most = std::max(most, of.r2.high);
  // The least shown is nought: what foretells nothing has no bar.
  const auto at = [&](double share) { return 100 * std::clamp(share, 0.0, most) / most; };
  for (size_t o = 0; o < foresight.outcomes.size(); ++o) {
    const features::Outcome& outcome = foresight.outcomes[o];
    out += fmt::format(
        "<h3>{} <span class=\"soft small\">{}</span></h3>\n<table class=\"foretold\"><thead><tr><th>{}"
        "</th><th>groups</th><th>of what varies, foretold</th><th class=\"hide\">{}</th><th "
        "class=\"hide\">top tenth</th></tr></thead><tbody>\n",
        safe(outcome.phrase), safe(mean_of(outcome)), "way of grouping", outcome.yes_or_no ? "AUC" : "");
    for (const discover::Contender& each : foresight.contenders) {
      const auto& of = each.foretold[o];
      out += fmt::format(
          "<tr><td>{}</td><td>{}</td><td>{} <span class=\"soft small\">({} to {})</span><div class=\"span\"><i "
          "style=\"left:{:.1f}%;width:{:.1f}%\"></i><b style=\"left:{:.1f}%\"></b></div></td><td class=\"hide\">{}"
          "</td><td class=\"hide\">{}</td></tr>\n",
          safe(each.name), groups_of(each), percent(of.r2.value), percent(of.r2.low), percent(of.r2.high),
          at(of.r2.low), std::max(0.5, at(of.r2.high) - at(of.r2.low)), at(of.r2.value),
          outcome.yes_or_no ? with_interval(of.auc, 1, 3) : "", with_interval(of.lift, 1, 2) + " &times;");
    }
    out += "</tbody></table>\n";
  }
  out +=
      "<p class=\"small soft\">Foretold: the share of what varies between customers that their group tells beforehand, "
      "in customers whose own outcome was not used; AUC: the chance that one of those who did is ranked before one who "
      "did not; top tenth: the outcome of the tenth ranked highest, over everyone's. In brackets 95 % intervals from a "
      "bootstrap over customers.</p>\n";
  return out;
}

}  // namespace tessera::report
