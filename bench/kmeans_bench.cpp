// k-means to convergence, 1 M x 8, against scikit-learn's Lloyd and Elkan: same points, same start, same sum of
// squares, in one run on one machine. The peer (bench/kmeans_peer.py) makes the points; both read the same file.
//
//   kmeans_bench [--no-peer] [--dir DIR]     prints a table; exit 1 where the sums of squares differ
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

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
  std::string dir = "/tmp/tessera-kmeans";
  bool peer = true;
  for (int i = 1; i < argc; ++i) {
    if (std::string(argv[i]) == "--no-peer") peer = false;
    if (std::string(argv[i]) == "--dir" && i + 1 < argc) dir = argv[++i];
  }
  const std::string python = "/usr/bin/python3 " TESSERA_BENCH_DIR "/kmeans_peer.py";
  const std::string make = fmt::format("mkdir -p {0} && test -s {0}/start256.f64 || {1} make {0}", dir, python);
  if (std::system(make.c_str()) != 0) {
    fmt::print(stderr, "cannot make the points; the peer needs: apt-get install python3-sklearn\n");
    return 1;
  }
  const Matrix points = read_matrix(dir + "/blobs.f64", 8);
  fmt::print("k-means, {} x {}, {} threads\n", points.rows, points.columns, tessera::thread_count());
  fmt::print("{:>4} {:>6} {:>10} {:>18} {:>7} {:>14} {:>8}\n", "k", "rounds", "who", "sse", "s", "distances", "ratio");
  bool same = true;
  for (const Task& task : kTasks) {
    const Matrix start = read_matrix(fmt::format("{}/start{}.f64", dir, task.k), 8);
    uint64_t distances = 0;
    const Timing ours = run_ours(points, start, task.rounds, distances);
    fmt::print("{:>4} {:>6} {:>10} {:>18.3f} {:>7.3f} {:>14} {:>8}\n", task.k, ours.rounds, "tessera", ours.sse,
               ours.seconds, distances, "");
    for (const char* algorithm : {"lloyd", "elkan"}) {
      Timing theirs;
      if (!peer || !run_peer(python, dir, task, algorithm, theirs)) continue;
      fmt::print("{:>4} {:>6} {:>10} {:>18.3f} {:>7.3f} {:>14} {:>7.1f}x\n", task.k, theirs.rounds, algorithm,
                 theirs.sse, theirs.seconds, "", theirs.seconds / ours.seconds);
      same = same && std::abs(theirs.sse / ours.sse - 1) < 1e-7;
    }
    std::fflush(stdout);
  }
  if (!same) fmt::print("sums of squares differ\n");
  return same ? 0 : 1;
}
