#include "report/letter_page.hpp"

#include <fmt/format.h>

#include "core/text.hpp"
#include "report/report_style.hpp"

namespace tessera::report {

namespace {

constexpr std::string_view kLetterStyle = R"css(
main.letter{max-width:760px}
.letter h1{font-size:clamp(1.6rem,5.4vw,2.4rem)}
.letter h2{margin:1.7em 0 .2em;padding-top:.7em}
.letter ul,.letter ol{margin:.5em 0;padding-left:1.25em}
.letter li{margin:.55em 0;max-width:68ch}
.letter li code{display:block;background:var(--tint);border-radius:6px;padding:4px 9px;margin-top:4px}
.letter .lead{color:var(--ink)}
.letter bdi{font-weight:600}
.letter td bdi{font-weight:500}
.letter td:first-child{overflow-wrap:anywhere}
.letter td:not(:first-child){white-space:nowrap}
@media(max-width:560px){.letter thead{display:none}
.letter table,.letter tbody{display:block}
.letter tr{display:grid;grid-template-columns:1fr 1fr 1fr 1fr;gap:4px 12px;border-top:1px solid var(--line);padding:9px 0}
.letter td{border:0;padding:0;text-align:left}
.letter td:first-child{grid-column:1/-1}
.letter td:nth-child(n+6){grid-column:span 2}
.letter td:not(:first-child)::before{content:attr(data-h);display:block;color:var(--soft);font-size:.75rem}}
)css";

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : plain_line(text)) {
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if (c == '"')
      out += "&quot;";
    else if (c == '\'')
      out += "&#39;";
    else
      out += c;
  }
  return out;
}

std::string html_of(const Sentence& sentence) {
  std::string out;
  for (const Run& run : sentence) {
    const std::string text = html_text(run.text);
    if (run.kind == Run::Kind::Name)
      out += fmt::format("<bdi>{}</bdi>", text);
    else
      out += run.kind == Run::Kind::Code ? fmt::format("<code>{}</code>", text) : text;
  }
  return out;
}

// Characters that mean something to some reader of Markdown.
std::string markdown_text(std::string_view text) {
  std::string out;
  for (const char c : plain_line(text)) {
    if (std::string_view("\\`*_{}[]<>#|~&!").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string markdown_of(const Sentence& sentence) {
  std::string out;
  for (const Run& run : sentence) {
    if (run.kind == Run::Kind::Code) {
      // Commands hold no backtick; a name that came into one is quoted before.
      std::string text = plain_line(run.text);
      std::erase(text, '`');
      out += "`" + text + "`";
    } else {
      out += run.kind == Run::Kind::Name ? "**" + markdown_text(run.text) + "**" : markdown_text(run.text);
    }
  }
  return out;
}

void write_table(const PageTable& table, std::string& out) {
  out += "<div class=\"scroll\"><table><thead><tr>";
  for (const std::string& head : table.head) out += fmt::format("<th>{}</th>", html_text(head));
  out += "</tr></thead><tbody>\n";
  for (const auto& row : table.rows) {
    out += "<tr>";
    for (size_t i = 0; i < row.size(); ++i)
      out += fmt::format("<td data-h=\"{}\"><span>{}</span></td>", html_text(table.head[i]), html_of(row[i]));
    out += "</tr>\n";
  }
  out += "</tbody></table></div>\n";
}

void write_list(const PageSection& section, std::string& out) {
  if (section.items.empty()) return;
  out += section.is_numbered ? "<ol>\n" : "<ul>\n";
  for (const Sentence& item : section.items) out += fmt::format("<li>{}</li>\n", html_of(item));
  out += section.is_numbered ? "</ol>\n" : "</ul>\n";
}

std::string markdown_table(const PageTable& table) {
  std::string out = "|", line = "|";
  for (size_t i = 0; i < table.head.size(); ++i) {
    out += fmt::format(" {} |", markdown_text(table.head[i]));
    line += i == 0 ? " --- |" : " ---: |";
  }
  out += "\n" + line + "\n";
  for (const auto& row : table.rows) {
    out += "|";
    for (const Sentence& cell : row) out += fmt::format(" {} |", markdown_of(cell));
    out += "\n";
  }
  return out + "\n";
}

}  // namespace

namespace {

// A date is not broken at its hyphens.
std::string unbroken(std::string text) {
  for (size_t at = text.find('-'); at != std::string::npos; at = text.find('-', at + 3)) text.replace(at, 1, "\u2011");
  return text;
}

}  // namespace

std::string html_of(const Page& page) {
  std::string out =
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" "
      "content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" "
      "content=\"default-src 'none'; style-src 'unsafe-inline'\">";
  out += fmt::format("<title>{}</title><style>{}{}</style></head><body><main class=\"letter\">\n<h1>{}</h1>\n",
                     html_text(page.title), kStyle, kLetterStyle, html_text(unbroken(page.title)));
  for (const Sentence& sentence : page.lead) out += fmt::format("<p class=\"lead\">{}</p>\n", html_of(sentence));
  for (const PageSection& section : page.sections) {
    out += fmt::format("<h2>{}</h2>\n", html_text(section.title));
    for (const Sentence& sentence : section.sentences) out += fmt::format("<p>{}</p>\n", html_of(sentence));
    write_list(section, out);
    if (!section.table.rows.empty()) write_table(section.table, out);
    for (const Sentence& sentence : section.below)
      out += fmt::format("<p class=\"small soft\">{}</p>\n", html_of(sentence));
  }
  return out + "</main></body></html>\n";
}

std::string markdown_of(const Page& page) {
  std::string out = fmt::format("# {}\n\n", markdown_text(page.title));
  for (const Sentence& sentence : page.lead) out += markdown_of(sentence) + "\n\n";
  for (const PageSection& section : page.sections) {
    out += fmt::format("## {}\n\n", markdown_text(section.title));
    for (const Sentence& sentence : section.sentences) out += markdown_of(sentence) + "\n\n";
    size_t number = 0;
    for (const Sentence& item : section.items)
      out += (section.is_numbered ? fmt::format("{}. ", ++number) : "- ") + markdown_of(item) + "\n";
    if (!section.items.empty()) out += "\n";
    if (!section.table.rows.empty()) out += markdown_table(section.table);
    for (const Sentence& sentence : section.below) out += markdown_of(sentence) + "\n\n";
  }
  while (out.ends_with("\n\n")) out.pop_back();
  return out;
}

}  // namespace tessera::report
