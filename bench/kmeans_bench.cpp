// k-means to convergence, 1 M x 8, against scikit-learn's Lloyd and Elkan: same points, same start, same sum of
// squares, in one run on one machine. The peer (bench/kmeans_peer.py) makes the points; both read the same file.
//
//   kmeans_bench [--smoke]     prints a table; exit 1 where the sums of squares differ
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "bench/bench.hpp"
#include "core/parallel.hpp"
#include "discover/kmeans.hpp"

namespace {

using tessera::discover::KMeans;
using tessera::discover::Matrix;

struct Task {
  size_t k, rounds;
};
constexpr Task kTasks[] = {{16, 1000}, {256, 20}, {256, 100}};

Matrix read_matrix(const std::string& path, size_t columns) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return {};
  const auto bytes = static_cast<size_t>(file.tellg());
  Matrix matrix(bytes / sizeof(double) / columns, columns);
  file.seekg(0);
  file.read(reinterpret_cast<char*>(matrix.values.data()), static_cast<std::streamsize>(bytes));
  return matrix;
}

struct Timing {
  double seconds = 0, sse = 0;
  size_t rounds = 0;
};

Timing run_ours(const Matrix& points, const Matrix& start, size_t rounds, uint64_t& distances) {
  Timing best{1e9};
  for (int repeat = 0; repeat < 3; ++repeat) {
    const auto began = std::chrono::steady_clock::now();
    const KMeans fit = run_kmeans(points, start, {}, rounds);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    if (seconds < best.seconds) best = {seconds, fit.sse, fit.rounds};
    distances = fit.distances;
  }
  return best;
}

bool run_peer(const std::string& python, const std::string& dir, const Task& task, const char* algorithm, Timing& out) {
  const std::string command = fmt::format("{} run {} {} {} {}", python, dir, task.k, task.rounds, algorithm);
  FILE* pipe = popen(command.c_str(), "r");
  if (!pipe) return false;
  const bool read = std::fscanf(pipe, "%lf %lf %zu", &out.seconds, &out.sse, &out.rounds) == 3;
  return pclose(pipe) == 0 && read;
}

}  // namespace

int main(int argc, char** argv) {
  using tessera::bench::options_of, tessera::bench::Table;
  const bool smoke = options_of(argc, argv).smoke;
  const size_t count = smoke ? 20'000 : 1'000'000;
  const std::string dir = fmt::format("{}/tessera-kmeans-{}", std::filesystem::temp_directory_path().string(), count);
  const std::string python = "/usr/bin/python3 " TESSERA_BENCH_DIR "/kmeans_peer.py";
  const std::string make =
      fmt::format("mkdir -p '{0}' && test -s '{0}/start256.f64' || {1} make '{0}' {2}", dir, python, count);
  if (std::system(make.c_str()) != 0) {
    fmt::print(stderr, "cannot make the points; the peer needs: apt-get install python3-sklearn\n");
    return 1;
  }
  const Matrix points = read_matrix(dir + "/blobs.f64", 8);
  Table table({"k", "rounds", "who", "sum of squares", "seconds", "distances", "tessera is faster"});
  bool same = points.rows == count;
  for (const Task& task : kTasks) {
    if (smoke && &task == std::end(kTasks) - 1) continue;
    const Matrix start = read_matrix(fmt::format("{}/start{}.f64", dir, task.k), 8);
    uint64_t distances = 0;
    const Timing ours = run_ours(points, start, task.rounds, distances);
    table.add({std::to_string(task.k), std::to_string(ours.rounds), "tessera", fmt::format("{:.3f}", ours.sse),
               fmt::format("{:.3f}", ours.seconds), std::to_string(distances), ""});
    for (const char* algorithm : {"lloyd", "elkan"}) {
      Timing theirs;
      if (!run_peer(python, dir, task, algorithm, theirs)) {
        fmt::print(stderr, "the peer failed: {} run {} {} {} {}\n", python, dir, task.k, task.rounds, algorithm);
        return 1;
      }
      same = same && std::abs(theirs.sse / ours.sse - 1) < 1e-7;
      table.add({std::to_string(task.k), std::to_string(theirs.rounds), fmt::format("scikit-learn {}", algorithm),
                 fmt::format("{:.3f}", theirs.sse), fmt::format("{:.3f}", theirs.seconds), "",
                 fmt::format("{:.1f} times", theirs.seconds / ours.seconds)});
    }
  }
  table.print(fmt::format("k-means from the same start, {} x {}, {} threads", points.rows, points.columns,
                          tessera::thread_count()));
  if (!same) fmt::print(stderr, "sums of squares differ\n");
  return same ? 0 : 1;
}
