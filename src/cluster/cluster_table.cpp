#include "cluster/cluster_table.hpp"

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

namespace tessera::cluster {

namespace {

constexpr size_t kShownColumns = 8;  // of centroids in the text

struct Column {
  double mean = 0, deviation = 1;
};

std::vector<Column> moments_of(const Matrix& data) {
  std::vector<Column> columns(data.columns);
  const double n = static_cast<double>(data.rows);
  for (size_t j = 0; j < data.columns; ++j) {
    double mean = 0, squares = 0;
    for (size_t i = 0; i < data.rows; ++i) mean += data.at(i, j) / n;
    for (size_t i = 0; i < data.rows; ++i) squares += (data.at(i, j) - mean) * (data.at(i, j) - mean) / n;
    columns[j] = {mean, std::sqrt(squares)};
  }
  return columns;
}

bool is_constant(const Matrix& data, size_t column) {
  for (size_t i = 1; i < data.rows; ++i)
    if (data.at(i, column) != data.at(0, column)) return false;
  return true;
}

std::string figure(double value) {
  return std::isnan(value) ? "-" : fmt::format("{:.4f}", value);
}

std::string size_text(double weight) {
  return fmt::format("{:.10g}", weight);
}

void add_clusters(std::string& text, const TableClustering& result) {
  const Clustering& c = result.clustering;
  const size_t shown = std::min(kShownColumns, result.columns.size());
  text += fmt::format("\n{:>8} {:>10} {:>7} {:>9}", "cluster", "size", "share", "stability");
  for (size_t j = 0; j < shown; ++j) text += fmt::format(" {:>14.14}", result.columns[j]);
  text += shown < result.columns.size() ? " ...\n" : "\n";
  for (size_t i = 0; i < c.k; ++i) {
    text += fmt::format("{:>8} {:>10} {:>6.1f}% {:>9}", i, size_text(c.weights[i]),
                        100 * c.weights[i] / static_cast<double>(result.rows),
                        c.cluster_stability.empty() ? "-" : fmt::format("{:.2f}", c.cluster_stability[i]));
    for (size_t j = 0; j < shown; ++j) text += fmt::format(" {:>14.6g}", c.centroids.at(i, j));
    text += "\n";
  }
}

void add_candidates(std::string& text, const Clustering& c) {
  if (c.candidates.empty()) return;
  text += fmt::format("\nother cuts\n{:>4} {:>10} {:>8} {:>12} {:>10} {:>8} {:>6} {:>6} {:>9}\n", "k", "silhouette",
                      "D-B", "C-H", "stability", "weakest", "apart", "hold", "smallest");
  for (const Candidate& candidate : c.candidates) {
    const Quality& q = candidate.quality;
    text += fmt::format("{:>4} {:>10} {:>8} {:>12.1f} {:>10} {:>8.2f} {:>6} {:>6} {:>9}\n", candidate.k,
                        figure(q.silhouette), figure(q.davies_bouldin), q.calinski_harabasz, figure(q.stability),
                        candidate.weakest, candidate.distinct, candidate.hold, size_text(candidate.smallest));
  }
}

}  // namespace

Result<Scale> parse_scale(std::string_view text) {
  if (text == "none") return Scale::None;
  if (text == "standard") return Scale::Standard;
  return usage(fmt::format("--scale '{}' is neither 'none' nor 'standard'", text),
               try_again().option("--scale", "standard"));
}

Result<size_t> parse_cluster_count(std::string_view text) {
  if (text == "auto") return size_t{0};
  size_t k = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), k);
  if (error != std::errc{} || end != text.data() + text.size() || k == 0)
    return usage(fmt::format("--k '{}' is neither 'auto' nor a whole number from 1", text),
                 try_again().option("--k", "auto"));
  return k;
}

Result<TableClustering> cluster_table(const NumericTable& table, const ClusterOptions& options, Scale scale) {
  TableClustering result{.clustering = {},
                         .name = table.name,
                         .rows = table.values.rows,
                         .columns = table.columns,
                         .scale = scale,
                         .notes = {}};
  Matrix data = table.values;
  for (size_t j = 0; j < data.columns; ++j)
    if (is_constant(data, j))
      result.notes.push_back(fmt::format("'{}' is the same in every row and tells no rows apart", table.columns[j]));
  std::vector<Column> columns(data.columns);
  if (scale == Scale::Standard) {
    columns = moments_of(data);
    for (size_t j = 0; j < data.columns; ++j)
      if (!(columns[j].deviation > 0) || is_constant(table.values, j)) columns[j].deviation = 1;
    for (size_t i = 0; i < data.rows; ++i)
      for (size_t j = 0; j < data.columns; ++j)
        data.at(i, j) = (data.at(i, j) - columns[j].mean) / columns[j].deviation;
  }
  auto clustering = cluster(data, options);
  if (!clustering) {
    Error error = std::move(clustering).error();
    if (error.place.empty()) error.place = table.name;
    return std::unexpected(std::move(error));
  }
  result.clustering = std::move(*clustering);
  Matrix& centroids = result.clustering.centroids;
  for (size_t c = 0; c < centroids.rows; ++c)
    for (size_t j = 0; j < centroids.columns; ++j)
      centroids.at(c, j) = centroids.at(c, j) * columns[j].deviation + columns[j].mean;
  return result;
}

