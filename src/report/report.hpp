// The front door of pages and letters.
//
//   a discovery  report.hpp           report_files, text_of, html_of (below)
//                report_backtest.hpp  what it says of hidden days
//                report_lineage.hpp   of a lineage
//                report_needs.hpp     of a group's needs
//                report_style.hpp     its look
//                amounts_json.hpp     json_of_left_out: amounts for which there was no rate
//   a letter     letter.hpp           letter, letter_definitions: what happened between two instants
//                letter_figures.hpp   LetterQuestion, Letter: what is asked and said, as figures
//                letter_parts.hpp     note_notables, note_silences
//                letter_words.hpp     page_of, to_json: in sentences
//                letter_page.hpp      Page, html_of, markdown_of
//
// A Discovery as files and text: the terminal table, discovery.json, segments.tsl, labels, and one page that explains
// it all (report_html.cpp). Everything from the data is escaped for where it goes.
#pragma once

#include <string>
#include <vector>

#include "core/json.hpp"
#include "discover/discover.hpp"

namespace tessera::report {

// For the terminal: what was found, a line a segment, and what to do next. Plain text, at most `width` columns.
std::string text_of(const discover::Discovery& discovery, size_t width = 100);

// What decided which groups there are.
// ", as of 2026-03-01T00:00:00Z (just after the newest event)", or that there are no dates.
std::string when_of(const discover::Discovery& d);
std::string goal_sentence(const discover::Discovery& discovery);

// discovery.json, documented in docs/discovery.md. Figures are cut to six decimals.
Json to_json(const discover::Discovery& discovery);

// "customer,segment_id", one line for each customer who has a label, by id. Set-apart groups are labelled too; those
// left out have no line.
std::string labels_csv(const profiles::History& history, const discover::Discovery& discovery);

// One self-contained page: no script, style, font or picture from elsewhere.
std::string html_of(const discover::Discovery& discovery);

// What a folder with all of it holds: report.html, segments.tsl, discovery.json.
struct ReportFile {
  std::string name, text;
};
std::vector<ReportFile> report_files(const discover::Discovery& discovery);

}  // namespace tessera::report
