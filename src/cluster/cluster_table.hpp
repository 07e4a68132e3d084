// `tessera cluster FILE`: the clustering of discovery on any numeric table, and what it prints.
#pragma once

#include <string>
#include <vector>

#include "cluster/cluster.hpp"
#include "cluster/table.hpp"
#include "core/json.hpp"
#include "core/result.hpp"

namespace tessera::cluster {

enum class Scale { None, Standard };  // Standard: every column to mean 0 and deviation 1 (n in the denominator)

// "none", "standard"; usage error for anything else.
Result<Scale> parse_scale(std::string_view text);
// "auto" is 0, else a whole number from 1; usage error for anything else.
Result<size_t> parse_cluster_count(std::string_view text);

struct TableClustering {
  Clustering clustering;  // centroids in the table's own scale
  std::string name;       // of the table
  size_t rows = 0;
  std::vector<std::string> columns;
  Scale scale = Scale::None;
  std::vector<std::string> notes;  // a constant column, and the like
};

// Errors: as cluster(), with the table's name as the place.
Result<TableClustering> cluster_table(const NumericTable& table, const ClusterOptions& options, Scale scale);

// For people: the choice, the quality figures, the clusters, the other cuts. Ends with a newline.
std::string text_of(const TableClustering& result);
// {file, rows, columns[], scale, k, natural, chosen_by, quality{...}, clusters[]{id, size, share, stability,
// centroid{}},
//  absorbed[], candidates[], notes[]}; figures that do not exist are null.
Json json_of(const TableClustering& result);
Json json_of(const Quality& quality);
Json json_of(const Candidate& candidate);

// One label a line, in the order of the rows, no header. Labels are 0..k-1, the largest cluster first.
std::string labels_text(const Clustering& clustering);
// Writes labels_text to the file; where that fails (a full disk, no such folder) no partial file is left.
Result<void> write_labels(const Clustering& clustering, const std::string& path);

}  // namespace tessera::cluster
