#include "cli/command.hpp"
#include "cluster/cluster_table.hpp"

namespace tessera::cli {

namespace {

constexpr Option kOptions[] = {
    {"FILE", "FILE", "A numeric table: commas, semicolons, tabs or spaces; gzip too", Takes::One, true},
    {"--k", "N", "How many clusters, or auto (default: auto)"},
    {"--scale", "SCALE", "none, or standard: every column to mean 0 and deviation 1 (default: none)"},
    {"--min-size", "N", "Smaller clusters join their nearest sibling (default: 1)"},
    {"--labels", "FILE", "Write one label a row"},
};

Result<int> run_cluster(const Context& context, const Arguments& given) {
  cluster::ClusterOptions options;
  if (const auto k = given.text("k")) options.k = TRY(cluster::parse_cluster_count(*k));
  if (const auto least = TRY(given.whole("min-size", 1, INT32_MAX))) options.min_size = static_cast<double>(*least);
  options.seed = context.seed.value_or(1);
  const auto scale = TRY(cluster::parse_scale(given.text("scale").value_or("none")));
  const auto table = TRY(cluster::read_table(*given.text("FILE")));
  const auto result = TRY(cluster::cluster_table(table, options, scale));
  if (const auto labels = given.text("labels")) TRY(cluster::write_labels(result.clustering, *labels));
  context.print(context.format == Format::Json ? json_of(result).dump(2) : text_of(result));
  return 0;
}

}  // namespace

std::span<const Command> cluster_rows() {
  static const Command kRows[] = {{"cluster", "Cluster the rows of any numeric table", kOptions, run_cluster,
                                   Remote::Never, Needs::Open, "it is about a table of yours, not about the record"}};
  return kRows;
}

}  // namespace tessera::cli
