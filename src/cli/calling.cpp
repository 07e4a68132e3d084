#include "cli/calling.hpp"

namespace tessera::cli {

bool is_address(std::string_view store) {
  return store.starts_with("http://") || store.starts_with("https://");
}

Result<Context> context_of(const Arguments& common, std::string store, const Clock& clock, Progress& progress,
                           World& world) {
  Context out{.store = store.empty() ? std::string(kDefaultStore) : store,
              .given_store = store,
              .clock = clock,
              .progress = progress,
              .world = world};
  while (is_address(out.store) && out.store.ends_with('/')) out.store.pop_back();
  const std::string format = common.text("format").value_or("text");
  if (format == "json")
    out.format = Format::Json;
  else if (format == "csv")
    out.format = Format::Csv;
  else if (format != "text")
    return usage(fmt::format("--format takes text, json or csv, not '{}'", format));
  if (const auto from = workspace::look_from_named(common.text("as-of").value_or("")))
    out.look_from = *from;
  else
    out.as_of = TRY(common.instant("as-of"));
  out.known_at = TRY(common.instant("known-at"));
  if (const auto seed = TRY(common.whole("seed", 0, INT64_MAX))) out.seed = static_cast<uint64_t>(*seed);
  return out;
}

int run_in(const Context& context, const Called& called) {
  const auto code = called.command->run(context, called.own);
  context.progress.finish();
  return code ? *code : report(context.world, code.error(), {context.given_store, &called});
}

}  // namespace tessera::cli