std::string text_of(const TableClustering& result) {
  const Clustering& c = result.clustering;
  const Quality& q = c.quality;
  std::string text =
      fmt::format("{}: {} rows, {} columns{}\nk = {}: {}\n", result.name, result.rows, result.columns.size(),
                  result.scale == Scale::Standard ? ", standardized" : "", c.k, c.chosen_by);
  for (const std::string& note : result.notes) text += fmt::format("note: {}\n", note);
  text += fmt::format(
      "\nsum of squares      {:.10g}\nsilhouette          {}{}\nDavies-Bouldin      {}\nCalinski-Harabasz   {}\n"
      "Dunn                {}\nstability           {}\n",
      q.sse, figure(q.silhouette),
      q.silhouette_rows < result.rows ? fmt::format(" (with Dunn on {} evenly spread rows)", q.silhouette_rows) : "",
      figure(q.davies_bouldin), figure(q.calinski_harabasz), figure(q.dunn), figure(q.stability));
  add_clusters(text, result);
  add_candidates(text, c);
  return text;
}

Json json_of(const Quality& quality) {
  Json json = Json::object();
  json.set("silhouette", quality.silhouette)
      .set("dunn", quality.dunn)
      .set("davies_bouldin", quality.davies_bouldin)
      .set("calinski_harabasz", quality.calinski_harabasz)
      .set("stability", quality.stability)
      .set("sum_of_squares", quality.sse)
      .set("silhouette_rows", static_cast<uint64_t>(quality.silhouette_rows));
  return json;
}

Json json_of(const Candidate& candidate) {
  Json json = Json::object();
  json.set("k", static_cast<uint64_t>(candidate.k));
  const Json quality = json_of(candidate.quality);
  for (const auto& [name, value] : *quality.as_object()) json.set(name, value);
  json.set("weakest", candidate.weakest)
      .set("apart", static_cast<uint64_t>(candidate.distinct))
      .set("hold", static_cast<uint64_t>(candidate.hold))
      .set("smallest", candidate.smallest);
  return json;
}

Json json_of(const TableClustering& result) {
  const Clustering& c = result.clustering;
  Json columns = Json::array(), clusters = Json::array(), absorbed = Json::array(), candidates = Json::array(),
       notes = Json::array();
  for (const std::string& column : result.columns) columns.add(column);
  for (size_t i = 0; i < c.k; ++i) {
    Json centroid = Json::object(), one = Json::object();
    for (size_t j = 0; j < result.columns.size(); ++j) centroid.set(result.columns[j], c.centroids.at(i, j));
    one.set("id", static_cast<uint64_t>(i))
        .set("size", c.weights[i])
        .set("share", c.weights[i] / static_cast<double>(result.rows));
    one.set("stability", c.cluster_stability.empty() ? Json() : Json(c.cluster_stability[i])).set("centroid", centroid);
    clusters.add(one);
  }
  for (const SmallCluster& small : c.absorbed) {
    Json one = Json::object();
    one.set("size", small.weight).set("into", static_cast<uint64_t>(small.into));
    absorbed.add(one);
  }
  for (const Candidate& candidate : c.candidates) candidates.add(json_of(candidate));
  for (const std::string& note : result.notes) notes.add(note);
  Json json = Json::object();
  json.set("file", result.name)
      .set("rows", static_cast<uint64_t>(result.rows))
      .set("columns", columns)
      .set("scale", result.scale == Scale::Standard ? "standard" : "none")
      .set("k", static_cast<uint64_t>(c.k))
      .set("natural", c.natural)
      .set("chosen_by", c.chosen_by)
      .set("quality", json_of(c.quality))
      .set("clusters", clusters)
      .set("absorbed", absorbed)
      .set("candidates", candidates)
      .set("notes", notes);
  return json;
}

std::string labels_text(const Clustering& clustering) {
  std::string text;
  text.reserve(clustering.labels.size() * 3);
  for (const uint32_t label : clustering.labels) fmt::format_to(std::back_inserter(text), "{}\n", label);
  return text;
}

Result<void> write_labels(const Clustering& clustering, const std::string& path) {
  // Beside the target and renamed, so that a reader never sees half a file.
  const std::string part = path + ".part";
  errno = 0;
  std::ofstream file(part, std::ios::binary | std::ios::trunc);
  file << labels_text(clustering);
  file.close();
  if (!file) {
    const std::string why = std::strerror(errno);
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return fail(fmt::format("cannot write the labels: {}", why), path, try_again().option("--labels", "./labels.csv"));
  }
  std::error_code error;
  std::filesystem::rename(part, path, error);
  if (error) {
    std::error_code ignored;
    std::filesystem::remove(part, ignored);
    return fail(fmt::format("cannot write the labels: {}", error.message()), path,
                try_again().option("--labels", "./labels.csv"));
  }
  return {};
}

}  // namespace tessera::cluster
