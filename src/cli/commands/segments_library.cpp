// Ready-made definitions to take, edit and apply: segments library.
#include "cli/asking.hpp"
#include "cli/table.hpp"
#include "core/json.hpp"
#include "core/text.hpp"
#include "language/library.hpp"
#include "language/print.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"SEGMENT",
     "SEGMENT",
     "Print this one's definitions, ready for segments apply",
     Takes::One,
     false,
     Means::Itself,
     {},
     Needs::Any,
     Noted::Itself},
    {"--text", "", "Print the whole library as definitions", Takes::Flag},
};

std::vector<std::string> words_of(const language::Needs& needs) {
  std::vector<std::string> out = needs.events;
  for (const auto& property : needs.properties)
    out.push_back((property.event.empty() ? "any event" : property.event) + "." + property.property);
  for (const std::string& trait : needs.traits) out.push_back("trait " + trait);
  return out;
}

Json list_of(const std::vector<std::string>& words) {
  Json out = Json::array();
  for (const std::string& word : words) out.add(word);
  return out;
}

Result<int> print_one(const Context& context, const std::string& wanted) {
  std::vector<std::string> names;
  for (const language::LibraryEntry& entry : language::library()) {
    if (entry.slug == wanted || entry.name == wanted) return context.print(language::print(entry.definitions)), 0;
    names.push_back(entry.name);
  }
  const auto nearest = nearest_name(wanted, names);
  return fail(fmt::format("the library has no segment \"{}\"{}", wanted,
                          nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : ""),
              {}, try_command("segments library"));
}

Result<int> run_library(const Context& context, const Arguments& given) {
  if (const auto wanted = given.text("SEGMENT")) return print_one(context, *wanted);
  if (given.has("text")) return context.print(language::library_text()), 0;
  // With a record at hand it says what each still lacks there.
  const auto workspace =
      TRY(workspace::open_if_any(context.world.holder(), context.clock, {context.as_of, context.known_at}));
  Json list = Json::array();
  std::vector<ListRow> rows;
  for (const language::LibraryEntry& entry : language::library()) {
    const auto needs = words_of(entry.needs);
    const auto lacks =
        workspace.record ? words_of(language::missing(entry.needs, workspace.schema)) : std::vector<std::string>{};
    if (context.format == Format::Json) {
      Json item = Json::object()
                      .set("id", entry.slug)
                      .set("name", entry.name)
                      .set("who", entry.sentence)
                      .set("needs", list_of(needs))
                      .set("text", language::print(entry.definitions));
      if (workspace.record) item.set("missing", list_of(lacks));
      list.add(std::move(item));
    } else if (context.format == Format::Csv) {
      rows.push_back({entry.slug, entry.name, entry.sentence, join(needs, ", "),
                      workspace.record ? std::optional(join(lacks, ", ")) : std::nullopt});
    } else {
      context.print(fmt::format("{}\n  {}\n  needs {}{}", entry.name, entry.sentence,
                                needs.empty() ? "any event" : join(needs, ", "),
                                lacks.empty() ? "" : fmt::format("\n  not in this record: {}", join(lacks, ", "))));
    }
  }
  if (context.format == Format::Json) context.print(list.dump(2));
  if (context.format == Format::Csv)
    context.print(render_list({{"id"}, {"name"}, {"who"}, {"needs"}, {"missing"}}, rows, context.format));
  return 0;
}

}  // namespace

std::span<const Command> segments_library_rows() {
  static const Command kRows[] = {{"segments library", "Ready-made definitions, and what each needs in the data",
                                   kOptions, run_library, Remote::There, Needs::Read}};
  return kRows;
}

}  // namespace tessera::cli
