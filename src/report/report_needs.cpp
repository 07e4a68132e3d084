#include "report/report_needs.hpp"

#include <cmath>

namespace tessera::report {

namespace {

constexpr std::string_view kReading = "What this points to (an interpretation; the evidence stands beside it)";

Json figure(double value) {
  return std::isfinite(value) ? Json::rounded(value, 6) : Json();
}
Json interval_json(const stats::Interval& interval) {
  return Json::array().add(figure(interval.low)).add(figure(interval.high));
}

Json choices_json(const std::vector<persona::Preference>& choices) {
  Json out = Json::array();
  for (const persona::Preference& c : choices)
    out.add(Json::object()
                .set("property", c.property)
                .set("level", c.level)
                .set("kind", name_of(c.kind))
                .set("share", figure(c.share))
                .set("interval", interval_json(c.interval))
                .set("everyone", figure(c.everyone))
                .set("lift", figure(c.lift))
                .set("customers", uint64_t{c.customers})
                .set("by_construction", c.by_construction)
                .set("q", figure(c.q))
                .set("sentence", c.sentence));
  return out;
}

Json phrases_json(const std::vector<persona::Phrase>& phrases) {
  Json out = Json::array();
  for (const persona::Phrase& p : phrases)
    out.add(Json::object()
                .set("phrase", p.words)
                .set("language", name_of(p.language))
                .set("share", figure(p.share))
                .set("interval", interval_json(p.interval))
                .set("everyone", figure(p.everyone))
                .set("log_odds", figure(p.log_odds))
                .set("customers", uint64_t{p.customers})
                .set("q", figure(p.q))
                .set("sentence", p.sentence));
  return out;
}

Json experience_json(const std::vector<persona::Experience>& experience) {
  Json out = Json::array();
  for (const persona::Experience& e : experience)
    out.add(Json::object()
                .set("name", e.name)
                .set("value", e.tells ? figure(e.value) : Json())
                .set("interval", interval_json(e.interval))
                .set("everyone", figure(e.everyone))
                .set("too_few_to_tell", !e.tells)
                .set("worse", e.worse)
                .set("q", figure(e.q))
                .set("sentence", e.sentence));
  return out;
}

Json texts(const std::vector<std::string>& items) {
  Json out = Json::array();
  for (const std::string& item : items) out.add(item);
  return out;
}

template <typename Items>
std::string list(std::string_view title, const Items& items, std::string (*safe)(std::string_view)) {
  if (items.empty()) return {};
  std::string out = fmt::format("<h4>{}</h4><ul>", title);
  for (const auto& item : items) {
    out += fmt::format("<li>{}", safe(item.sentence));
    if constexpr (requires { item.by_construction; })
      if (item.by_construction) out += " <span class=\"soft small\">by construction</span>";
    out += "</li>";
  }
  return out + "</ul>";
}

}  // namespace

std::vector<std::string> lines_of(const persona::Needs& needs) {
  std::vector<std::string> out;
  for (const auto& [what, choices] : {std::pair{"Takes more", &needs.over}, std::pair{"Takes less", &needs.avoided}})
    for (size_t i = 0; i < std::min<size_t>(2, choices->size()); ++i)
      out.push_back(fmt::format("{}: {}", what, (*choices)[i].sentence));
  for (size_t i = 0; i < std::min<size_t>(2, needs.says.size()); ++i)
    out.push_back(fmt::format("Says: {}", needs.says[i].sentence));
  for (const std::string& sentence : needs.product_first)
    out.push_back(fmt::format("This looks like the product, not the message: {}", sentence));
  if (!needs.benefits.empty()) {
    std::vector<std::string> what;
    for (const persona::Benefit& benefit : needs.benefits) what.push_back(benefit.what);
    out.push_back(fmt::format("Points to (interpretation): {}. Message: {}", fmt::join(what, "; "), needs.frame));
  }
  return out;
}

Json to_json(const persona::Needs& needs) {
  Json benefits = Json::array();
  for (const persona::Benefit& benefit : needs.benefits)
    benefits.add(
        Json::object().set("sort", benefit.sort).set("benefit", benefit.what).set("evidence", texts(benefit.evidence)));
  return Json::object()
      .set("takes_more", choices_json(needs.over))
      .set("takes_less", choices_json(needs.avoided))
      .set("takes_back", choices_json(needs.taken_back))
      .set("says", phrases_json(needs.says))
      .set("opens", phrases_json(needs.opens))
      .set("experience", experience_json(needs.experience))
      .set("benefits", benefits)
      .set("value_proposition", needs.proposition.empty() ? Json() : Json(needs.proposition))
      .set("message_frame", needs.frame.empty() ? Json() : Json(needs.frame))
      .set("product_not_message", texts(needs.product_first))
      .set("nothing", needs.nothing.empty() ? Json() : Json(needs.nothing));
}

std::string html_of(const persona::Needs& needs, std::string (*safe)(std::string_view)) {
  std::string out;
  if (!needs.product_first.empty()) {
    out += "<h4>This looks like the product, not the message</h4><ul>";
    for (const std::string& sentence : needs.product_first) out += fmt::format("<li>{}</li>", safe(sentence));
    out += "</ul>";
  }
  if (!needs.benefits.empty()) {
    out += fmt::format("<h4>{}</h4><ul>", kReading);
    for (const persona::Benefit& benefit : needs.benefits) {
      out += fmt::format("<li><b>{}</b> <span class=\"soft small\">{}. Seen: ", safe(benefit.what), safe(benefit.sort));
      for (size_t i = 0; i < benefit.evidence.size(); ++i) out += (i ? "; " : "") + safe(benefit.evidence[i]);
      out += ".</span></li>";
    }
    out += fmt::format("</ul><h4>Value proposition</h4><p>{}</p><h4>Message frame</h4><p>{}</p>",
                       safe(needs.proposition), safe(needs.frame));
  }
  out += list("Takes more than others", needs.over, safe);
  out += list("Takes less than others", needs.avoided, safe);
  out += list("Takes back most", needs.taken_back, safe);
  out += list("In their own words", needs.says, safe);
  out += list("Mail they open", needs.opens, safe);
  out += list("How it went", needs.experience, safe);
  return out;
}

}  // namespace tessera::report
