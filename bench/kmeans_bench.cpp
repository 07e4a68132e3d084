// k-means to convergence, 1 M x 8, against scikit-learn's Lloyd and Elkan: same points, same start, same sum of
// squares. The peer (kmeans_peer.py) makes the points; both read the same file. Exits 1 where the sums of squares
// differ. Then how the cost grows with rows.
//
//   kmeans_bench [--smoke] [--no-peer]
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "bench/bench.hpp"
#include "cluster/hierarchy.hpp"
#include "cluster/kmeans.hpp"
#include "core/parallel.hpp"

namespace {

using namespace tessera::bench;
using tessera::cluster::KMeans;
using tessera::cluster::Linkage;
using tessera::cluster::Matrix;

struct Task {
  size_t k, rounds;
};
constexpr Task kTasks[] = {{16, 1000}, {256, 20}, {256, 100}};
constexpr size_t kColumns = 8;

Matrix read_matrix(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto bytes = static_cast<size_t>(file.tellg());
  Matrix matrix(bytes / sizeof(double) / kColumns, kColumns);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(matrix.values.data()), static_cast<std::streamsize>(bytes));
  return matrix;
}

struct Timing {
  double seconds = 0, sse = 0;
  size_t rounds = 0;
};

bool run_peer(const std::string& script, const std::string& dir, const Task& task, const char* algorithm, Timing& out) {
  const std::string command = fmt::format("{} run {} {} {} {}", script, dir, task.k, task.rounds, algorithm);
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return false;
  const bool read = std::fscanf(pipe, "%lf %lf %zu", &out.seconds, &out.sse, &out.rounds) == 3;
  return pclose(pipe) == 0 && read;
}

std::vector<std::string> line(const Task& task, const char* who, const Timing& timing, const std::string& distances,
                              const std::string& ratio) {
  return {std::to_string(task.k),
          std::to_string(timing.rounds),
          who,
          fmt::format("{:.3f}", timing.sse),
          fmt::format("{:.3f}", timing.seconds),
          distances,
          ratio};
}

void print_growth(const Matrix& points, const Matrix& start) {
  Table table({"rows", "seconds", "rounds"});
  std::vector<double> sizes, costs;
  for (const size_t part : {16, 4, 1}) {
    Matrix rows(points.rows / part, kColumns);
    std::copy_n(points.values.begin(), rows.values.size(), rows.values.begin());
    KMeans fit;
    const double seconds = best_seconds(3, [&] { fit = run_kmeans(rows, start, {}, 50); });
    sizes.push_back(static_cast<double>(rows.rows));
    costs.push_back(seconds);
    table.add({std::to_string(rows.rows), fmt::format("{:.3f}", seconds), std::to_string(fit.rounds)});
  }
  table.print(
      fmt::format("k = {}, at most 50 rounds: seconds grow with rows^{:.2f}", start.rows, growth(sizes, costs)));
}

// The last height of Ward's tree over the first rows, against fastcluster 1.2.3's of the same rows.
bool print_ward(const Matrix& points) {
  constexpr std::pair<size_t, double> kKnown[] = {{5'000, 798.292518}, {10'000, 1132.512971}, {20'000, 1602.161544}};
  Table table({"rows", "seconds", "last height", "fastcluster's"});
  bool same = true;
  std::vector<double> sizes, costs;
  for (const auto& [count, known] : kKnown) {
    Matrix rows(count, kColumns);
    std::copy_n(points.values.begin(), rows.values.size(), rows.values.begin());
    double last = 0;
    const double seconds = best_seconds(1, [&] { last = build_tree(rows, Linkage::Ward).merges.back().height; });
    same = same && std::abs(last - known) < 1e-6;
    sizes.push_back(static_cast<double>(count));
    costs.push_back(seconds);
    table.add({std::to_string(count), fmt::format("{:.3f}", seconds), fmt::format("{:.6f}", last),
               fmt::format("{:.6f}", known)});
  }
  table.print(fmt::format("Ward's tree: seconds grow with rows^{:.2f}", growth(sizes, costs)));
  return same;
}

}  // namespace

int main(int argc, char** argv) {
  const Options options = options_of(argc, argv);
  const bool peer = std::ranges::find(options.rest, "--no-peer") == options.rest.end();
  const size_t rows = options.smoke ? 20'000 : 1'000'000;
  const std::string dir = fmt::format("{}/tessera-kmeans-{}", std::filesystem::temp_directory_path().string(), rows);
  const std::string script = "/usr/bin/python3 " TESSERA_BENCH_DIR "/kmeans_peer.py";
  std::filesystem::create_directories(dir);
  if (!std::filesystem::exists(dir + "/start256.f64") &&
      std::system(fmt::format("{} make {} {}", script, dir, rows).c_str()) != 0) {
    fmt::print(stderr, "the points come from the peer, which needs: apt-get install python3-sklearn\n");
    return 1;
  }
  const Matrix points = read_matrix(dir + "/blobs.f64");
  Table table({"k", "rounds", "who", "sum of squares", "seconds", "distances", "times as fast"});
  bool same = true;
  for (const Task& task : kTasks) {
    const Matrix start = read_matrix(fmt::format("{}/start{}.f64", dir, task.k));
    KMeans fit;
    const double seconds = best_seconds(3, [&] { fit = run_kmeans(points, start, {}, task.rounds); });
    table.add(line(task, "tessera", {seconds, fit.sse, fit.rounds}, std::to_string(fit.distances), ""));
    for (const char* algorithm : {"lloyd", "elkan"}) {
      Timing theirs;
      if (!peer) continue;
      if (!run_peer(script, dir, task, algorithm, theirs)) {
        fmt::print(stderr, "the peer did not answer; it needs: apt-get install python3-sklearn\n");
        return 1;
      }
      table.add(line(task, algorithm, theirs, "", fmt::format("{:.1f}", theirs.seconds / seconds)));
      same = same && std::abs(theirs.sse / fit.sse - 1) < 1e-7;
    }
  }
  table.print(fmt::format("k-means, {} x {}, same start, {} threads, scikit-learn's Lloyd and Elkan", points.rows,
                          kColumns, tessera::thread_count()));
  print_growth(points, read_matrix(dir + "/start16.f64"));
  if (!options.smoke && !print_ward(points)) {
    fmt::print(stderr, "Ward's heights are not fastcluster's\n");
    return 1;
  }
  if (!same) fmt::print(stderr, "the sums of squares differ\n");
  return same ? 0 : 1;
}
