// What the benches share: the size asked for, the best of a few runs, a table, and how cost grows with size.
//
// A bench is a program that prints tables on standard output and nothing else there, takes --smoke (small sizes, all of
// it within a few seconds), and exits 1 where its result and its peer's differ: a fast wrong answer is no figure.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace tessera::bench {

struct Options {
  bool smoke = false;             // --smoke
  std::vector<std::string> rest;  // anything else, in order
};
Options options_of(int argc, char** argv);

// Seconds of the fastest of `repeats` runs: the one least disturbed by the machine's other work.
double best_seconds(int repeats, const std::function<void()>& run);

// The exponent e of cost = c * size^e by least squares over the logarithms; 1 is linear. REQUIRES: two sizes or more.
double growth(std::span<const double> sizes, std::span<const double> costs);

// Resident memory of this process now and at its highest, in bytes.
size_t memory_now();
size_t memory_peak();

// A Markdown table whose columns line up on a terminal too; numbers to the right.
class Table {
 public:
  explicit Table(std::vector<std::string> heads) : rows_{std::move(heads)} {}
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  void print(const std::string& title) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace tessera::bench
